//! Which bid may buy from which offer, at what score and at what price.

use sha2::{Digest as _, Sha256};

use crate::grid::{Distances, Point};
use crate::id::{ParticipantId, PointId};
use crate::parameters::Parameters;
use crate::participant::Source;
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
    /// Orders that are matched at most. A larger book has no fills at all: everything goes to planning.
    pub book_limit: usize,
}

/// SHA-256(slot ‖ id): the slot as eight bytes, big-endian, then the id's text. Luck rotates by slot and nobody can grind it.
pub fn tie_hash(slot: Slot, participant: &ParticipantId) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(slot.get().to_be_bytes());
    hash.update(participant.to_string());
    hash.finalize().into()
}

/// What lies between a buyer's point and a seller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// τ, µyuan/kWh.
    pub(crate) tariff: Price,
    /// Dα of their distance, ppm.
    pub(crate) closeness: u64,
}

impl<'a> Rules<'a> {
    pub(crate) fn point(&self, id: &PointId) -> Option<&'a Point> {
        self.points.iter().find(|point| point.point == *id)
    }

    /// The link between two points; none where they may not trade. `reference` is D_ref of the distances.
    pub(crate) fn link(&self, buyer: &Point, seller: &Point, reference: Distance) -> Option<Link> {
        let distance = self.distances.between(&seller.point, &buyer.point)?;
        if distance > self.parameters.reach_mohm {
            return None;
        }
        let tariff = &self.parameters.tariff;
        Some(Link {
            tariff: tariff.between(distance, buyer.standing(), seller.standing())?,
            closeness: coefficient(u64::from(reference.get()), u64::from(distance.get()))?,
        })
    }
}

/// The score over one link as a function of the gap P_N − P_S: `base + weight · Iα(gap)`, falling as the gap grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Score {
    base: u64,
    weight: u64,
    reference: u64,
}

impl Score {
    /// λ_D·Dα + λ_Q·Q + λ_S·S + λ_C·T, and λ_I. Until settlements and credit exist, everybody's S and T are the whole. The seller's
    /// source may be left out where λ_Q is zero.
    pub(crate) fn over(link: Link, source: Option<Source>, parameters: &Parameters) -> Option<Self> {
        let weights = parameters.weights;
        let whole = u64::from(Ppm::ONE.get());
        let parts = [
            (weights.distance, link.closeness),
            (
                weights.cleanliness,
                source.map_or(0, |source| u64::from(source.cleanliness().get())),
            ),
            (weights.stability, whole),
            (weights.credit, whole),
        ];
        let base = parts.into_iter().try_fold(0_u64, |sum, (weight, ppm)| {
            sum.checked_add(u64::from(weight).checked_mul(ppm)?)
        })?;
        Some(Self {
            base,
            weight: u64::from(weights.price),
            reference: u64::try_from(parameters.spread_reference.get()).ok()?,
        })
    }

    /// The score of a gap; none for a gap below zero.
    pub(crate) fn of(self, gap: i64) -> Option<u64> {
        let nearness = coefficient(self.reference, u64::try_from(gap).ok()?)?;
        self.base.checked_add(self.weight.checked_mul(nearness)?)
    }

    /// The widest gap whose score is at least this; none where no gap reaches it.
    pub(crate) fn widest(self, least: u64) -> Option<i64> {
        let wanted = least.saturating_sub(self.base);
        if wanted == 0 {
            return Some(i64::MAX);
        }
        let nearness = wanted
            .checked_add(self.weight.saturating_sub(1))?
            .checked_div(self.weight)?;
        let sum = self.reference.checked_mul(1_000_000)?.checked_div(nearness)?;
        i64::try_from(sum.checked_sub(self.reference)?).ok()
    }
}

/// p = P_S + ⌊θ · s / 10⁶⌋ with s = P_N − τ − P_S.
pub(crate) fn contract_price(parameters: &Parameters, bid: Price, offer: Price, tariff: Price) -> Option<Price> {
    let spread = bid.get().checked_sub(offer.get())?.checked_sub(tariff.get())?;
    let theta = i64::from(parameters.price_mode.theta().get());
    let share = spread.checked_mul(theta)?.div_euclid(1_000_000);
    offer.plus(Price::new(share).ok()?).ok()
}

/// ⌊10⁶ · reference / (value + reference)⌋: falls as the value grows.
fn coefficient(reference: u64, value: u64) -> Option<u64> {
    reference
        .checked_mul(1_000_000)?
        .checked_div(value.checked_add(reference)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_widest_gap_reaches_a_score_and_the_next_does_not(
            base in 0..100_000_000_u64,
            weight in 0..=100_u64,
            reference in 1..1_000_000_u64,
            gap in 0..2_000_000_000_i64,
            more in 0..3_u64,
        ) {
            let score = Score { base, weight, reference };
            let least = score.of(gap).unwrap().saturating_add(more);
            match score.widest(least) {
                None => prop_assert!(score.of(0).unwrap() < least),
                Some(i64::MAX) => prop_assert!(least <= base),
                Some(widest) => {
                    prop_assert!(score.of(widest).unwrap() >= least);
                    prop_assert!(score.of(widest + 1).unwrap() < least);
                }
            }
        }
    }
}
