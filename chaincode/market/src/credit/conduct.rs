//! One update per side and slot, which a correction replaces, and what one counterparty may move in a month.

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

/// What one side of a slot has moved of a participant's credit. What is settled or corrected later replaces it: the score ends as if the
/// side had been counted right, with everything else as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// The credit when the side was first counted.
    base: Points,
    /// What it has moved since then, thousandths of a point.
    moved: i32,
    /// By counterparty.
    parties: BTreeMap<ParticipantId, Share>,
}

/// What one counterparty has to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Share {
    /// q, Wh.
    energy_wh: Energy,
    /// What the participant alone could not give or take, Wh.
    short_wh: Energy,
    /// Weight that it moved.
    weight: u32,
}

/// What is new of a side: contracts as they are booked now, and as they were booked before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Booked.
    pub kept: Vec<Kept>,
    /// Taken back.
    pub taken_back: Vec<Kept>,
}

impl Counted {
    /// A side of which nothing is counted yet.
    pub const fn at(base: Points) -> Self {
        Self {
            base,
            moved: 0,
            parties: BTreeMap::new(),
        }
    }

    /// The score after what is new of the side: quantity and shortfall summed over its contracts, one update in all.
    ///
    /// The update's weight is shared among the counterparties by energy, largest remainder first, and what is added to a share is cut to
    /// what its counterparty may still move this month.
    #[must_use]
    pub fn recount(&mut self, score: Points, news: &News, band: Ppm, month: &mut MonthWeights) -> Points {
        self.take_in(news);
        let (contracted, short) = self.totals();
        let wishes = shares(&self.parties, contracted);
        let mut weight = 0_u32;
        for (who, share) in &mut self.parties {
            let wish = wishes.get(who).copied().unwrap_or(0);
            let more = wish.saturating_sub(share.weight);
            let granted = if more > 0 { month.take(who, more) } else { 0 };
            share.weight = wish.min(share.weight.saturating_add(granted));
            weight = weight.saturating_add(share.weight);
        }
        self.parties.retain(|_, share| !share.energy_wh.is_zero());
        let moved = self
            .base
            .distance_to(self.base.towards(performance(contracted, short, band), weight));
        let change = moved.saturating_sub(self.moved);
        self.moved = moved;
        score.moved_by(change)
    }

    /// Whether the side kept within the band; none where it agreed on too little to count.
    pub fn is_within(&self, band: Ppm) -> Option<bool> {
        let (contracted, short) = self.totals();
        (contracted >= LEAST_WH).then(|| shortfall(contracted, short) <= u128::from(band.get()))
    }

    fn take_in(&mut self, news: &News) {
        let none = Share {
            energy_wh: Energy::ZERO,
            short_wh: Energy::ZERO,
            weight: 0,
        };
        for kept in &news.kept {
            let share = self.parties.entry(kept.counterparty.clone()).or_insert(none);
            share.energy_wh = share.energy_wh.capped(kept.energy_wh);
            share.short_wh = share.short_wh.capped(kept.short_wh);
        }
        for back in &news.taken_back {
            let share = self.parties.entry(back.counterparty.clone()).or_insert(none);
            share.energy_wh = share.energy_wh.less(back.energy_wh);
            share.short_wh = share.short_wh.less(back.short_wh);
        }
    }

    fn totals(&self) -> (u128, u128) {
        let total = |part: fn(&Share) -> Energy| {
            let parts = self.parties.values().map(part);
            parts.fold(0_u128, |sum, energy| sum.saturating_add(u128::from(energy.get())))
        };
        (total(|share| share.energy_wh), total(|share| share.short_wh))
    }
}

/// The weight of an update, by counterparty; none where too little was agreed on.
fn shares(parties: &BTreeMap<ParticipantId, Share>, contracted: u128) -> BTreeMap<ParticipantId, u32> {
    if contracted < LEAST_WH {
        return BTreeMap::new();
    }
    let weight = u64::try_from(contracted.div_euclid(WH_PER_WEIGHT))
        .unwrap_or(UPDATE_WEIGHT)
        .saturating_add(1)
        .min(UPDATE_WEIGHT);
    let part = |energy: Energy| {
        let product = u128::from(energy.get()).saturating_mul(u128::from(weight));
        let whole = product.checked_div(contracted).unwrap_or(0);
        let rest = product.checked_rem(contracted).unwrap_or(0);
        (u32::try_from(whole).unwrap_or(0), rest)
    };
    let mut parts: Vec<(&ParticipantId, u32, u128)> = parties
        .iter()
        .map(|(who, share)| (who, part(share.energy_wh)))
        .map(|(who, (whole, rest))| (who, whole, rest))
        .collect();
    let given: u64 = parts.iter().map(|(_, whole, _)| u64::from(*whole)).sum();
    parts.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(b.0)));
    let left = usize::try_from(weight.saturating_sub(given)).unwrap_or(0);
    let more = |(place, (who, whole, _)): (usize, (&ParticipantId, u32, _))| {
        (who.clone(), whole.saturating_add(u32::from(place < left)))
    };
    parts.into_iter().enumerate().map(more).collect()
}

/// One million within the band, falling to zero at a shortfall of one half.
fn performance(contracted: u128, short: u128, band: Ppm) -> u32 {
    let delta = shortfall(contracted, short);
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

/// δ, ppm.
fn shortfall(contracted: u128, short: u128) -> u128 {
    short.saturating_mul(1_000_000).checked_div(contracted).unwrap_or(0)
}
