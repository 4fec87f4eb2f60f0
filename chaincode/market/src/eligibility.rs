//! Which bid may buy from which offer, and at what score.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::grid::{Distances, Point};
use crate::id::{OrderId, ParticipantId, PointId};
use crate::order::Order;
use crate::parameters::Parameters;
use crate::participant::Side;
use crate::slot::Slot;
use crate::units::{Distance, Ppm, Price};

/// The rules of one slot.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Which slot.
    pub slot: Slot,
    /// The parameters it keeps.
    pub parameters: &'a Parameters,
    /// The distances it keeps.
    pub distances: &'a Distances,
    /// The points of its orders.
    pub points: &'a [Point],
    /// Orders that are matched at most. A larger book has no pairs at all: everything goes to planning.
    pub book_limit: usize,
}

impl<'a> Rules<'a> {
    fn point(&self, id: &PointId) -> Option<&'a Point> {
        self.points.iter().find(|point| point.point == *id)
    }

    /// What a fill of this bid by this offer costs: p and τ, both µyuan/kWh; none unless the two may trade.
    pub(crate) fn prices(&self, bid: &Order, offer: &Order) -> Option<(Price, Price)> {
        let (buyer, seller) = (self.point(&bid.point)?, self.point(&offer.point)?);
        let distance = self.distances.between(&offer.point, &bid.point)?;
        let tariff = self
            .parameters
            .tariff
            .between(distance, buyer.standing(), seller.standing())?;
        let spread = bid
            .price
            .get()
            .checked_sub(offer.price.get())?
            .checked_sub(tariff.get())?;
        Some((contract_price(self.parameters, offer.price, spread)?, tariff))
    }
}

/// SHA-256(slot ‖ id): the slot as eight bytes, big-endian, then the id's text. Luck rotates by slot and nobody can grind it.
pub fn tie_hash(slot: Slot, participant: &ParticipantId) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(slot.get().to_be_bytes());
    hash.update(participant.to_string());
    hash.finalize().into()
}

/// A feasible pair of a bid and an offer. There may be millions of them, so it holds 24 bytes and no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The weighted score; higher is earlier.
    pub score: u64,
    /// Place of the bid in the book.
    pub bid: u32,
    /// Place of the offer in the book.
    pub offer: u32,
    /// Place of the seller's tie hash among those of the book.
    seller: u32,
    /// Place of the buyer's tie hash among those of the book.
    buyer: u32,
}

impl Pair {
    /// Score descending, the seller's tie hash, the buyer's, the offer's id, the bid's id.
    fn rank(&self, other: &Self, entrants: &[Entrant<'_>]) -> Ordering {
        let early = other.score.cmp(&self.score);
        early
            .then_with(|| (self.seller, self.buyer).cmp(&(other.seller, other.buyer)))
            .then_with(|| self.ids(entrants).cmp(&other.ids(entrants)))
            .then_with(|| (self.bid, self.offer).cmp(&(other.bid, other.offer)))
    }

    fn ids<'a>(&self, entrants: &[Entrant<'a>]) -> [Option<&'a OrderId>; 2] {
        [self.offer, self.bid].map(|place| {
            let entrant = usize::try_from(place).ok().and_then(|place| entrants.get(place));
            entrant.map(|entrant| &entrant.order.order)
        })
    }
}

/// All feasible pairs of a book, best rank first; none of a book beyond its limit. The result does not depend on the order
/// of submission.
pub fn feasible_pairs(book: &[Order], rules: &Rules<'_>) -> Vec<Pair> {
    if book.len() > rules.book_limit {
        return Vec::new();
    }
    let entrants = entrants(book, rules.slot);
    let (mut bids, offers): (Vec<&Entrant<'_>>, Vec<_>) =
        entrants.iter().partition(|entrant| entrant.order.side == Side::Buyer);
    bids.sort_by_key(|bid| &bid.order.point);
    let sites = Sites::of(&offers, rules);
    // All at once: growing step by step would hold an old and a new table together. Pages that stay unused cost nothing.
    let mut pairs = Vec::with_capacity(bids.len().saturating_mul(offers.len()));
    for here in bids.chunk_by(|one, other| one.order.point == other.order.point) {
        let Some(links) = here.first().map(|bid| sites.links_to(&bid.order.point, rules)) else {
            continue;
        };
        for bid in here {
            let linked = offers.iter().zip(&sites.of_offer);
            let feasible = linked.filter_map(|(offer, site)| {
                let link = links.get(*site)?.as_ref()?;
                pair(bid, offer, link, rules.parameters)
            });
            pairs.extend(feasible);
        }
    }
    pairs.sort_unstable_by(|one, other| one.rank(other, &entrants));
    pairs
}

/// An order with what every one of its pairs needs.
struct Entrant<'a> {
    place: u32,
    order: &'a Order,
    tie: u32,
}

