//! Groups of transactions made by hand: what each reads and writes, who endorses it, and so what becomes of it.

mod copies;
mod elsewhere;
mod endorsements;
mod keys;
mod ranges;

use crate::{
    faults::{Fault, LAST, ORDERED},
    plan::Plan,
    step::Step,
};

/// Places that it needs in a block, and what makes it.
pub(crate) type Group = (usize, fn(&mut Plan<'_>));

/// How many places in a block a group needs, and what makes it. A group that finds nothing to work with makes a new key
/// instead; a kind that should come more often is here more than once.
pub(crate) const MADE: &[Group] = &[
    (1, keys::create),
    (1, keys::update),
    (1, keys::delete),
    (1, keys::stale),
    (1, keys::stale),
    (2, keys::create_twice),
    (2, keys::update_twice),
    (2, keys::write_blindly),
    (2, ranges::insert_and_range),
    (1, ranges::fill_shelf),
    (1, ranges::range),
    (2, ranges::change_and_range),
    (2, ranges::append_and_range),
    (1, endorsements::endorse_oddly),
    (1, endorsements::endorse_oddly),
    (2, endorsements::guard_and_write),
    (2, endorsements::guard_and_write),
    (1, endorsements::write_guarded),
    (1, endorsements::write_guarded),
    (2, copies::send_twice),
    (1, copies::send_again),
    (1, copies::send_again),
    (2, copies::claim_next),
    (1, copies::claim_later),
    (1, copies::send_claimed),
    (1, elsewhere::other_namespace),
    (1, elsewhere::namespace_twice),
    (1, elsewhere::collection),
    (1, elsewhere::by_a_node),
];

/// The next kind of malformed transaction.
pub(crate) fn malformed(plan: &mut Plan<'_>) {
    let fault = ORDERED[plan.next_fault()];
    spoil(plan, fault);
}

/// One of the kinds that must be a block's last, each in turn.
pub(crate) fn last_of_block(plan: &mut Plan<'_>, turn: usize) {
    spoil(plan, LAST[turn % LAST.len()]);
}

fn spoil(plan: &mut Plan<'_>, (kind, fate, spoil): Fault) {
    let (rows, _) = plan.creation();
    let mut draft = plan.draft(vec![rows]);
    draft.endorsers.truncate(3);
    draft.spoil = spoil;
    plan.push(Step::drafted(kind, fate, draft));
}
