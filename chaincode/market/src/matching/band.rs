//! The open pairs of the next best scores.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::eligibility::{Rules, Score, Worth};
use crate::order::Order;
use crate::participant::Side;
use crate::pricing::Pricing;
use crate::units::Energy;

use super::entry::{Entry, entries};
use super::lane::{Gaps, Lane, Shelf, within};
use super::walk::Walk;

/// A feasible pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    score: u64,
    seller: u32,
    buyer: u32,
    offer_id: u32,
    bid_id: u32,
    /// Place of the bid in the book.
    pub(super) bid: u32,
    /// Place of the offer in the book.
    pub(super) offer: u32,
}

/// What is to be walked next.
pub(super) enum Next {
    /// Pairs in rank order.
    Band(Vec<Pair>),
    /// All pairs of one score, which are too many to list.
    Tie(u64),
    /// Nothing is left.
    End,
}

/// The pairs of a book in bands of falling scores.
pub(super) struct Bands {
    pub(super) bids: Vec<Shelf>,
    pub(super) offers: Vec<Shelf>,
    pub(super) lanes: Vec<Lane>,
    /// Scores from here on are done.
    ceiling: u64,
    /// How many scores the last band had.
    height: u64,
    /// Pairs of the last band.
    listed: usize,
    /// Pairs of the next band at most, for each open order.
    pairs_per_order: usize,
}

impl Bands {
    /// Pairs of a band for each open order: enough that most orders of the band meet, few enough that most are open when they do.
    pub(super) const PAIRS: usize = 4;
    /// A band of which less than one in so many pairs was filled is followed by a larger one.
    const POOR: usize = 64;
    /// Pairs of a band for each open order at most.
    const MOST: usize = 256;

    pub(super) fn of(book: &[Order], rules: &Rules<'_>, walk: &Walk<'_>, pairs_per_order: usize) -> Self {
        let mut bids = BTreeMap::new();
        let mut offers = BTreeMap::new();
        for (order, entry) in book.iter().zip(entries(book, rules)) {
            let Some(site) = walk.site_of(entry.place) else {
                continue;
            };
            if walk.is_beyond_price(order) {
                continue;
            }
            let shelves: &mut Shelves = match order.side {
                Side::Buyer => &mut bids,
                Side::Seller => &mut offers,
            };
            let shelf = shelves.entry((site, Worth::of(order, rules))).or_default();
            shelf.entries.push(entry);
        }
        let lanes = lanes(&bids, &offers, rules, walk);
        let top = lanes.iter().filter_map(|lane| lane.score.of(lane.tariff.max(0))).max();
        Self {
            bids: shelves(bids),
            offers: shelves(offers),
            lanes,
            ceiling: top.map_or(0, |top| top.saturating_add(1)),
            height: 1,
            listed: 0,
            pairs_per_order,
        }
    }

    /// What is to be walked next, of orders that are open.
    pub(super) fn next(&mut self, walk: &Walk<'_>) -> Next {
        while self.ceiling > 0 && !self.lanes.is_empty() {
            let ceiling = self.ceiling;
            self.ceiling = self.floor(self.limit());
            self.height = ceiling.saturating_sub(self.ceiling).max(1);
            if self.ceiling == ceiling {
                self.ceiling = ceiling.saturating_sub(1);
                return Next::Tie(self.ceiling);
            }
            let pairs = self.pairs(self.ceiling, ceiling, walk);
            if !pairs.is_empty() {
                self.listed = pairs.len();
                return Next::Band(pairs);
            }
        }
        Next::End
    }

    fn limit(&self) -> usize {
        let shelves = self.bids.iter().chain(&self.offers);
        let open = shelves.fold(0_usize, |sum, shelf| sum.saturating_add(shelf.entries.len()));
        open.saturating_mul(self.pairs_per_order)
    }

    /// The lowest score down to which there are no more pairs than the limit, or not much above it; the ceiling itself if the next
    /// score alone has more.
    fn floor(&self, limit: usize) -> u64 {
        let (mut step, mut fits) = (self.height, self.ceiling);
        let mut exceeds = loop {
            let floor = self.ceiling.saturating_sub(step);
            match self.count(floor, limit) {
                None => break floor,
                Some(_) if floor == 0 => return 0,
                Some(count) if count > limit.div_euclid(2) => return floor,
                Some(_) => fits = floor,
            }
            step = step.saturating_mul(4);
        };
        while fits.saturating_sub(exceeds) > 1 {
            let middle = exceeds.midpoint(fits);
            match self.count(middle, limit) {
                None => exceeds = middle,
                Some(count) if count > limit.div_euclid(2) => return middle,
                Some(_) => fits = middle,
            }
        }
        fits
    }

    /// How many pairs the scores from the floor up to the ceiling have; none if more than the limit.
    fn count(&self, floor: u64, limit: usize) -> Option<usize> {
        let mut count = 0_usize;
        for (bids, offers, _, gaps) in self.active(floor, self.ceiling) {
            for (_, offers) in within(bids, offers, gaps) {
                count = count.saturating_add(offers.len());
            }
            if count > limit {
                return None;
            }
        }
        Some(count)
    }

