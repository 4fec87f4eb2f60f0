//! Which bid may buy from which offer, and at what score.

use std::cmp::Reverse;

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
}

impl<'a> Rules<'a> {
    fn point(&self, id: &PointId) -> Option<&'a Point> {
        self.points.iter().find(|point| point.point == *id)
    }
}

/// SHA-256(slot ‖ id): the slot as eight bytes, big-endian, then the id's text. Luck rotates by slot and nobody can grind it.
pub fn tie_hash(slot: Slot, participant: &ParticipantId) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(slot.get().to_be_bytes());
    hash.update(participant.to_string());
    hash.finalize().into()
}

/// A feasible pair of a bid and an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Place of the bid in the book.
    pub bid: usize,
    /// Place of the offer in the book.
    pub offer: usize,
    /// The weighted score; higher is earlier.
    pub score: u64,
    /// p, by the price mode.
    pub price: Price,
    /// τ.
    pub tariff: Price,
    rank: Rank,
}

type Rank = (Reverse<u64>, [u8; 32], [u8; 32], OrderId, OrderId);

/// All feasible pairs of a book, best rank first. The result does not depend on the order of submission.
pub fn feasible_pairs(book: &[Order], rules: &Rules<'_>) -> Vec<Pair> {
    let reference = rules.distances.reference();
    let side = |wanted: Side| {
        let hashed = |(place, order)| Entrant {
            place,
            order,
            tie: tie_hash(rules.slot, &order.participant),
        };
        book.iter()
            .enumerate()
            .filter(move |(_, order)| order.side == wanted)
            .map(hashed)
            .collect::<Vec<_>>()
    };
    let offers = side(Side::Seller);
    let mut pairs = Vec::new();
    for bid in side(Side::Buyer) {
        pairs.extend(offers.iter().filter_map(|offer| pair(&bid, offer, rules, reference)));
    }
    pairs.sort_by(|one: &Pair, other| one.rank.cmp(&other.rank));
    pairs
}

struct Entrant<'a> {
    place: usize,
    order: &'a Order,
    tie: [u8; 32],
}

fn pair(bid: &Entrant<'_>, offer: &Entrant<'_>, rules: &Rules<'_>, reference: Distance) -> Option<Pair> {
    if bid.order.participant == offer.order.participant {
        return None;
    }
    let distance = rules.distances.between(&offer.order.point, &bid.order.point)?;
    if distance > rules.parameters.reach_mohm {
        return None;
    }
    let (buyer_at, seller_at) = (rules.point(&bid.order.point)?, rules.point(&offer.order.point)?);
    let tariff = rules
        .parameters
        .tariff
        .between(distance, buyer_at.standing(), seller_at.standing())?;
    let gap = bid.order.price.get().checked_sub(offer.order.price.get())?;
    let spread = gap.checked_sub(tariff.get())?;
    if spread < 0 {
        return None;
    }
    let score = score(rules.parameters, distance, reference, gap, offer.order)?;
    let ids = (offer.order.order.clone(), bid.order.order.clone());
    Some(Pair {
        bid: bid.place,
        offer: offer.place,
        score,
        price: contract_price(rules.parameters, offer.order.price, spread)?,
        tariff,
        rank: (Reverse(score), offer.tie, bid.tie, ids.0, ids.1),
    })
}

/// p = P_S + ⌊θ · s / 10⁶⌋.
fn contract_price(parameters: &Parameters, seller: Price, spread: i64) -> Option<Price> {
    let theta = i64::from(parameters.price_mode.theta().get());
    let share = spread.checked_mul(theta)?.div_euclid(1_000_000);
    seller.plus(Price::new(share).ok()?).ok()
}

/// λ_D·Dα + λ_I·Iα + λ_Q·Q + λ_S·S + λ_C·T. Until settlements and credit exist, everybody's S and T are the whole.
fn score(parameters: &Parameters, distance: Distance, reference: Distance, gap: i64, offer: &Order) -> Option<u64> {
    let weights = parameters.weights;
    let reference = u64::from(reference.get());
    let closeness = coefficient(reference, u64::from(distance.get()))?;
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
