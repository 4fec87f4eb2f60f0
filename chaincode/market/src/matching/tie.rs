//! One score with very many pairs, as when everybody asks one price: each seller takes its buyers in their order until it is filled.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Fill;
use super::band::Bands;
use super::entry::Entry;
use super::lane::within;
use super::walk::Walk;

/// An offer with bids of one price at one point, best rank first.
struct Queue<'a> {
    offer: &'a Entry,
    buyer: usize,
    seller: usize,
    bids: &'a [Entry],
}

impl<'a> Queue<'a> {
    /// The next bid that is open and may buy from this offer; none once the offer is filled or the room is used up.
    fn pop(&mut self, walk: &Walk<'_>) -> Option<&'a Entry> {
        if !walk.is_open(self.offer.place) || walk.room(self.buyer, self.seller).is_zero() {
            return None;
        }
        loop {
            let (bid, rest) = self.bids.split_first()?;
            self.bids = rest;
            if walk.is_open(bid.place) && walk.admits(bid, self.offer) {
                return Some(bid);
            }
        }
    }

    /// Buyer, offer's id, bid's id: the rank of a pair among those of one seller and score.
    fn rank(&self, bid: &Entry) -> [u32; 5] {
        [bid.tie, self.offer.id, bid.id, bid.place, self.offer.place]
    }
}

/// Walks all pairs of one score in rank order.
pub(super) fn walk(bands: &Bands, score: u64, walk: &mut Walk<'_>, fills: &mut Vec<Fill>) {
    let mut queues = queues(bands, score);
    queues.sort_unstable_by_key(|queue| queue.offer.tie);
    for of_one_seller in queues.chunk_by_mut(|one, other| one.offer.tie == other.offer.tie) {
        let mut heap = BinaryHeap::with_capacity(of_one_seller.len());
        for (place, queue) in of_one_seller.iter_mut().enumerate() {
            heap.extend(queue.pop(walk).map(|bid| Reverse((queue.rank(bid), bid.place, place))));
        }
        while let Some(Reverse((_, bid, place))) = heap.pop() {
            let Some(queue) = of_one_seller.get_mut(place) else {
                continue;
            };
            fills.extend(walk.fill(bid, queue.offer.place));
            heap.extend(queue.pop(walk).map(|bid| Reverse((queue.rank(bid), bid.place, place))));
        }
    }
}

fn queues(bands: &Bands, score: u64) -> Vec<Queue<'_>> {
    let mut queues = Vec::new();
    for (bids, offers, lane, gaps) in bands.active(score, score.saturating_add(1)) {
        let levels = bids.chunk_by(|one, other| one.price == other.price);
        for level in levels {
            let offers = level
                .first()
                .into_iter()
                .flat_map(|bid| within(std::slice::from_ref(bid), offers, gaps));
            for offer in offers.flat_map(|(_, offers)| offers) {
                queues.push(Queue {
                    offer,
                    buyer: lane.buyer,
                    seller: lane.seller,
                    bids: level,
                });
            }
        }
    }
    queues
}
