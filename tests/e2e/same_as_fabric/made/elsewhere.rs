//! Other namespaces, collections that nobody defined, and creators that are no users.

use fabric_protos::protos::TxValidationCode::*;

use crate::{
    call::Call,
    people::{ENERGY, GRID},
    plan::Plan,
    rows::{Place, Rows},
};

pub(super) fn other_namespace(plan: &mut Plan<'_>) {
    let (own, _) = plan.creation();
    let (foreign, _) = plan.creation();
    let (kind, code, rows) = match plan.dice.below(5) {
        0 => (
            "a write for a chaincode that is not there",
            InvalidChaincode,
            vec![own, foreign.within("nowhere")],
        ),
        1 => {
            let stale = Some(Place { block: 0, tx: 7 });
            let read = Rows::default().read("namespaces/fields/none/Sequence", stale);
            (
                "a definition that is not there, read",
                MvccReadConflict,
                vec![read.within("_lifecycle"), own],
            )
        }
        2 => {
            let read = Rows::default().read("namespaces/fields/none/Sequence", None);
            (
                "the absence of a definition, read",
                Valid,
                vec![read.within("_lifecycle"), own],
            )
        }
        _ => (
            "a definition, by one organisation",
            EndorsementPolicyFailure,
            vec![foreign.within("_lifecycle")],
        ),
    };
    let mut draft = plan.draft(rows);
    if code == EndorsementPolicyFailure {
        draft.endorsers = plan.peers(&[GRID]);
    }
    plan.push_draft(kind, code, draft);
}

pub(super) fn namespace_twice(plan: &mut Plan<'_>) {
    let (one, other) = (plan.creation().0, plan.creation().0);
    let draft = plan.draft(vec![one, other]);
    plan.push_draft("one namespace twice", IllegalWriteset, draft);
}

pub(super) fn collection(plan: &mut Plan<'_>) {
    let (mut rows, _) = plan.creation();
    let (kind, code, found) = match plan.dice.below(2) {
        0 => (
            "a value of a collection that is not there, read",
            MvccReadConflict,
            true,
        ),
        _ => ("the absence of a collection's value, read", Valid, false),
    };
    rows.secret = Some(found);
    let draft = plan.draft(vec![rows]);
    plan.push_draft(kind, code, draft);
}

pub(super) fn by_a_node(plan: &mut Plan<'_>) {
    let (rows, _) = plan.creation();
    let mut draft = plan.draft(vec![rows]);
    let nonce = plan.dice.nonce();
    draft.call = Call::new(&plan.people.peer(ENERGY), nonce, "Made", "by a peer");
    plan.push_draft("a peer's own transaction", Valid, draft);
}
