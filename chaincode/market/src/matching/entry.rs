//! An order as the matching needs it, without text.

use std::collections::BTreeMap;

use crate::clearing::Reach;
use crate::eligibility::{Rules, tie_hash};
use crate::id::{OrderId, ParticipantId};
use crate::order::Order;
use crate::participant::Side;

/// An order's numbers. Comparing two entries' `tie` and `id` is comparing their hashes and texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// P_N or P_S, µyuan/kWh.
    pub(super) price: i64,
    /// Place of its order in the book.
    pub(super) place: u32,
    /// Place of its owner among the book's.
    pub(super) owner: u32,
    /// Place of its owner's tie hash among the book's.
    pub(super) tie: u32,
    /// Place of its order id among the book's.
    pub(super) id: u32,
    /// It asks more of a counterpart than its lane tells.
    pub(super) picky: bool,
}

/// The entry of each order of a book, in the book's order.
pub(super) fn entries(book: &[Order], rules: &Rules<'_>) -> Vec<Entry> {
    let owners = places(book.iter().map(|order| &order.participant));
    let ids: BTreeMap<&OrderId, u32> = places(book.iter().map(|order| &order.order));
    let hashes: BTreeMap<&ParticipantId, [u8; 32]> = owners
        .keys()
        .map(|owner| (*owner, tie_hash(rules.slot, owner)))
        .collect();
    let ties = places(hashes.values());
    let entry = |(place, order): (usize, &Order)| {
        Some(Entry {
            price: order.price.get(),
            place: u32::try_from(place).ok()?,
            owner: *owners.get(&order.participant)?,
            tie: *ties.get(hashes.get(&order.participant)?)?,
            id: *ids.get(&order.order)?,
            picky: is_picky(order, rules),
        })
    };
    book.iter().enumerate().filter_map(entry).collect()
}

fn is_picky(order: &Order, rules: &Rules<'_>) -> bool {
    order.filters.is_some() || (order.side == Side::Seller && rules.pilot_reach(order) != Reach::Everywhere)
}

/// Numbers different values in their order.
fn places<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, u32> {
    let mut sorted: Vec<T> = values.collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.into_iter().zip(0..).collect()
}
