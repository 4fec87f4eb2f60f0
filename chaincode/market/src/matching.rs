//! DTSC: walks the feasible pairs by rank and fills them; and proves that a table of fills is what that walk gives.

use serde::{Deserialize, Serialize};

use crate::eligibility::{Pair, Rules, feasible_pairs};
use crate::grid::Rooms;
use crate::order::Order;
use crate::units::{Energy, Price};

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

/// What is open while the pairs are walked.
struct Walk<'a> {
    book: &'a [Order],
    rules: &'a Rules<'a>,
    open: Vec<Energy>,
    rooms: Rooms,
}

impl<'a> Walk<'a> {
    fn new(book: &'a [Order], rules: &'a Rules<'_>) -> Self {
        Self {
            book,
            rules,
            open: book.iter().map(|order| order.energy_wh).collect(),
            rooms: Rooms::whole(rules.points),
        }
    }

    /// min(open, open, rooms), or nothing below either side's minimum per contract.
    fn fill(&mut self, pair: &Pair) -> Option<Fill> {
        let (at, from) = (usize::try_from(pair.bid).ok()?, usize::try_from(pair.offer).ok()?);
        let (open_bid, open_offer) = (*self.open.get(at)?, *self.open.get(from)?);
        if open_bid.is_zero() || open_offer.is_zero() {
            return None;
        }
        let (bid, offer) = (self.book.get(at)?, self.book.get(from)?);
        let energy = open_bid
            .min(open_offer)
            .min(self.rooms.between(&offer.point, &bid.point));
        let least = bid.min_wh.min(open_bid).max(offer.min_wh.min(open_offer));
        if energy.is_zero() || energy < least {
            return None;
        }
        let (price, tariff) = self.rules.prices(bid, offer)?;
        self.rooms.take_trade(&offer.point, &bid.point, energy);
        *self.open.get_mut(at)? = open_bid.less(energy);
        *self.open.get_mut(from)? = open_offer.less(energy);
        Some(Fill {
            bid: pair.bid,
            offer: pair.offer,
            energy_wh: energy,
            price,
            tariff,
        })
    }
}

/// Matches a sorted book; fills come in rank order.
pub fn match_book(book: &[Order], rules: &Rules<'_>) -> Vec<Fill> {
    let mut walk = Walk::new(book, rules);
    feasible_pairs(book, rules)
        .iter()
        .filter_map(|pair| walk.fill(pair))
        .collect()
}

/// Proof of priority: replays every feasible pair in rank order; each fill must be the rule's.
///
/// # Errors
/// [`PriorityBroken`] names the first fill that differs.
pub fn verify_fills(book: &[Order], rules: &Rules<'_>, fills: &[Fill]) -> Result<(), PriorityBroken> {
    let mut walk = Walk::new(book, rules);
    let mut claimed = fills.iter();
    let mut at = 0_usize;
    for pair in feasible_pairs(book, rules) {
        let Some(expected) = walk.fill(&pair) else { continue };
        if claimed.next() != Some(&expected) {
            return Err(PriorityBroken { at });
        }
        at = at.saturating_add(1);
    }
    match claimed.next() {
        None => Ok(()),
        Some(_) => Err(PriorityBroken { at }),
    }
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
