//! Time-of-use prices: R by customer class and period, F by energy type and period.

use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, Period};
use crate::parameters::Prices;
use crate::participant::{CustomerClass, Source};
use crate::slot::Slot;
use crate::units::Price;

/// Rates that one side of a schedule may have.
pub const RATES_LIMIT: usize = 128;
/// Slots over which grid-charged storage may have been charged: a day of 24 hours.
pub const CHARGING_SLOTS: u64 = 96;

/// A price for a class or type, in one period or in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate<K> {
    /// Customer class or energy type.
    pub of: K,
    /// Absent for a price of every period that has none of its own.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// µyuan/kWh.
    pub price: Price,
}

fn none() -> Option<Period> {
    None
}

/// A version of the selling company's schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// R, by customer class.
    pub retail: Vec<Rate<CustomerClass>>,
    /// F, by energy type.
    pub feed_in: Vec<Rate<Source>>,
    /// Where no rate says anything.
    pub otherwise: Prices,
    /// F ≥ R in some period invites to buy and feed in at once, so it needs this explicit word.
    pub allow_feed_in_above_retail: bool,
}

/// Why a schedule cannot come into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Size.
    #[error("a schedule has at most {RATES_LIMIT} rates on each side")]
    Size,
    /// A rate twice.
    #[error("two rates stand for the same class or type in the same period")]
    Twice,
    /// F ≥ R.
    #[error(
        "a feed-in price reaches a retail price of the same period; set allow_feed_in_above_retail if that is meant"
    )]
    FeedInAboveRetail,
}

impl Schedule {
    /// Checks the rates against each other.
    ///
    /// # Errors
    /// [`ScheduleError`] names the first rule that does not hold.
    pub fn validate(&self) -> Result<(), ScheduleError> {
        if self.retail.len() > RATES_LIMIT || self.feed_in.len() > RATES_LIMIT {
            return Err(ScheduleError::Size);
        }
        if !distinct(&self.retail) || !distinct(&self.feed_in) {
            return Err(ScheduleError::Twice);
        }
        let periods = Period::ALL.into_iter().map(Some).chain([None]);
        let inverted = |period| self.highest_feed_in(period) >= self.lowest_retail(period);
        if !self.allow_feed_in_above_retail && periods.into_iter().any(inverted) {
            return Err(ScheduleError::FeedInAboveRetail);
        }
        Ok(())
    }

    /// R of a class in a period; no period where the calendar says nothing.
    pub fn retail(&self, class: CustomerClass, period: Option<Period>) -> Price {
        lookup(&self.retail, class, period).unwrap_or(self.otherwise.retail)
    }

    /// F of an energy type in a period.
    pub fn feed_in(&self, source: Source, period: Option<Period>) -> Price {
        lookup(&self.feed_in, source, period).unwrap_or(self.otherwise.feed_in)
    }

    fn lowest_retail(&self, period: Option<Period>) -> Price {
        let classes = CustomerClass::ALL.into_iter().map(|class| self.retail(class, period));
        classes.min().unwrap_or(self.otherwise.retail)
    }

    fn highest_feed_in(&self, period: Option<Period>) -> Price {
        let sources = Source::ALL.into_iter().map(|source| self.feed_in(source, period));
        sources.max().unwrap_or(self.otherwise.feed_in)
    }
}

fn distinct<K: PartialEq>(rates: &[Rate<K>]) -> bool {
    let same = |one: &Rate<K>, other: &Rate<K>| one.of == other.of && one.period == other.period;
    let mut rest = rates;
    while let Some((first, others)) = rest.split_first() {
        if others.iter().any(|other| same(first, other)) {
            return false;
        }
        rest = others;
    }
    true
}

/// The rate of this very period, else the one of every period.
fn lookup<K: Copy + PartialEq>(rates: &[Rate<K>], of: K, period: Option<Period>) -> Option<Price> {
    let at = |period: Option<Period>| rates.iter().find(|rate| rate.of == of && rate.period == period);
    at(period).or_else(|| at(None)).map(|rate| rate.price)
}

/// What the grid's two prices are, slot by slot: by a schedule and a calendar, or the same for everybody at all times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceBook {
    /// Where there is no schedule.
    pub flat: Prices,
    /// Prices by class, type and period.
    pub schedule: Option<Schedule>,
    /// Periods of slots.
    pub calendar: Option<Calendar>,
}

impl PriceBook {
    /// R of a customer class and F of an energy type in a slot.
    ///
    /// Where F ≥ R is allowed, a store could buy cheaply and feed in dearly: its F is at most the lowest R of the last
    /// [`CHARGING_SLOTS`] slots, this one included.
    pub fn prices(&self, class: CustomerClass, source: Source, slot: Slot) -> Prices {
        let Some(schedule) = &self.schedule else {
            return self.flat_prices(source);
        };
        let period = self.period(slot);
        let feed_in = schedule.feed_in(source, period);
        let charged_by_grid = source == Source::Storage && schedule.allow_feed_in_above_retail;
        Prices {
            retail: schedule.retail(class, period),
            feed_in: if charged_by_grid {
                feed_in.min(self.cheapest_charge(schedule, class, slot))
            } else {
                feed_in
            },
        }
    }

    /// The highest R that any customer class pays in a slot: what a seller's shortfall may cost its buyer at most.
    pub fn highest_retail(&self, slot: Slot) -> Price {
        let Some(schedule) = &self.schedule else {
            return self.flat.retail;
        };
        let classes = CustomerClass::ALL
            .into_iter()
            .map(|class| schedule.retail(class, self.period(slot)));
        classes.max().unwrap_or(schedule.otherwise.retail)
    }

    /// True where everybody has the same prices, whatever the class and the energy type.
    pub fn is_the_same_for_all(&self) -> bool {
        self.schedule.is_none() && self.flat.feed_in <= self.flat.retail
    }

    fn flat_prices(&self, source: Source) -> Prices {
        let Prices { retail, feed_in } = self.flat;
        match source {
            Source::Storage => Prices {
                retail,
                feed_in: feed_in.min(retail),
            },
            _ => self.flat,
        }
    }

    fn period(&self, slot: Slot) -> Option<Period> {
        self.calendar.as_ref().and_then(|calendar| calendar.period(slot))
    }

    fn cheapest_charge(&self, schedule: &Schedule, class: CustomerClass, slot: Slot) -> Price {
        let first = slot.get().saturating_sub(CHARGING_SLOTS.saturating_sub(1));
        let past = (first..=slot.get()).filter_map(|slot| Slot::new(slot).ok());
        let prices = past.map(|slot| schedule.retail(class, self.period(slot)));
        prices.min().unwrap_or(schedule.otherwise.retail)
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
