//! Who endorses: the chaincode's policy, and policies of keys.

use fabric_protos::protos::TxValidationCode::*;

use super::keys::keep_last;
use crate::{
    people::{ENERGY, GRID, MICROGRID, REGULATOR},
    plan::Plan,
    rows::Rows,
};

pub(super) fn endorse_oddly(plan: &mut Plan<'_>) {
    let (rows, _) = plan.creation();
    let mut draft = plan.draft(vec![rows]);
    let user = plan.people.operator.clone();
    let (kind, code, endorsers) = match plan.dice.below(8) {
        0 => ("one organisation alone", EndorsementPolicyFailure, plan.peers(&[GRID])),
        1 => (
            "two of four",
            EndorsementPolicyFailure,
            plan.peers(&[REGULATOR, MICROGRID]),
        ),
        2 => (
            "one organisation three times",
            EndorsementPolicyFailure,
            plan.peers(&[ENERGY; 3]),
        ),
        3 => (
            "two, one of them twice",
            EndorsementPolicyFailure,
            plan.peers(&[GRID, ENERGY, GRID]),
        ),
        4 => (
            "three, one of them twice",
            Valid,
            plan.peers(&[GRID, ENERGY, GRID, MICROGRID]),
        ),
        5 => {
            let two = plan.peers(&[ENERGY, MICROGRID]);
            (
                "two and a client of a third",
                EndorsementPolicyFailure,
                [two, vec![user]].concat(),
            )
        }
        6 => {
            let stranger = plan.people.stranger.clone();
            let two = plan.peers(&[ENERGY, MICROGRID]);
            (
                "two and a stranger",
                EndorsementPolicyFailure,
                [two, vec![stranger]].concat(),
            )
        }
        _ => (
            "three and a client",
            Valid,
            [vec![user], plan.peers(&[GRID, ENERGY, MICROGRID])].concat(),
        ),
    };
    draft.endorsers = endorsers;
    plan.push_draft(kind, code, draft);
}

pub(super) fn guard_and_write(plan: &mut Plan<'_>) {
    let (rows, key) = plan.creation();
    let guard = plan.draft(vec![rows.guard(&key, Plan::grid_alone())]);
    plan.push_draft("a new key with a policy of its own", Valid, guard);
    keep_last(plan, key.clone(), true);
    let mut write = plan.draft(vec![Rows::default().write(&key, "at once")]);
    write.endorsers = plan.peers(&[GRID, REGULATOR, ENERGY, MICROGRID]);
    plan.push_draft(
        "a write of a key whose policy the block sets",
        EndorsementPolicyFailure,
        write,
    );
}

pub(super) fn write_guarded(plan: &mut Plan<'_>) {
    let Some((key, known)) = plan.take_key(true) else {
        return guard_only(plan);
    };
    let read = Rows::default().read(&key, Some(known.place));
    let other = plan.name("made/");
    let (kind, code, rows, by, guarded): (_, _, _, &[&str], _) = match plan.dice.below(6) {
        0 => (
            "a guarded key, by its guardian alone",
            Valid,
            read.write(&key, "guarded"),
            &[GRID],
            true,
        ),
        1 => (
            "a guarded key, without its guardian",
            EndorsementPolicyFailure,
            read.write(&key, "stolen"),
            &[REGULATOR, ENERGY, MICROGRID],
            true,
        ),
        2 => (
            "a guarded key and another, by the guardian alone",
            EndorsementPolicyFailure,
            read.write(&key, "guarded").write(&other, "not"),
            &[GRID],
            true,
        ),
        3 => (
            "a guarded key and another, by a majority with the guardian",
            Valid,
            read.write(&key, "guarded").write(&other, "too"),
            &[GRID, ENERGY, MICROGRID],
            true,
        ),
        4 => (
            "a policy taken away without the guardian",
            EndorsementPolicyFailure,
            read.guard(&key, None),
            &[REGULATOR, ENERGY, MICROGRID],
            true,
        ),
        _ => (
            "a policy taken away by the guardian",
            Valid,
            read.guard(&key, None),
            &[GRID],
            false,
        ),
    };
    let mut draft = plan.draft(vec![rows]);
    draft.endorsers = plan.peers(by);
    plan.push_draft(kind, code, draft);
    if code == Valid {
        keep_last(plan, key, guarded);
    } else {
        plan.later_keys.insert(key, known);
    }
}

fn guard_only(plan: &mut Plan<'_>) {
    let (rows, key) = plan.creation();
    let draft = plan.draft(vec![rows.guard(&key, Plan::grid_alone())]);
    plan.push_draft("a new key with a policy of its own", Valid, draft);
    keep_last(plan, key, true);
}
