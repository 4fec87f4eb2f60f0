//! Quantities with their bounds. Products of an energy and a price are exact nyuan: money is never divided or rounded.

use std::fmt;

use serde::de::{self, Visitor};

pub use crate::money::Money;

/// Why a number is not a quantity of the market.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// A sign where none is allowed.
    #[error("negative quantity: {0} must not be below zero")]
    Negative(&'static str),
    /// A fraction, or a number written with a point or an exponent.
    #[error("not an integer: {0} must be a whole number without point or exponent")]
    NotAnInteger(&'static str),
    /// Outside the unit's bounds.
    #[error("out of range: {0} is bounded by {1}")]
    OutOfRange(&'static str, i128),
    /// An exact result does not fit.
    #[error("overflow: {0}")]
    Overflow(&'static str),
}

/// The kinds of [`UnitError`] that a reader of its text can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitErrorKind {
    /// See [`UnitError::Negative`].
    Negative,
    /// See [`UnitError::NotAnInteger`].
    NotAnInteger,
    /// See [`UnitError::OutOfRange`].
    OutOfRange,
    /// See [`UnitError::Overflow`].
    Overflow,
}

impl UnitErrorKind {
    /// Finds the kind again in a text that begins with a [`UnitError`]'s own words: serde carries errors as text only.
    pub fn of_text(text: &str) -> Option<Self> {
        [
            ("negative quantity: ", Self::Negative),
            ("not an integer: ", Self::NotAnInteger),
            ("out of range: ", Self::OutOfRange),
            ("overflow: ", Self::Overflow),
        ]
        .into_iter()
        .find_map(|(start, kind)| text.starts_with(start).then_some(kind))
    }
}

/// Reads any JSON number and says precisely what is wrong with the ones that are not bounded integers.
pub(crate) struct Bounded {
    pub(crate) unit: &'static str,
    pub(crate) least: i128,
    pub(crate) most: i128,
}

impl Bounded {
    pub(crate) fn check(&self, value: i128) -> Result<i128, UnitError> {
        if value < 0 && self.least >= 0 {
            return Err(UnitError::Negative(self.unit));
        }
        if value < self.least || value > self.most {
            return Err(UnitError::OutOfRange(self.unit, self.most));
        }
        Ok(value)
    }
}

impl Visitor<'_> for Bounded {
    type Value = i128;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a whole number ({}) between {} and {}",
            self.unit, self.least, self.most
        )
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<i128, E> {
        self.check(i128::from(value)).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<i128, E> {
        self.check(i128::from(value)).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<i128, E> {
        // JSON integers beyond 64 bits arrive here too; they are too large, not fractional.
        Err(E::custom(match value {
            v if v <= -9.3e18 && self.least >= 0 => UnitError::Negative(self.unit),
            v if v <= -9.3e18 || v >= 1.8e19 => UnitError::OutOfRange(self.unit, self.most),
            _ => UnitError::NotAnInteger(self.unit),
        }))
    }
}

/// One bounded number: type, bounds and its reader.
macro_rules! unit {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $label:literal, $least:expr, $most:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($inner);

        impl $name {
            /// The smallest value.
            pub const LEAST: Self = Self($least);
            /// The largest value.
            pub const MOST: Self = Self($most);

            /// Checks the unit's bounds.
            ///
            /// # Errors
            /// `UnitError::OutOfRange` outside them, `UnitError::Negative` below zero where zero is the least.
            pub fn new(value: $inner) -> Result<Self, $crate::units::UnitError> {
                Self::from_i128(i128::from(value))
            }

            /// The bare number.
            pub const fn get(self) -> $inner {
                self.0
            }

            pub(crate) fn bounds() -> $crate::units::Bounded {
                $crate::units::Bounded { unit: $label, least: i128::from(Self::LEAST.0), most: i128::from(Self::MOST.0) }
            }

            pub(crate) fn from_i128(value: i128) -> Result<Self, $crate::units::UnitError> {
                let bounds = Self::bounds();
                let value = bounds.check(value)?;
                <$inner>::try_from(value).map(Self).map_err(|_| $crate::units::UnitError::OutOfRange($label, bounds.most))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&self.0, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = deserializer.deserialize_any(Self::bounds())?;
                Self::from_i128(value).map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use unit;

unit!(
    /// Energy in Wh, at most 10¹².
    Energy, u64, "energy in Wh", 0, 1_000_000_000_000
);
unit!(
    /// Power or capacity in W, at most 10¹².
    Power, u64, "power in W", 0, 1_000_000_000_000
);
unit!(
    /// A price in µyuan per kWh, within ±10⁹. 0.657 yuan/kWh is 657 000.
    Price, i64, "price in uyuan/kWh", -1_000_000_000, 1_000_000_000
);
unit!(
    /// A ratio, weight, cleanliness or index in parts per million.
    Ppm, u32, "ratio in ppm", 0, 1_000_000
);
unit!(
    /// Electrical distance in mΩ, 1 … 10⁹; points that are the same are 1 apart.
    Distance, u32, "distance in milliohm", 1, 1_000_000_000
);

impl Energy {
    /// No energy.
    pub const ZERO: Self = Self(0);

    /// True when there is none.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`UnitError::OutOfRange`] beyond the unit's bound.
    pub fn plus(self, other: Self) -> Result<Self, UnitError> {
        Self::from_i128(i128::from(self.0).saturating_add(i128::from(other.0)))
    }

    /// The sum, or the unit's bound where it is larger: for totals that must not stop anything.
    pub fn capped(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0)).min(Self::MOST)
    }

    /// The difference, or zero where `other` is larger.
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// ⌊self · ratio⌋.
    pub fn share(self, ratio: Ppm) -> Self {
        let product = u128::from(self.0).saturating_mul(u128::from(ratio.0));
        u64::try_from(product.div_euclid(1_000_000)).map_or(Self::MOST, Self)
    }

    /// What this energy costs: exact.
    pub fn at(self, price: Price) -> Money {
        // Bounded by 10¹² · 10⁹, far inside i128.
        Money::nyuan(i128::from(self.0).saturating_mul(i128::from(price.0)))
    }
}

impl Power {
    /// What flows in one slot of 15 minutes at this power, floored.
    pub const fn per_slot(self) -> Energy {
        Energy(self.0.div_euclid(4))
    }
}

impl Price {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// The sum.
    ///
    /// # Errors
    /// [`UnitError::OutOfRange`] beyond the unit's bounds.
    pub fn plus(self, other: Self) -> Result<Self, UnitError> {
        Self::new(self.0.saturating_add(other.0))
    }

    /// The difference.
    ///
    /// # Errors
    /// [`UnitError::OutOfRange`] beyond the unit's bounds.
    pub fn minus(self, other: Self) -> Result<Self, UnitError> {
        Self::new(self.0.saturating_sub(other.0))
    }

    /// This price, or zero where it is negative.
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }
}

impl Ppm {
    /// The whole: one million.
    pub const ONE: Self = Self(1_000_000);
    /// One half.
    pub const HALF: Self = Self(500_000);
}

impl Distance {
    /// The distance of a point to itself.
    pub const SAME_POINT: Self = Self(1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    fn kind<T: for<'a> Deserialize<'a>>(json: &str) -> Option<UnitErrorKind> {
        serde_json::from_str::<T>(json)
            .err()
            .and_then(|e| UnitErrorKind::of_text(&e.to_string()))
    }

    #[test]
    fn a_refused_number_says_why() {
        use UnitErrorKind::{Negative, NotAnInteger, OutOfRange};
        assert_eq!(kind::<Energy>("-1"), Some(Negative));
        assert_eq!(kind::<Energy>("-99999999999999999999"), Some(Negative));
        assert_eq!(kind::<Energy>("1.5"), Some(NotAnInteger));
        assert_eq!(kind::<Energy>("1e3"), Some(NotAnInteger));
        assert_eq!(kind::<Energy>("1000000000001"), Some(OutOfRange));
        assert_eq!(kind::<Energy>("99999999999999999999"), Some(OutOfRange));
        assert_eq!(kind::<Price>("-1000000001"), Some(OutOfRange));
        assert_eq!(kind::<Distance>("0"), Some(OutOfRange));
        assert_eq!(kind::<Money>("\"1.5\""), Some(NotAnInteger));
        assert_eq!(kind::<Money>("\"-0\""), Some(NotAnInteger));
        assert_eq!(kind::<Energy>("7"), None);
        assert!(serde_json::from_str::<Money>("7").is_err(), "money is a string");
        assert!(serde_json::from_str::<Energy>("\"7\"").is_err(), "energy is a number");
    }

    /// A third of a kilowatt-hour at a third of a yuan, three hundred times: binary floats miss the sum, and no tolerance is needed here.
    #[test]
    fn trap_floats_and_tolerances() {
        let part = Energy::new(333).unwrap().at(Price::new(333_333).unwrap());
        let sum = (0..300).try_fold(Money::ZERO, |sum, _| sum.plus(part)).unwrap();
        assert_eq!(sum.get(), 300 * 333 * 333_333);
        let floats = (0..300).fold(0.0_f64, |sum, _| sum + 0.333 * 0.333_333);
        assert!(
            floats != 300.0 * 0.333 * 0.333_333,
            "the same sum in floats depends on how it is added up"
        );
        for float in ["0.1", "1.0", "1e3"] {
            assert_eq!(kind::<Energy>(float), Some(UnitErrorKind::NotAnInteger), "{float}");
            assert_eq!(kind::<Price>(float), Some(UnitErrorKind::NotAnInteger), "{float}");
        }
    }

    #[test]
    fn one_wh_at_one_uyuan_is_one_nyuan() {
        let cost = Energy::new(200_000).unwrap().at(Price::new(570_000).unwrap());
        assert_eq!(cost.get(), 114_000_000_000);
        assert_eq!(cost.to_yuan(), "114");
        assert_eq!(Money::nyuan(-4_400_000_000).to_yuan(), "-4.4");
    }

    proptest! {
        #[test]
        fn a_share_never_exceeds_the_whole(wh in 0..=1_000_000_000_000_u64, ppm in 0..=1_000_000_u32) {
            let energy = Energy::new(wh).unwrap();
            let share = energy.share(Ppm::new(ppm).unwrap());
            prop_assert_eq!(u128::from(share.get()), u128::from(wh) * u128::from(ppm) / 1_000_000);
        }
    }
}
