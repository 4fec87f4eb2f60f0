//! One update per side and slot, and what one counterparty may move in a month.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Points;
use crate::id::ParticipantId;
use crate::participant::Side;
use crate::units::{Energy, Ppm};

/// Weight that one counterparty may move in a calendar month.
pub const MONTHLY_WEIGHT: u32 = 512;
/// Weight of one update at most.
const UPDATE_WEIGHT: u64 = 64;
/// Wh below which nothing moves.
const LEAST_WH: u128 = 100;
/// Wh for one more unit of weight.
const WH_PER_WEIGHT: u128 = 10_000;

/// How a participant kept what it had agreed with one counterparty in a slot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// With whom.
    pub counterparty: ParticipantId,
    /// The participant's own side.
    pub side: Side,
    /// q, Wh.
    pub energy_wh: Energy,
    /// What the participant alone could not give or take, Wh.
    pub short_wh: Energy,
}

/// Weight spent in a calendar month, by counterparty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MonthWeights(BTreeMap<ParticipantId, u32>);

impl MonthWeights {
    /// What one counterparty has moved.
    pub fn spent(&self, counterparty: &ParticipantId) -> u32 {
        self.0.get(counterparty).copied().unwrap_or(0)
    }

    /// True for a month in which no contract has counted.
    pub fn is_idle(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes as much of the wish as the month still allows. A counterparty whose allowance is used up stays on the list.
    fn take(&mut self, counterparty: &ParticipantId, wish: u32) -> u32 {
        let spent = self.0.entry(counterparty.clone()).or_insert(0);
        let granted = wish.min(MONTHLY_WEIGHT.saturating_sub(*spent));
        *spent = spent.saturating_add(granted);
        granted
    }
}

/// Credit after one side of a slot: quantity and shortfall summed over its contracts.
///
/// The update's weight is shared among the counterparties by energy, largest remainder first, and each share is cut to what its
/// counterparty may still move this month.
#[must_use]
pub fn after_slot(before: Points, side: &[Kept], band: Ppm, month: &mut MonthWeights) -> Points {
    let total = |part: fn(&Kept) -> Energy| {
        side.iter()
            .fold(0_u128, |sum, kept| sum.saturating_add(u128::from(part(kept).get())))
    };
    let (contracted, short) = (total(|kept| kept.energy_wh), total(|kept| kept.short_wh));
    if contracted < LEAST_WH {
        return before;
    }
    let weight = shares(side, contracted)
        .into_iter()
        .map(|(counterparty, wish)| month.take(counterparty, wish))
        .fold(0, u32::saturating_add);
    before.towards(performance(contracted, short, band), weight)
}

/// The weight of an update, by counterparty.
fn shares(side: &[Kept], contracted: u128) -> BTreeMap<&ParticipantId, u32> {
    let weight = u64::try_from(contracted.div_euclid(WH_PER_WEIGHT))
        .unwrap_or(UPDATE_WEIGHT)
        .saturating_add(1)
        .min(UPDATE_WEIGHT);
    let mut energies: BTreeMap<&ParticipantId, u128> = BTreeMap::new();
    for kept in side {
        let sum = energies.entry(&kept.counterparty).or_insert(0);
        *sum = sum.saturating_add(u128::from(kept.energy_wh.get()));
    }
    let part = |energy: u128| {
        let product = energy.saturating_mul(u128::from(weight));
        let whole = product.checked_div(contracted).unwrap_or(0);
        let rest = product.checked_rem(contracted).unwrap_or(0);
        (u32::try_from(whole).unwrap_or(0), rest)
    };
    let mut parts: Vec<(&ParticipantId, u32, u128)> = energies
        .into_iter()
        .map(|(who, energy)| (who, part(energy)))
        .map(|(who, (whole, rest))| (who, whole, rest))
        .collect();
    let given: u64 = parts.iter().map(|(_, whole, _)| u64::from(*whole)).sum();
    parts.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(b.0)));
    let left = usize::try_from(weight.saturating_sub(given)).unwrap_or(0);
    let more = |(place, (who, whole, _)): (usize, (_, u32, _))| (who, whole.saturating_add(u32::from(place < left)));
    parts.into_iter().enumerate().map(more).collect()
}

/// One million within the band, falling to zero at a shortfall of one half.
fn performance(contracted: u128, short: u128, band: Ppm) -> u32 {
    let delta = short.saturating_mul(1_000_000).checked_div(contracted).unwrap_or(0);
    let band = u128::from(band.get());
    if delta <= band {
        return 1_000_000;
    }
    let beyond = delta.saturating_sub(band).saturating_mul(1_000_000);
    let lost = beyond
        .checked_div(500_000_u128.saturating_sub(band))
        .unwrap_or(1_000_000);
    u32::try_from(1_000_000_u128.saturating_sub(lost)).unwrap_or(0)
}
