//! Transactions sent more than once, and ids that others claim.

use fabric_protos::protos::TxValidationCode::*;

use super::keys::{create, keep_last};
use crate::{
    people::ENERGY,
    plan::Plan,
    step::{Fate, Step},
};

pub(super) fn send_twice(plan: &mut Plan<'_>) {
    let (rows, key) = plan.creation();
    let mut draft = plan.draft(vec![rows]);
    if plan.dice.below(3) == 0 {
        // Of invalid ones every copy is judged anew: only a good one makes the next a duplicate.
        draft.endorsers = plan.peers(&[ENERGY]);
        plan.push_draft("too few endorsers, twice in a block", EndorsementPolicyFailure, draft);
        let first = plan.steps.len() - 1;
        let fate = Fate::Code(EndorsementPolicyFailure);
        return plan.push(Step::again("the second of too few endorsers", fate, first));
    }
    plan.push_draft("the first of two copies", Valid, draft);
    keep_last(plan, key, false);
    let first = plan.steps.len() - 1;
    plan.push(Step::again(
        "the second of two copies",
        Fate::Code(DuplicateTxid),
        first,
    ));
}

pub(super) fn send_again(plan: &mut Plan<'_>) {
    match plan.earlier() {
        Some(step) => plan.push(Step::again(
            "a copy of what a block holds",
            Fate::Code(DuplicateTxid),
            step,
        )),
        None => create(plan),
    }
}

pub(super) fn claim_next(plan: &mut Plan<'_>) {
    let (rows, key) = plan.creation();
    let honest = plan.draft(vec![rows]);
    let (rows, _) = plan.creation();
    let mut thief = plan.draft(vec![rows]);
    thief
        .call
        .channel_header
        .tx_id
        .clone_from(&honest.call.channel_header.tx_id);
    plan.push_draft("another's transaction id", BadProposalTxid, thief);
    plan.push_draft("an id that another claimed in the block", Valid, honest);
    keep_last(plan, key, false);
}

pub(super) fn claim_later(plan: &mut Plan<'_>) {
    let (rows, _) = plan.creation();
    let honest = plan.draft(vec![rows]);
    let (rows, _) = plan.creation();
    let mut thief = plan.draft(vec![rows]);
    thief
        .call
        .channel_header
        .tx_id
        .clone_from(&honest.call.channel_header.tx_id);
    plan.push_draft("another's transaction id", BadProposalTxid, thief);
    plan.later_claimed.push(honest);
}

pub(super) fn send_claimed(plan: &mut Plan<'_>) {
    match plan.claimed.pop() {
        Some(honest) => plan.push_draft("an id that another claimed in an earlier block", DuplicateTxid, honest),
        None => create(plan),
    }
}
