//! A local date, counted in days from 1970-01-01 of the proleptic Gregorian calendar and written `YYYY-MM-DD`.

use std::fmt;
use std::str::FromStr;

use serde::de;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u32 = 719_468;
/// Days of 400 years.
const ERA: u32 = 146_097;

/// A local date from 1970-01-01 to 9999-12-31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(u32);

/// A text that names no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date is YYYY-MM-DD, from 1970-01-01 on")]
pub struct BadDate;

impl Date {
    /// The day of a year, month and day of the month.
    ///
    /// # Errors
    /// [`BadDate`] where there is no such day, or it is outside 1970 … 9999.
    pub fn new(year: u32, month: u32, day: u32) -> Result<Self, BadDate> {
        let in_range = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
        let date = in_range
            .then(|| days(year, month, day))
            .flatten()
            .map(Self)
            .ok_or(BadDate)?;
        // The 31st of a month of 30 days is the next month's 1st: it reads back as another day.
        if date.parts() == (year, month, day) {
            Ok(date)
        } else {
            Err(BadDate)
        }
    }

    /// Days since 1970-01-01.
    pub const fn days(self) -> u32 {
        self.0
    }

    /// The day so many days after 1970-01-01; none beyond 9999.
    pub fn of_days(days: u32) -> Option<Self> {
        let (year, _, _) = Self(days).parts();
        (year <= 9999).then_some(Self(days))
    }

    /// The date of a day that is counted from 1970-01-01.
    pub(crate) const fn of_billing(day: crate::billing::BillingDay) -> Self {
        Self(day.get())
    }

    /// The next day.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Year, month and day of the month.
    pub fn parts(self) -> (u32, u32, u32) {
        let shifted = self.0.saturating_add(EPOCH);
        let (era, of_era) = (shifted.div_euclid(ERA), shifted.rem_euclid(ERA));
        let leap = |of_era: u32| {
            of_era
                .saturating_sub(of_era.div_euclid(1_460))
                .saturating_add(of_era.div_euclid(36_524))
                .saturating_sub(of_era.div_euclid(146_096))
        };
        let year_of_era = leap(of_era).div_euclid(365);
        let of_year = of_era.saturating_sub(before_year(year_of_era));
        let march_based = of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
        let day = of_year.saturating_sub(before_month(march_based)).saturating_add(1);
        let month = if march_based < 10 {
            march_based.saturating_add(3)
        } else {
            march_based.saturating_sub(9)
        };
        let year = year_of_era
            .saturating_add(era.saturating_mul(400))
            .saturating_add(u32::from(month <= 2));
        (year, month, day)
    }
}

/// Days before a year of an era; years begin in March, so that a leap day is a year's last.
fn before_year(year: u32) -> u32 {
    let leap_days = year.div_euclid(4).saturating_sub(year.div_euclid(100));
    year.saturating_mul(365).saturating_add(leap_days)
}

/// Days of a year before a month, March being 0.
fn before_month(month: u32) -> u32 {
    month.saturating_mul(153).saturating_add(2).div_euclid(5)
}

fn days(year: u32, month: u32, day: u32) -> Option<u32> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let march_based = if month > 2 {
        month.checked_sub(3)?
    } else {
        month.checked_add(9)?
    };
    let of_era = before_year(year.rem_euclid(400))
        .checked_add(before_month(march_based))?
        .checked_add(day.checked_sub(1)?)?;
    year.div_euclid(400)
        .checked_mul(ERA)?
        .checked_add(of_era)?
        .checked_sub(EPOCH)
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Date {
    type Err = BadDate;

    fn from_str(text: &str) -> Result<Self, BadDate> {
        let mut numbers = text.split('-').zip([4, 2, 2]).map(|(part, digits)| {
            let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
            if plain {
                part.parse().map_err(|_| BadDate)
            } else {
                Err(BadDate)
            }
        });
        let mut next = || numbers.next().unwrap_or(Err(BadDate));
        let date = Self::new(next()?, next()?, next()?)?;
        if text.len() == 10 { Ok(date) } else { Err(BadDate) }
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_through_leap_years() {
        for (text, count) in [
            ("1970-01-01", 0),
            ("1970-03-01", 59),
            ("2000-02-29", 11_016),
            ("2024-02-29", 19_782),
            ("2026-11-28", 20_785),
            ("2100-03-01", 47_541),
        ] {
            let date: Date = text.parse().unwrap();
            assert_eq!((date, date.to_string().as_str()), (Date(count), text));
        }
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let mut date = Date::new(1999, 12, 31).unwrap();
        for _ in 0..3_000 {
            let (year, month, day) = date.next().parts();
            assert_eq!(Date::new(year, month, day), Ok(date.next()));
            date = date.next();
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2026-02-29",
            "2026-04-31",
            "2026-13-01",
            "2026-1-1",
            "1969-12-31",
            "2026-01-01-01",
            "2100-02-29",
        ] {
            assert_eq!(text.parse::<Date>(), Err(BadDate), "{text}");
        }
    }
}
