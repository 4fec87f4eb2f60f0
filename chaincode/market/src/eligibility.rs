//! Which bid may buy from which offer, and at what score.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clearing::Reach;
use crate::filters::Filters;
use crate::grid::{Distances, Point, UsedRoom};
use crate::id::{ParticipantId, PointId};
use crate::merit::{Merit, Merits};
use crate::order::Order;
use crate::parameters::Parameters;
use crate::participant::Side;
use crate::slot::Slot;
use crate::units::{Distance, Power, Ppm, Price};

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
    /// Figures of those participants who do not have the defaults.
    pub merits: &'a Merits,
    /// Room that confirmed contracts of the slot's earlier auctions use.
    pub used: &'a [UsedRoom],
    /// Orders that are matched at most. A larger book has no fills at all: everything goes to planning.
    pub book_limit: usize,
}

/// Why a pair may not trade, whatever is open of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Barrier {
    /// Both orders are of one participant.
    #[error("both orders are of one participant")]
    OneParticipant,
    /// The matrix does not hold the two points, or a point is unknown.
    #[error("no distance is published between the two points")]
    NoDistance,
    /// Beyond D_max.
    #[error("the points are farther apart than direct trade is supported")]
    BeyondReach,
    /// The table has no fee for the level.
    #[error("the tariff has no fee between the two points")]
    NoTariff,
    /// The pilot rule.
    #[error("the plant is too large, or connected too high, for the pilot rule")]
    Pilot,
    /// The bid's energy types.
    #[error("the bid does not take this energy type")]
    EnergyType,
    /// One side's partners.
    #[error("one side trades with named partners only")]
    Partner,
    /// One side's distance.
    #[error("one side set a shorter distance")]
    Distance,
    /// The agreed price.
    #[error("the two sides did not agree on one price within both limits")]
    AgreedPrice,
    /// s < 0.
    #[error("the bid's price does not cover the offer's price and the network tariff")]
    Limits,
    /// Uniform mode: a limit on the wrong side of the price.
    #[error("the uniform price is beyond one side's limit")]
    UniformPrice,
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
pub struct Link {
    /// D.
    pub distance: Distance,
    /// τ, µyuan/kWh.
    pub tariff: Price,
    /// Dα of their distance, ppm.
    pub(crate) closeness: u64,
    /// In one supply area, the buyer no higher than the seller.
    within_level: bool,
}

impl<'a> Rules<'a> {
    pub(crate) fn point(&self, id: &PointId) -> Option<&'a Point> {
        self.points.iter().find(|point| point.point == *id)
    }

    /// The link between two points. `reference` is D_ref of the distances.
    pub(crate) fn link(&self, buyer: &Point, seller: &Point, reference: Distance) -> Result<Link, Barrier> {
        let distance = self.distances.between(&seller.point, &buyer.point);
        let distance = distance.ok_or(Barrier::NoDistance)?;
        if distance > self.parameters.reach_mohm {
            return Err(Barrier::BeyondReach);
        }
        let rules = self.parameters.clearing.as_ref();
        let saturated = rules.is_some_and(|rules| rules.is_saturated(&seller.area));
        let tariff = self
            .parameters
            .tariff
            .between(distance, buyer.standing(), seller.standing(), saturated);
        let closeness = coefficient(u64::from(reference.get()), u64::from(distance.get()));
        Ok(Link {
            distance,
            tariff: tariff.ok_or(Barrier::NoTariff)?,
            closeness: closeness.ok_or(Barrier::NoDistance)?,
            within_level: buyer.area == seller.area && buyer.level <= seller.level,
        })
    }

    pub(crate) fn merit(&self, participant: &ParticipantId) -> Merit {
        self.merits.get(participant).copied().unwrap_or_default()
    }

    /// How far an offer may be sold; a plant of unknown capacity counts as the largest.
    pub(crate) fn pilot_reach(&self, offer: &Order) -> Reach {
        let rule = self.parameters.clearing.as_ref().and_then(|rules| rules.pilot.as_ref());
        let Some(rule) = rule else {
            return Reach::Everywhere;
        };
        let capacity = self.merit(&offer.participant).capacity_w.unwrap_or(Power::MOST);
        self.point(&offer.point)
            .map_or(Reach::None, |point| rule.reach(capacity, point.level))
    }

    /// Whether two orders over this link meet each other's conditions and limits.
    ///
    /// # Errors
    /// The first [`Barrier`] between them.
    pub fn admit(&self, bid: &Order, offer: &Order, link: Link) -> Result<(), Barrier> {
        self.conditions(bid, offer, link)?;
        let spread = spread(bid.price, offer.price, link.tariff);
        if spread.is_none_or(|spread| spread < 0) {
            return Err(Barrier::Limits);
        }
        agree(bid, offer, link)
    }

    /// Whether two orders over this link meet each other's conditions, at whatever price.
    pub(crate) fn conditions(&self, bid: &Order, offer: &Order, link: Link) -> Result<(), Barrier> {
        if bid.participant == offer.participant {
            return Err(Barrier::OneParticipant);
        }
        match self.pilot_reach(offer) {
            Reach::Everywhere => {}
            Reach::WithinLevel if link.within_level => {}
            _ => return Err(Barrier::Pilot),
        }
        meets(bid.filters.as_ref(), offer, link)?;
        meets(offer.filters.as_ref(), bid, link)
    }
}

