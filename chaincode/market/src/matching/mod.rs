//! DTSC: walks the feasible pairs by rank and fills them; and proves that a table of fills is what that walk gives.
//!
//! Rank is score descending, then the seller's tie hash, the buyer's, the offer's id, the bid's id. The pairs of a large book are too
//! many to list, and most of them name an order that better pairs have filled by then. So they are made a band of scores at a time,
//! each band only from orders that are still open; where one score alone has too many pairs, these are walked seller by seller.

mod band;
mod entry;
mod explain;
mod lane;
mod links;
mod tie;
mod walk;

use serde::{Deserialize, Serialize};

use crate::eligibility::Rules;
use crate::order::Order;
use crate::units::{Energy, Price};

use self::band::{Bands, Next};
pub use self::explain::{Explanation, Lost, Missed, OrderName, Won, explain};
pub use self::links::Links;
use self::walk::Walk;

/// Energy that one offer sells to one bid. Orders are named by their place in the sorted book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// Place of the bid in the book.
    pub bid: u32,
    /// Place of the offer in the book.
    pub offer: u32,
    /// How much.
    pub energy_wh: Energy,
    /// p: at the seller's meter.
    pub price: Price,
    /// τ: paid by the buyer on top.
    pub tariff: Price,
}

/// Fills that are not those of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("fill {at} is not what priority gives")]
pub struct PriorityBroken {
    /// Place of the first wrong, missing or superfluous fill.
    pub at: usize,
}

/// Puts a book into the order by which fills name its orders: owner, then order id.
pub fn sort_book(book: &mut [Order]) {
    book.sort_by(|one, other| (&one.participant, &one.order).cmp(&(&other.participant, &other.order)));
}

/// Matches a sorted book; fills come in rank order. The result does not depend on the order of submission.
pub fn match_book(book: &[Order], rules: &Rules<'_>) -> Vec<Fill> {
    match_in_bands(book, rules, Bands::PAIRS)
}

/// Matches with bands of so many pairs for each open order; the result is the same for any number.
fn match_in_bands(book: &[Order], rules: &Rules<'_>, pairs_per_order: usize) -> Vec<Fill> {
    if book.len() > rules.book_limit {
        return Vec::new();
    }
    let links = Links::of(book, rules);
    let mut walk = Walk::new(book, rules, &links);
    let mut bands = Bands::of(book, rules, &walk, pairs_per_order);
    let mut fills = Vec::new();
    let mut before = 0;
    loop {
        bands.keep_open(&walk, fills.len().saturating_sub(before));
        before = fills.len();
        match bands.next(&walk) {
            Next::Band(pairs) => fills.extend(pairs.iter().filter_map(|pair| walk.fill(pair.bid, pair.offer))),
            Next::Tie(score) => tie::walk(&bands, score, &mut walk, &mut fills),
            Next::End => return fills,
        }
    }
}

/// Proof of priority: walks the book again; each fill must be the rule's.
///
/// # Errors
/// [`PriorityBroken`] names the first fill that differs.
pub fn verify_fills(book: &[Order], rules: &Rules<'_>, fills: &[Fill]) -> Result<(), PriorityBroken> {
    let expected = match_book(book, rules);
    let same = expected
        .iter()
        .zip(fills)
        .take_while(|(one, other)| one == other)
        .count();
    if same == expected.len() && same == fills.len() {
        return Ok(());
    }
    Err(PriorityBroken { at: same })
}

#[cfg(test)]
mod tests;