/// Hashes each order's owner once; equal hashes get equal places.
fn entrants(book: &[Order], slot: Slot) -> Vec<Entrant<'_>> {
    let hashes: Vec<[u8; 32]> = book.iter().map(|order| tie_hash(slot, &order.participant)).collect();
    let mut sorted = hashes.clone();
    sorted.sort_unstable();
    let tie = |hash: &[u8; 32]| u32::try_from(sorted.partition_point(|known| known < hash)).ok();
    let entrant = |(place, (order, hash))| {
        Some(Entrant {
            place: u32::try_from(place).ok()?,
            order,
            tie: tie(hash)?,
        })
    };
    book.iter().zip(&hashes).enumerate().filter_map(entrant).collect()
}

/// The points of a book's offers, each looked up once.
struct Sites<'a> {
    points: Vec<Site<'a>>,
    /// Of each offer, the place of its point.
    of_offer: Vec<usize>,
    reference: Distance,
    known: BTreeMap<&'a PointId, &'a Point>,
}

struct Site<'a> {
    id: &'a PointId,
    point: Option<&'a Point>,
    column: Option<usize>,
}

/// What lies between a bid's point and an offer's: the tariff, and ⌊Dα⌋ of their distance.
struct Link {
    tariff: Price,
    closeness: u64,
}

impl<'a> Sites<'a> {
    fn of(offers: &[&Entrant<'a>], rules: &Rules<'a>) -> Self {
        let known: BTreeMap<_, _> = rules.points.iter().rev().map(|point| (&point.point, point)).collect();
        let mut places = BTreeMap::new();
        let mut points = Vec::new();
        let mut of_offer = Vec::with_capacity(offers.len());
        for offer in offers {
            let id = &offer.order.point;
            let place = *places.entry(id).or_insert(points.len());
            if place == points.len() {
                points.push(Site {
                    id,
                    point: known.get(id).copied(),
                    column: rules.distances.place(id),
                });
            }
            of_offer.push(place);
        }
        Self {
            points,
            of_offer,
            reference: rules.distances.reference(),
            known,
        }
    }

    /// From each point of an offer to one point of bids; none where they may not trade.
    fn links_to(&self, bids_at: &PointId, rules: &Rules<'_>) -> Vec<Option<Link>> {
        let buyer = self.known.get(bids_at);
        let row = rules.distances.place(bids_at);
        let link = |site: &Site<'_>| {
            let distance = if site.id == bids_at {
                Distance::SAME_POINT
            } else {
                rules.distances.at(site.column?, row?)?
            };
            if distance > rules.parameters.reach_mohm {
                return None;
            }
            let tariff = &rules.parameters.tariff;
            Some(Link {
                tariff: tariff.between(distance, buyer?.standing(), site.point?.standing())?,
                closeness: coefficient(u64::from(self.reference.get()), u64::from(distance.get()))?,
            })
        };
        self.points.iter().map(link).collect()
    }
}

fn pair(bid: &Entrant<'_>, offer: &Entrant<'_>, link: &Link, parameters: &Parameters) -> Option<Pair> {
    let gap = bid.order.price.get().checked_sub(offer.order.price.get())?;
    if gap < link.tariff.get() || bid.order.participant == offer.order.participant {
        return None;
    }
    Some(Pair {
        score: score(parameters, link.closeness, gap, offer.order)?,
        bid: bid.place,
        offer: offer.place,
        seller: offer.tie,
        buyer: bid.tie,
    })
}

/// p = P_S + ⌊θ · s / 10⁶⌋.
fn contract_price(parameters: &Parameters, seller: Price, spread: i64) -> Option<Price> {
    let theta = i64::from(parameters.price_mode.theta().get());
    let share = spread.checked_mul(theta)?.div_euclid(1_000_000);
    seller.plus(Price::new(share).ok()?).ok()
}

/// λ_D·Dα + λ_I·Iα + λ_Q·Q + λ_S·S + λ_C·T. Until settlements and credit exist, everybody's S and T are the whole.
fn score(parameters: &Parameters, closeness: u64, gap: i64, offer: &Order) -> Option<u64> {
    let weights = parameters.weights;
    let nearness = coefficient(
        u64::try_from(parameters.spread_reference.get()).ok()?,
        u64::try_from(gap).ok()?,
    )?;
    let whole = u64::from(Ppm::ONE.get());
    [
        (weights.distance, closeness),
        (weights.price, nearness),
        (weights.cleanliness, u64::from(offer.source.cleanliness().get())),
        (weights.stability, whole),
        (weights.credit, whole),
    ]
    .into_iter()
    .try_fold(0_u64, |sum, (weight, ppm)| {
        sum.checked_add(u64::from(weight).checked_mul(ppm)?)
    })
}

/// ⌊10⁶ · reference / (value + reference)⌋: falls as the value grows.
fn coefficient(reference: u64, value: u64) -> Option<u64> {
    reference
        .checked_mul(1_000_000)?
        .checked_div(value.checked_add(reference)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_holds_24_bytes() {
        assert_eq!(size_of::<Pair>(), 24);
    }
}
