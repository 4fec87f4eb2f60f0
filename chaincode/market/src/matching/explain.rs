//! Why an order was matched as it was: its fills, the pairs that it missed and to whom, and who could never trade with it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::eligibility::{Barrier, Link, Rules, Score, Worth, spread};
use crate::id::{OrderId, ParticipantId, PointId};
use crate::order::Order;
use crate::participant::Side;
use crate::pricing::Pricing;
use crate::units::{Energy, Price};

use super::walk::Walk;
use super::{Fill, Links, entry};

/// Missed pairs that are told.
const MISSED_TOLD: usize = 20;

/// An order by its owner and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderName {
    /// Whose.
    pub participant: ParticipantId,
    /// Which.
    pub order: OrderId,
}

/// A contract of the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Won {
    /// Place of the fill in the clearing, from 0.
    pub rank: u32,
    /// The other side.
    pub with: OrderName,
    /// How much.
    pub energy_wh: Energy,
    /// p at the seller's meter.
    pub price: Price,
    /// τ on top.
    pub tariff: Price,
    /// s: how far the two limits were apart beyond the tariff.
    pub spread: i64,
    /// Score of the pair, ppm · percent.
    pub score: u64,
}

/// Why a feasible pair got nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    /// The order itself was filled by then.
    OwnFilled,
    /// The other order was filled by then, by these fills.
    OtherFilled(Vec<u32>),
    /// A connection point had no room left, because of these fills.
    NoRoom {
        /// The buyer's or the seller's.
        point: PointId,
        /// Fills that used it.
        by: Vec<u32>,
    },
    /// What was left is below one side's minimum per contract.
    BelowMinimum {
        /// Whose minimum.
        of: OrderName,
        /// What the pair could have had.
        left_wh: Energy,
    },
}

/// A feasible pair that got nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// The other side.
    pub with: OrderName,
    /// Score of the pair, ppm · percent.
    pub score: u64,
    /// Why.
    pub because: Lost,
}

/// What became of an order, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Which order.
    pub of: OrderName,
    /// Offer or bid.
    pub side: Side,
    /// What it asked for.
    pub energy_wh: Energy,
    /// What it got.
    pub filled_wh: Energy,
    /// G_α = W_G / Q in ppm with W_G = 1 (the paper gives no number): the lower, the cleaner. For an offer.
    pub generation_ppm: Option<u64>,
    /// The slot's one price, where it has one.
    pub uniform_price: Option<Price>,
    /// Its contracts, in rank order.
    pub won: Vec<Won>,
    /// Feasible pairs that got nothing, the best score first; twenty at most.
    pub missed: Vec<Missed>,
    /// How many such pairs there are.
    pub missed_pairs: u32,
    /// Orders of the other side that may not trade with it, by the reason.
    pub barred: BTreeMap<Barrier, u32>,
}

/// A feasible pair of the order with its rank.
struct Candidate {
    rank: Rank,
    score: u64,
    bid: u32,
    offer: u32,
}

type Rank = (Reverse<u64>, [u32; 6]);

/// True for a fill that comes before a pair.
fn is_before(rank: Option<&Option<Rank>>, pair: &Candidate) -> bool {
    rank.is_some_and(|rank| rank.is_some_and(|rank| rank < pair.rank))
}

/// A book with its links and ranks.
struct Ranked<'a> {
    book: &'a [Order],
    rules: &'a Rules<'a>,
    links: &'a Links<'a>,
    entries: Vec<entry::Entry>,
    pricing: Pricing,
}

/// Explains the order at a place of a sorted book, given the fills of that book; none for a place that the book does not have.
pub fn explain(book: &[Order], rules: &Rules<'_>, fills: &[Fill], place: u32) -> Option<Explanation> {
    let order = at(book, place)?;
    let links = Links::of(book, rules);
    let ranked = Ranked {
        book,
        rules,
        links: &links,
        entries: entry::entries(book, rules),
        pricing: Pricing::of(book, rules, &links),
    };
    let (candidates, barred) = ranked.candidates(place, order.side);
    let (won, missed, missed_pairs) = ranked.replay(place, fills, &candidates);
    let quality = rules
        .merit(&order.participant)
        .cleanliness_of(order.source, &rules.parameters.cleanliness());
    let generation = 1_000_000_000_000_u64.checked_div(u64::from(quality.get()));
    let filled = won
        .iter()
        .fold(Energy::ZERO, |sum, won| sum.plus(won.energy_wh).unwrap_or(Energy::MOST));
    Some(Explanation {
        of: name(order),
        side: order.side,
        energy_wh: order.energy_wh,
        filled_wh: filled,
        generation_ppm: generation.filter(|_| order.side == Side::Seller),
        uniform_price: match ranked.pricing {
            Pricing::Uniform(price) => Some(price),
            _ => None,
        },
        won,
        missed,
        missed_pairs,
        barred,
    })
}

fn at(book: &[Order], place: u32) -> Option<&Order> {
    book.get(usize::try_from(place).ok()?)
}

fn name(order: &Order) -> OrderName {
    OrderName {
        participant: order.participant.clone(),
        order: order.order.clone(),
    }
}

