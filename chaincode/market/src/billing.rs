//! Local days and months by which accounts are folded and statements closed, and how long an answer may take.

use std::fmt;
use std::str::FromStr;

use serde::de;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::calendar::Date;
use crate::slot::Slot;
use crate::units::unit;

/// Slots in a day for which no calendar says another number.
pub const DAY_SLOTS: u64 = 96;
unit!(
    /// A billing day: local days since 1970-01-01.
    BillingDay, u32, "billing day", 0, 2_932_896
);

/// A calendar month, written `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: u32,
    month: u32,
}

/// A text that names no month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a month is YYYY-MM, from 1970-01 to 9999-11")]
pub struct BadMonth;

/// When billing days begin, and how long an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Billing {
    /// Slots by which the local day begins before the UTC day where no calendar is governed: 32 in China. Such days have 96 slots.
    pub day_offset: u8,
    /// Days after which a statement's line that nobody disputed counts as accepted.
    pub silence_days: u16,
    /// Days after which an unpaid statement is a payment default.
    pub default_days: u16,
}

impl Default for Billing {
    /// China's local time, 10 and 15 days.
    fn default() -> Self {
        Self {
            day_offset: 32,
            silence_days: 10,
            default_days: 15,
        }
    }
}

impl Billing {
    /// True where a day's offset is less than a day and an answer comes before a default.
    pub fn is_well_formed(&self) -> bool {
        u64::from(self.day_offset) < DAY_SLOTS && self.silence_days <= self.default_days
    }

    /// The day of a slot; the last one for a slot beyond all days.
    pub fn day_of(&self, slot: Slot) -> BillingDay {
        let day = slot
            .get()
            .saturating_add(u64::from(self.day_offset))
            .div_euclid(DAY_SLOTS);
        u32::try_from(day)
            .ok()
            .and_then(|day| BillingDay::new(day).ok())
            .unwrap_or(BillingDay::MOST)
    }

    /// A day's first slot and the first slot after it.
    pub fn slots_of(&self, day: BillingDay) -> (Slot, Slot) {
        let bound = |day: u64| {
            let slot = day.saturating_mul(DAY_SLOTS).saturating_sub(u64::from(self.day_offset));
            Slot::new(slot).unwrap_or(Slot::MOST)
        };
        let day = u64::from(day.get());
        (bound(day), bound(day.saturating_add(1)))
    }
}

impl Month {
    /// A month of a year.
    ///
    /// # Errors
    /// [`BadMonth`] outside 1970-01 … 9999-11.
    pub fn new(year: u32, month: u32) -> Result<Self, BadMonth> {
        let known = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (year, month) < (9999, 12);
        known.then_some(Self { year, month }).ok_or(BadMonth)
    }

    /// The month of a day.
    pub fn of(day: BillingDay) -> Self {
        let (year, month, _) = Date::of_days(day.get()).map_or((9999, 11, 30), Date::parts);
        Self { year, month }
    }

    /// The first day.
    pub fn first_day(self) -> BillingDay {
        let first = Date::new(self.year, self.month, 1).ok();
        let day = first.and_then(|date| BillingDay::new(date.days()).ok());
        day.unwrap_or(BillingDay::MOST)
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        if self.month == 12 {
            return Self {
                year: self.year.saturating_add(1),
                month: 1,
            };
        }
        Self {
            year: self.year,
            month: self.month.saturating_add(1),
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = BadMonth;

    fn from_str(text: &str) -> Result<Self, BadMonth> {
        let (year, month) = text.split_once('-').ok_or(BadMonth)?;
        let number = |text: &str, digits: usize| {
            let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse().ok()).flatten().ok_or(BadMonth)
        };
        Self::new(number(year, 4)?, number(month, 2)?)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn months_have_their_days() {
        for (text, days) in [
            ("2026-11", 30),
            ("2026-12", 31),
            ("2028-02", 29),
            ("2100-02", 28),
            ("2000-02", 29),
        ] {
            let (first, next) = (month(text).first_day(), month(text).next().first_day());
            assert_eq!(next.get() - first.get(), days, "{text}");
        }
        assert_eq!(month("1970-01").first_day().get(), 0);
        assert_eq!(month("2026-11").first_day().get(), 20_758);
        for bad in [
            "2026", "2026-13", "2026-00", "26-11", "2026-1", "1969-12", "9999-12", "2026-011",
        ] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_local_day_begins_before_the_utc_day_in_china() {
        let billing = Billing::default();
        let midnight = Slot::new(20_758 * DAY_SLOTS - 32).unwrap();
        let before = Slot::new(midnight.get() - 1).unwrap();
        assert_eq!(Month::of(billing.day_of(midnight)), month("2026-11"));
        assert_eq!(Month::of(billing.day_of(before)), month("2026-10"));
    }

    proptest! {
        #[test]
        fn every_day_is_in_its_month(day in 0..2_932_800_u32) {
            let day = BillingDay::new(day).unwrap();
            let month = Month::of(day);
            prop_assert!(month.first_day() <= day && day < month.next().first_day());
            prop_assert_eq!(month.to_string().parse::<Month>(), Ok(month));
        }

        #[test]
        fn every_slot_is_in_its_day(slot in 0..281_000_000_u64, day_offset in 0..96_u8) {
            let billing = Billing { day_offset, ..Billing::default() };
            let slot = Slot::new(slot).unwrap();
            let (first, end) = billing.slots_of(billing.day_of(slot));
            prop_assert!(first <= slot && slot < end);
        }
    }
}
