//! Keys that are created, changed and deleted, and what is read of them.

use fabric_protos::protos::TxValidationCode::*;

use crate::{
    plan::{BLOCK, Known, Plan},
    rows::{Place, Rows},
};

fn keep(plan: &mut Plan<'_>, key: String, place: Place, guarded: bool) {
    plan.later_keys.insert(key, Known { place, guarded });
}

pub(super) fn create(plan: &mut Plan<'_>) {
    let (rows, key) = plan.creation();
    let mut draft = plan.draft(vec![rows]);
    if plan.dice.below(2) == 0 {
        draft.event = Some(plan.name("Created"));
    }
    plan.push_draft("a new key", Valid, draft);
    // Counted back: pushing it may have put another before it, which takes no place.
    keep_last(plan, key, false);
}

pub(super) fn keep_last(plan: &mut Plan<'_>, key: String, guarded: bool) {
    let place = last(plan);
    keep(plan, key, place, guarded);
}

pub(super) fn last(plan: &Plan<'_>) -> Place {
    let next = plan.place();
    match next.tx {
        0 => Place {
            block: next.block - 1,
            tx: BLOCK as u64 - 1,
        },
        tx => Place { tx: tx - 1, ..next },
    }
}

pub(super) fn update(plan: &mut Plan<'_>) {
    let Some((key, known)) = plan.take_key(false) else {
        return create(plan);
    };
    let draft = plan.draft(vec![
        Rows::default().read(&key, Some(known.place)).write(&key, "changed"),
    ]);
    plan.push_draft("a change of what was read", Valid, draft);
    keep_last(plan, key, false);
}

pub(super) fn delete(plan: &mut Plan<'_>) {
    let Some((key, known)) = plan.take_key(false) else {
        return create(plan);
    };
    let draft = plan.draft(vec![Rows::default().read(&key, Some(known.place)).delete(&key)]);
    plan.push_draft("a deletion", Valid, draft);
}

pub(super) fn stale(plan: &mut Plan<'_>) {
    let Some((key, known)) = plan.take_key(false) else {
        return create(plan);
    };
    let Place { block, tx } = known.place;
    let read = match plan.dice.below(3) {
        0 => None,
        1 => Some(Place { block, tx: tx + 1 }),
        _ => Some(Place { block: block + 1, tx }),
    };
    let mut draft = plan.draft(vec![Rows::default().read(&key, read).write(&key, "late")]);
    draft.event = Some("Late".to_owned());
    plan.push_draft("a read of another version", MvccReadConflict, draft);
    plan.keys.insert(key, known);
}

pub(super) fn create_twice(plan: &mut Plan<'_>) {
    let (rows, key) = plan.creation();
    let [first, mut second] = [plan.draft(vec![rows.clone()]), plan.draft(vec![rows])];
    second.event = Some("Second".to_owned());
    plan.push_draft("the first of two new keys", Valid, first);
    keep_last(plan, key, false);
    plan.push_draft("the second of two new keys", MvccReadConflict, second);
}

pub(super) fn update_twice(plan: &mut Plan<'_>) {
    let Some((key, known)) = plan.take_key(false) else {
        return create_twice(plan);
    };
    let rows = Rows::default().read(&key, Some(known.place)).write(&key, "once");
    let [first, second] = [plan.draft(vec![rows.clone()]), plan.draft(vec![rows])];
    plan.push_draft("the first of two changes", Valid, first);
    keep_last(plan, key, false);
    plan.push_draft("the second of two changes", MvccReadConflict, second);
}

pub(super) fn write_blindly(plan: &mut Plan<'_>) {
    let key = plan.name("blind/");
    for value in ["one", "two"] {
        let draft = plan.draft(vec![Rows::default().write(&key, value)]);
        plan.push_draft("a write of what was not read", Valid, draft);
    }
    keep_last(plan, key, false);
}