impl Ranked<'_> {
    /// The order's feasible pairs by rank, and how many orders are barred from it.
    fn candidates(&self, place: u32, side: Side) -> (Vec<Candidate>, BTreeMap<Barrier, u32>) {
        let (mut candidates, mut barred) = (Vec::new(), BTreeMap::new());
        for (other, _) in (0_u32..).zip(self.book).filter(|(_, order)| order.side != side) {
            let (bid, offer) = if side == Side::Buyer {
                (place, other)
            } else {
                (other, place)
            };
            match self.candidate(bid, offer) {
                Ok(candidate) => candidates.extend(candidate),
                Err(barrier) => {
                    let count: &mut u32 = barred.entry(barrier).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        candidates.sort_unstable_by_key(|candidate| candidate.rank);
        (candidates, barred)
    }

    fn candidate(&self, bid: u32, offer: u32) -> Result<Option<Candidate>, Barrier> {
        let link = self.links.pair(self.book, self.rules, bid, offer)?;
        let Some((buys, sells)) = at(self.book, bid).zip(at(self.book, offer)) else {
            return Ok(None);
        };
        if !self.pricing.allows(buys.price, sells.price, link.tariff) {
            return Err(Barrier::UniformPrice);
        }
        Ok(self.scored(bid, offer, buys, sells, link))
    }

    fn scored(&self, bid: u32, offer: u32, buys: &Order, sells: &Order, link: Link) -> Option<Candidate> {
        let worth = |order| Worth::of(order, self.rules);
        let score = Score::over(link, worth(buys), worth(sells), self.rules.parameters)?;
        let score = score.of(buys.price.get().checked_sub(sells.price.get())?)?;
        let entry = |place: u32| usize::try_from(place).ok().and_then(|place| self.entries.get(place));
        let (buyer, seller) = (entry(bid)?, entry(offer)?);
        let ties = [seller.tie, buyer.tie, seller.id, buyer.id, bid, offer];
        Some(Candidate {
            rank: (Reverse(score), ties),
            score,
            bid,
            offer,
        })
    }

    /// Walks the fills once more and asks at each of the order's pairs what was open when its turn came. All missed pairs are counted.
    fn replay(&self, place: u32, fills: &[Fill], candidates: &[Candidate]) -> (Vec<Won>, Vec<Missed>, u32) {
        let rank = |fill: &Fill| Some(self.candidate(fill.bid, fill.offer).ok()??.rank);
        let ranks: Vec<Option<Rank>> = fills.iter().map(rank).collect();
        let mut walk = Walk::new(self.book, self.rules, self.links);
        let (mut done, mut missed_pairs) = (0_usize, 0_u32);
        let (mut won, mut missed) = (Vec::new(), Vec::new());
        for candidate in candidates {
            while let Some(fill) = fills.get(done).filter(|_| is_before(ranks.get(done), candidate)) {
                walk.fill(fill.bid, fill.offer);
                done = done.saturating_add(1);
            }
            match fills.get(done) {
                Some(fill) if (fill.bid, fill.offer) == (candidate.bid, candidate.offer) => {
                    won.extend(self.won(done, fill, place, candidate.score));
                }
                _ => {
                    missed_pairs = missed_pairs.saturating_add(1);
                    if missed.len() < MISSED_TOLD {
                        let earlier = fills.get(..done).unwrap_or_default();
                        missed.extend(self.missed(&walk, earlier, place, candidate));
                    }
                }
            }
        }
        (won, missed, missed_pairs)
    }

    fn won(&self, rank: usize, fill: &Fill, place: u32, score: u64) -> Option<Won> {
        let (bid, offer) = (at(self.book, fill.bid)?, at(self.book, fill.offer)?);
        Some(Won {
            rank: u32::try_from(rank).ok()?,
            with: name(if place == fill.bid { offer } else { bid }),
            energy_wh: fill.energy_wh,
            price: fill.price,
            tariff: fill.tariff,
            spread: spread(bid.price, offer.price, fill.tariff)?,
            score,
        })
    }

    fn missed(&self, walk: &Walk<'_>, earlier: &[Fill], place: u32, pair: &Candidate) -> Option<Missed> {
        let other = if place == pair.bid { pair.offer } else { pair.bid };
        Some(Missed {
            with: name(at(self.book, other)?),
            score: pair.score,
            because: self.lost(walk, earlier, place, other, pair)?,
        })
    }

    fn lost(&self, walk: &Walk<'_>, earlier: &[Fill], place: u32, other: u32, pair: &Candidate) -> Option<Lost> {
        let those = |takes: &dyn Fn(&Fill) -> bool| -> Vec<u32> {
            let taken = (0_u32..).zip(earlier).filter(|(_, fill)| takes(fill));
            taken.map(|(rank, _)| rank).collect()
        };
        if !walk.is_open(place) {
            return Some(Lost::OwnFilled);
        }
        if !walk.is_open(other) {
            return Some(Lost::OtherFilled(those(&|fill| {
                fill.bid == other || fill.offer == other
            })));
        }
        let (buyer, seller) = (self.links.site_of(pair.bid)?, self.links.site_of(pair.offer)?);
        let room = walk.room(buyer, seller);
        let left = walk.open(place).min(walk.open(other)).min(room);
        if room.is_zero() {
            let import = walk.imports(buyer).is_zero();
            let (site, order) = if import {
                (buyer, pair.bid)
            } else {
                (seller, pair.offer)
            };
            let uses = |fill: &Fill| {
                let (to, from) = (self.links.site_of(fill.bid), self.links.site_of(fill.offer));
                to != from && (if import { to } else { from }) == Some(site)
            };
            return Some(Lost::NoRoom {
                point: at(self.book, order)?.point.clone(),
                by: those(&uses),
            });
        }
        let least = |place: u32| at(self.book, place).map(|order| order.min_wh.min(walk.open(place)));
        let of = if least(place)? > left { place } else { other };
        let of = name(at(self.book, of)?);
        Some(Lost::BelowMinimum { of, left_wh: left })
    }
}
