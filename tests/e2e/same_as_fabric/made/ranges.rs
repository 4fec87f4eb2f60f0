//! Ranges of rows, and phantoms in them.

use fabric_protos::protos::TxValidationCode::*;

use super::keys::last;
use crate::{
    plan::{Plan, Shelf},
    rows::{Range, Rows},
};

fn whole(shelf: &Shelf) -> Range {
    Range {
        start: format!("{}/", shelf.prefix),
        end: format!("{}0", shelf.prefix),
        exhausted: true,
        saw: shelf.rows.clone(),
    }
}

pub(super) fn insert_and_range(plan: &mut Plan<'_>) {
    let shelf = Shelf {
        prefix: plan.name("empty"),
        rows: Vec::new(),
    };
    let insert = plan.draft(vec![Rows::default().write(&format!("{}/a", shelf.prefix), "in")]);
    plan.push_draft("a row within an empty range", Valid, insert);
    let reader = plan.draft(vec![Rows::default().range(whole(&shelf))]);
    plan.push_draft("a range that was empty", PhantomReadConflict, reader);
}

pub(super) fn fill_shelf(plan: &mut Plan<'_>) {
    let prefix = plan.name("shelf");
    let keys = ["a", "b", "c"].map(|name| format!("{prefix}/{name}"));
    let rows = keys.iter().fold(Rows::default(), |rows, key| rows.write(key, "row"));
    let draft = plan.draft(vec![rows]);
    plan.push_draft("rows for ranges", Valid, draft);
    let place = last(plan);
    let rows = keys.into_iter().map(|key| (key, place)).collect();
    plan.later_shelves.push(Shelf { prefix, rows });
}

pub(super) fn range(plan: &mut Plan<'_>) {
    let Some(shelf) = plan.take_shelf() else {
        return fill_shelf(plan);
    };
    let mut range = whole(&shelf);
    if plan.dice.below(2) == 0 {
        // As a reader leaves it that stopped at the second row.
        range.exhausted = false;
        range.saw.truncate(2);
        range.end.clone_from(&range.saw[1].0);
    }
    let draft = plan.draft(vec![Rows::default().range(range)]);
    plan.push_draft("a range as it was", Valid, draft);
    plan.shelves.push(shelf);
}

pub(super) fn change_and_range(plan: &mut Plan<'_>) {
    let Some(shelf) = plan.take_shelf() else {
        return insert_and_range(plan);
    };
    let key = shelf.rows[1].0.clone();
    let change = match plan.dice.below(2) {
        0 => Rows::default().write(&key, "changed"),
        _ => Rows::default().delete(&key),
    };
    let mut range = whole(&shelf);
    if plan.dice.below(2) == 0 {
        range.exhausted = false;
        range.end.clone_from(&range.saw[2].0);
    }
    let change = plan.draft(vec![change]);
    plan.push_draft("a change within a range", Valid, change);
    let reader = plan.draft(vec![Rows::default().range(range)]);
    plan.push_draft("a range with a changed row", PhantomReadConflict, reader);
}

pub(super) fn append_and_range(plan: &mut Plan<'_>) {
    let Some(shelf) = plan.take_shelf() else {
        return insert_and_range(plan);
    };
    let append = plan.draft(vec![Rows::default().write(&format!("{}/d", shelf.prefix), "behind")]);
    plan.push_draft("a row behind what was read", Valid, append);
    let mut range = whole(&shelf);
    let stopped = plan.dice.below(2) == 0;
    if stopped {
        range.exhausted = false;
        range.end.clone_from(&range.saw[2].0);
    }
    let code = if stopped { Valid } else { PhantomReadConflict };
    let reader = plan.draft(vec![Rows::default().range(range)]);
    plan.push_draft("a range with a row behind it", code, reader);
}