/// Conditions of one order, asked of the other.
fn meets(filters: Option<&Filters>, other: &Order, link: Link) -> Result<(), Barrier> {
    let Some(filters) = filters else { return Ok(()) };
    if !filters.sources.is_empty() && !filters.sources.contains(&other.source) {
        return Err(Barrier::EnergyType);
    }
    if !filters.partners.is_empty() && !filters.partners.contains(&other.participant) {
        return Err(Barrier::Partner);
    }
    if filters.max_distance_mohm.is_some_and(|most| link.distance > most) {
        return Err(Barrier::Distance);
    }
    Ok(())
}

/// Both name one price within their limits, or neither names one.
fn agree(bid: &Order, offer: &Order, link: Link) -> Result<(), Barrier> {
    let agreed = offer.agreed_price();
    let fits =
        agreed.is_none_or(|p| p >= offer.price && spread(bid.price, p, link.tariff).is_some_and(|left| left >= 0));
    if bid.agreed_price() == agreed && fits {
        return Ok(());
    }
    Err(Barrier::AgreedPrice)
}

/// s = P_N − τ − P_S.
pub(crate) fn spread(bid: Price, offer: Price, tariff: Price) -> Option<i64> {
    bid.get().checked_sub(offer.get())?.checked_sub(tariff.get())
}

/// What an order brings to the score besides distance and price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Worth {
    /// λ_Q·Q + λ_S·S of a seller.
    base: u64,
    /// Its owner's credit tier, where that counts.
    credit: u64,
}

impl Worth {
    pub(crate) fn of(order: &Order, rules: &Rules<'_>) -> Self {
        let (weights, merit) = (rules.parameters.weights, rules.merit(&order.participant));
        let times = |weight: u8, ppm: Ppm| u64::from(weight).saturating_mul(u64::from(ppm.get()));
        let seller = times(
            weights.cleanliness,
            merit.cleanliness_of(order.source, &rules.parameters.cleanliness()),
        )
        .saturating_add(times(weights.stability, merit.stability));
        Self {
            base: if order.side == Side::Seller { seller } else { 0 },
            credit: times(weights.credit, merit.credit),
        }
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
    /// λ_D·Dα + λ_Q·Q + λ_S·S + λ_C·T, and λ_I; T is the lower of the two credit tiers.
    pub(crate) fn over(link: Link, buyer: Worth, seller: Worth, parameters: &Parameters) -> Option<Self> {
        let closeness = u64::from(parameters.weights.distance).checked_mul(link.closeness)?;
        let base = closeness.checked_add(seller.base)?;
        Some(Self {
            base: base.checked_add(buyer.credit.min(seller.credit))?,
            weight: u64::from(parameters.weights.price),
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
