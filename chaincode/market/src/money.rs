//! Money, exact to the nyuan.

use std::fmt;
use std::str::FromStr;

use serde::de;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::units::UnitError;

/// Money in nyuan (10⁻⁹ yuan), a decimal string in JSON because JSON readers lose large integers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// Nyuan in one yuan.
    pub const PER_YUAN: i128 = 1_000_000_000;

    /// So many nyuan.
    pub const fn nyuan(value: i128) -> Self {
        Self(value)
    }

    /// The bare number of nyuan.
    pub const fn get(self) -> i128 {
        self.0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] beyond i128.
    pub fn plus(self, other: Self) -> Result<Self, UnitError> {
        self.0
            .checked_add(other.0)
            .map(Self)
            .ok_or(UnitError::Overflow("sum of money"))
    }

    /// The difference.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] beyond i128.
    pub fn minus(self, other: Self) -> Result<Self, UnitError> {
        self.0
            .checked_sub(other.0)
            .map(Self)
            .ok_or(UnitError::Overflow("difference of money"))
    }

    /// The same amount the other way.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] for the one value without an opposite.
    pub fn negated(self) -> Result<Self, UnitError> {
        Self::ZERO.minus(self)
    }

    /// Writes yuan with as many of the nine decimals as are needed: `125.14`.
    pub fn to_yuan(self) -> String {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let unit = Self::PER_YUAN.unsigned_abs();
        let (whole, part) = (magnitude.div_euclid(unit), magnitude.rem_euclid(unit));
        if part == 0 {
            return format!("{sign}{whole}");
        }
        let part = format!("{part:09}");
        format!("{sign}{whole}.{}", part.trim_end_matches('0'))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Money {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let canonical = !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'))
            && text != "-0";
        if !canonical {
            return Err(UnitError::NotAnInteger("money in nyuan"));
        }
        text.parse()
            .map(Self)
            .map_err(|_| UnitError::OutOfRange("money in nyuan", i128::MAX))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn money_survives_its_text(value in any::<i128>()) {
            prop_assert_eq!(Money::nyuan(value).to_string().parse::<Money>(), Ok(Money::nyuan(value)));
        }
    }
}
