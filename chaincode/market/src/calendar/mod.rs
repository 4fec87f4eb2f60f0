//! The grid company's calendar: which slots a local day has, and which tariff period each slot falls into.
//!
//! A local day has 96 quarters of an hour, 92 when clocks go forward and 100 when they go back. The calendar says it in full, so that
//! no table of time zones is needed on the ledger.

mod date;

use serde::{Deserialize, Serialize};

pub use self::date::{BadDate, Date};
use crate::slot::Slot;

/// Days that one calendar may hold: two years.
pub const DAYS_LIMIT: usize = 732;
/// Patterns of a day that one calendar may hold.
pub const PATTERNS_LIMIT: usize = 64;
/// Slots that a local day may have: a day of 23, 24 or 25 hours.
const DAY_SLOTS: [u64; 3] = [92, 96, 100];

/// A period of the day with a price of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The dearest hours of a season.
    Sharp,
    /// Dear.
    Peak,
    /// Ordinary.
    Flat,
    /// Cheap.
    Valley,
    /// The cheapest hours of a season.
    DeepValley,
}

impl Period {
    /// Every period.
    pub const ALL: [Self; 5] = [Self::Sharp, Self::Peak, Self::Flat, Self::Valley, Self::DeepValley];
}

/// So many slots in one period, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Which period.
    pub period: Period,
    /// How many slots.
    pub slots: u8,
}

/// A local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// Its date.
    pub date: Date,
    /// Its first slot.
    pub first: Slot,
    /// Place of its pattern.
    pub pattern: u8,
}

/// A version of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Courses of a day: the runs of its periods from its first slot to its last. Their slots are the day's.
    pub patterns: Vec<Vec<Run>>,
    /// Days without a gap, the earliest first.
    pub days: Vec<Day>,
}

/// A day's slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaySlots {
    /// Its date.
    pub date: Date,
    /// Its first slot.
    pub first: Slot,
    /// How many it has: 92, 96 or 100.
    pub count: u64,
}

/// Why a calendar cannot come into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Size.
    #[error("a calendar has 1 to {DAYS_LIMIT} days and 1 to {PATTERNS_LIMIT} patterns")]
    Size,
    /// A pattern's slots.
    #[error("pattern {0} has not 92, 96 or 100 slots")]
    Pattern(usize),
    /// A day's pattern.
    #[error("{0} names a pattern that is not there")]
    UnknownPattern(Date),
    /// A gap.
    #[error("{0} does not follow the day before it: date and first slot go on without a gap")]
    Gap(Date),
}

impl Calendar {
    /// Checks patterns and days.
    ///
    /// # Errors
    /// [`CalendarError`] names the first pattern or day that is wrong.
    pub fn validate(&self) -> Result<(), CalendarError> {
        let sized = (1..=DAYS_LIMIT).contains(&self.days.len()) && (1..=PATTERNS_LIMIT).contains(&self.patterns.len());
        if !sized {
            return Err(CalendarError::Size);
        }
        for (place, pattern) in self.patterns.iter().enumerate() {
            if !DAY_SLOTS.contains(&length(pattern)) {
                return Err(CalendarError::Pattern(place));
            }
        }
        for day in &self.days {
            self.pattern(day).ok_or(CalendarError::UnknownPattern(day.date))?;
        }
        for (day, next) in self.days.iter().zip(self.days.iter().skip(1)) {
            let end = self.slots(day).first.get().checked_add(self.slots(day).count);
            if next.date != day.date.next() || Some(next.first.get()) != end {
                return Err(CalendarError::Gap(next.date));
            }
        }
        Ok(())
    }

    /// The slots of a date; none for one that the calendar does not hold.
    pub fn day(&self, date: Date) -> Option<DaySlots> {
        let found = self.days.binary_search_by_key(&date, |day| day.date).ok()?;
        self.days.get(found).map(|day| self.slots(day))
    }

    /// The day of a slot; none for one that the calendar does not hold.
    pub fn day_of(&self, slot: Slot) -> Option<DaySlots> {
        self.holding(slot).map(|day| self.slots(day))
    }

    /// The tariff period of a slot; none for one that the calendar does not hold.
    pub fn period(&self, slot: Slot) -> Option<Period> {
        let day = self.holding(slot)?;
        let mut left = slot.get().checked_sub(day.first.get())?;
        for run in self.pattern(day)? {
            match left.checked_sub(u64::from(run.slots)) {
                None => return Some(run.period),
                Some(rest) => left = rest,
            }
        }
        None
    }

    fn holding(&self, slot: Slot) -> Option<&Day> {
        let after = self.days.partition_point(|day| day.first <= slot);
        let day = self.days.get(after.checked_sub(1)?)?;
        let place = slot.get().checked_sub(day.first.get())?;
        (place < self.slots(day).count).then_some(day)
    }

    fn pattern(&self, day: &Day) -> Option<&[Run]> {
        self.patterns.get(usize::from(day.pattern)).map(Vec::as_slice)
    }

    fn slots(&self, day: &Day) -> DaySlots {
        DaySlots {
            date: day.date,
            first: day.first,
            count: self.pattern(day).map_or(0, length),
        }
    }
}

fn length(pattern: &[Run]) -> u64 {
    pattern
        .iter()
        .fold(0, |sum: u64, run| sum.saturating_add(u64::from(run.slots)))
}

#[cfg(test)]
mod tests;