    /// The lanes that have scores from the floor up to the ceiling: bids, offers, the lane and its gaps.
    pub(super) fn active(&self, floor: u64, ceiling: u64) -> impl Iterator<Item = (&[Entry], &[Entry], &Lane, Gaps)> {
        self.lanes.iter().filter_map(move |lane| {
            let gaps = lane.gaps(floor, ceiling)?;
            let (bids, offers) = (
                &self.bids.get(lane.bids)?.entries,
                &self.offers.get(lane.offers)?.entries,
            );
            let first = bids.partition_point(|bid| bid.price < lane.least_bid);
            Some((bids.get(first..)?, offers.as_slice(), lane, gaps))
        })
    }

    fn pairs(&self, floor: u64, ceiling: u64, walk: &Walk<'_>) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for (bids, offers, lane, gaps) in self.active(floor, ceiling) {
            for (bid, offers) in within(bids, offers, gaps) {
                let offers = offers.iter().filter(|offer| walk.admits(bid, offer));
                pairs.extend(offers.filter_map(|offer| Pair::of(bid, offer, lane.score)));
            }
        }
        pairs.sort_unstable_by_key(Pair::rank);
        pairs
    }

    /// Forgets what no later pair can fill; so many of the last pairs were filled.
    pub(super) fn keep_open(&mut self, walk: &Walk<'_>, filled: usize) {
        let (bids, offers) = (largest(&self.bids, walk), largest(&self.offers, walk));
        self.lanes.retain(|lane| !lane.most(&bids, &offers, walk).is_zero());
        let (mut to_bid, mut to_offer) = (vec![Energy::ZERO; bids.len()], vec![Energy::ZERO; offers.len()]);
        for lane in &self.lanes {
            let most = lane.most(&bids, &offers, walk);
            raise(&mut to_bid, lane.bids, most);
            raise(&mut to_offer, lane.offers, most);
        }
        let shelves = self
            .bids
            .iter_mut()
            .zip(to_bid)
            .chain(self.offers.iter_mut().zip(to_offer));
        for (shelf, most) in shelves {
            shelf.entries.retain(|entry| walk.is_open_below(entry.place, most));
        }
        if filled < self.listed.div_euclid(Self::POOR) {
            self.pairs_per_order = self.pairs_per_order.saturating_mul(2).min(Self::MOST);
        }
    }
}

/// The largest open energy of each shelf.
fn largest(shelves: &[Shelf], walk: &Walk<'_>) -> Vec<Energy> {
    let largest = |shelf: &Shelf| shelf.entries.iter().map(|entry| walk.open(entry.place)).max();
    shelves
        .iter()
        .map(|shelf| largest(shelf).unwrap_or(Energy::ZERO))
        .collect()
}

fn raise(energies: &mut [Energy], place: usize, to: Energy) {
    if let Some(energy) = energies.get_mut(place) {
        *energy = to.max(*energy);
    }
}

impl Pair {
    fn of(bid: &Entry, offer: &Entry, score: Score) -> Option<Self> {
        Some(Self {
            score: score.of(bid.price.checked_sub(offer.price)?)?,
            seller: offer.tie,
            buyer: bid.tie,
            offer_id: offer.id,
            bid_id: bid.id,
            bid: bid.place,
            offer: offer.place,
        })
    }

    fn rank(&self) -> (Reverse<u64>, [u32; 6]) {
        let ties = [
            self.seller,
            self.buyer,
            self.offer_id,
            self.bid_id,
            self.bid,
            self.offer,
        ];
        (Reverse(self.score), ties)
    }
}

type Shelves = BTreeMap<(usize, Worth), Shelf>;

fn shelves(shelves: Shelves) -> Vec<Shelf> {
    let mut shelves: Vec<Shelf> = shelves.into_values().collect();
    shelves.iter_mut().for_each(Shelf::sort);
    shelves
}

fn lanes(bids: &Shelves, offers: &Shelves, rules: &Rules<'_>, walk: &Walk<'_>) -> Vec<Lane> {
    let mut lanes = Vec::new();
    for (bids, (buyer, wants)) in bids.keys().enumerate() {
        for (offers, (seller, brings)) in offers.keys().enumerate() {
            let Ok(link) = walk.link(*buyer, *seller) else { continue };
            let Some(score) = Score::over(link, *wants, *brings, rules.parameters) else {
                continue;
            };
            let tariff = link.tariff.get();
            lanes.push(Lane {
                bids,
                offers,
                buyer: *buyer,
                seller: *seller,
                tariff,
                least_bid: match walk.pricing {
                    Pricing::Uniform(price) => price.get().saturating_add(tariff),
                    _ => i64::MIN,
                },
                score,
            });
        }
    }
    lanes
}
