//! Lanes: from the offers of one point and one worth to the bids of one point, where the score depends on the gap alone.

use crate::eligibility::Score;
use crate::units::Energy;

use super::entry::Entry;
use super::walk::Walk;

/// Bids, or offers, of one point; by price, then rank.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// The open ones.
    pub(super) entries: Vec<Entry>,
}

impl Shelf {
    pub(super) fn sort(&mut self) {
        self.entries
            .sort_unstable_by_key(|entry| (entry.price, entry.tie, entry.id, entry.place));
    }
}

/// A pair of shelves that may trade.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    /// Place of the shelf of bids.
    pub(super) bids: usize,
    /// Place of the shelf of offers.
    pub(super) offers: usize,
    /// The point of the bids.
    pub(super) buyer: usize,
    /// The point of the offers.
    pub(super) seller: usize,
    /// τ, µyuan/kWh: the least gap.
    pub(super) tariff: i64,
    /// The lowest bid that may trade.
    pub(super) least_bid: i64,
    /// The score as a function of the gap.
    pub(super) score: Score,
}

/// Gaps from the least to the widest, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gaps {
    pub(super) least: i64,
    pub(super) widest: i64,
}

impl Lane {
    /// The most that one trade can have, by the largest open energy of each shelf and the room.
    pub(super) fn most(&self, bids: &[Energy], offers: &[Energy], walk: &Walk<'_>) -> Energy {
        let ends = bids.get(self.bids).zip(offers.get(self.offers));
        ends.map_or(Energy::ZERO, |(bid, offer)| {
            (*bid).min(*offer).min(walk.room(self.buyer, self.seller))
        })
    }

    /// The gaps whose score is at least `floor` and below `ceiling`; none if there are no such.
    pub(super) fn gaps(&self, floor: u64, ceiling: u64) -> Option<Gaps> {
        let widest = self.score.widest(floor)?;
        let above = match self.score.widest(ceiling) {
            Some(gap) => gap.checked_add(1)?,
            None => 0,
        };
        let least = self.tariff.max(0).max(above);
        (least <= widest).then_some(Gaps { least, widest })
    }
}

/// Each bid with the offers at these gaps from it.
pub(super) fn within<'a>(
    bids: &'a [Entry],
    offers: &'a [Entry],
    gaps: Gaps,
) -> impl Iterator<Item = (&'a Entry, &'a [Entry])> {
    let (mut from, mut to) = (0_usize, 0_usize);
    bids.iter().map(move |bid| {
        let lowest = bid.price.saturating_sub(gaps.widest);
        let highest = bid.price.saturating_sub(gaps.least);
        from = passed(offers, from, |offer| offer.price < lowest);
        to = passed(offers, to, |offer| offer.price <= highest);
        (bid, offers.get(from..to).unwrap_or_default())
    })
}

/// Moves on from a place while entries satisfy the condition.
fn passed(entries: &[Entry], start: usize, condition: impl Fn(&Entry) -> bool) -> usize {
    let rest = entries.get(start..).unwrap_or_default();
    start.saturating_add(rest.iter().take_while(|entry| condition(entry)).count())
}
