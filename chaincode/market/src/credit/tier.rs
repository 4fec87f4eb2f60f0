//! Tiers: what of a credit is public.

use serde::{Deserialize, Serialize};

use super::Points;
use crate::units::Ppm;

/// A participant's tier. Everybody may know it; the number behind it is private.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Below 400 points: no direct trade.
    Barred,
    /// 400 points and more.
    Poor,
    /// 600 points and more.
    Fair,
    /// 750 points and more.
    Good,
    /// 900 points and more.
    Excellent,
}

impl Tier {
    /// Every tier, the lowest first.
    pub const ALL: [Self; 5] = [Self::Barred, Self::Poor, Self::Fair, Self::Good, Self::Excellent];

    /// The tier of a credit.
    pub fn of(points: Points) -> Self {
        match points.get() {
            900_000.. => Self::Excellent,
            750_000.. => Self::Good,
            600_000.. => Self::Fair,
            400_000.. => Self::Poor,
            _ => Self::Barred,
        }
    }

    /// T of the score: the credit with which the tier begins, ppm.
    pub fn ppm(self) -> Ppm {
        let ppm = match self {
            Self::Barred => 0,
            Self::Poor => 400_000,
            Self::Fair => 600_000,
            Self::Good => 750_000,
            Self::Excellent => 900_000,
        };
        Ppm::new(ppm).unwrap_or(Ppm::LEAST)
    }

    /// True where the tier may trade directly.
    pub fn may_trade(self) -> bool {
        self != Self::Barred
    }
}

/// What each tier holds in advance; with these rules in force, credit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditRules {
    /// Hold of 900 points and more, ppm of what an order may cost.
    pub excellent: Ppm,
    /// Hold of 750 points and more.
    pub good: Ppm,
    /// Hold of 600 points and more.
    pub fair: Ppm,
    /// Hold below.
    pub poor: Ppm,
}

impl Default for CreditRules {
    /// 0, 10, 30 and 100 %.
    fn default() -> Self {
        let ppm = |value| Ppm::new(value).unwrap_or(Ppm::ONE);
        Self {
            excellent: ppm(0),
            good: ppm(100_000),
            fair: ppm(300_000),
            poor: ppm(1_000_000),
        }
    }
}

impl CreditRules {
    /// The hold of a tier.
    pub const fn hold(&self, tier: Tier) -> Ppm {
        match tier {
            Tier::Excellent => self.excellent,
            Tier::Good => self.good,
            Tier::Fair => self.fair,
            Tier::Poor | Tier::Barred => self.poor,
        }
    }

    /// True where a better tier never holds more.
    pub fn is_ordered(&self) -> bool {
        self.excellent <= self.good && self.good <= self.fair && self.fair <= self.poor
    }
}
