//! Thousandths of a point.

use crate::units::unit;

unit!(
    /// Credit in thousandths of a point, 0 … 1 000 000.
    Points, u32, "credit in thousandths of a point", 0, 1_000_000
);

/// What a month without contracts and without debt leads back to.
const NEUTRAL: u32 = 600_000;

impl Points {
    /// What everybody starts with: 700 points.
    pub const START: Self = Self(700_000);
    /// What a payment default costs: 200 points.
    pub const DEFAULT: Self = Self(200_000);

    /// What is left after a cost.
    #[must_use]
    pub const fn less(self, cost: Self) -> Self {
        Self(self.0.saturating_sub(cost.0))
    }

    /// After a month without contracts and without debt: an eighth of the way up to 600 points, floored; nothing above them.
    #[must_use]
    pub const fn after_idle_month(self) -> Self {
        let gap = NEUTRAL.saturating_sub(self.0);
        Self(self.0.saturating_add(gap.div_euclid(8)))
    }

    /// How far it is from here to another credit.
    pub(super) fn distance_to(self, other: Self) -> i32 {
        let parts = i64::from(other.0).saturating_sub(i64::from(self.0));
        i32::try_from(parts).unwrap_or(0)
    }

    /// So much more or less, within the range.
    pub(super) fn moved_by(self, change: i32) -> Self {
        let after = i64::from(self.0).saturating_add(i64::from(change)).clamp(0, 1_000_000);
        u32::try_from(after).map_or(self, Self)
    }

    /// Moved by `weight` parts of 1 024 towards a performance, floored.
    pub(super) fn towards(self, performance: u32, weight: u32) -> Self {
        let gap = i64::from(performance).saturating_sub(i64::from(self.0));
        let moved = gap.saturating_mul(i64::from(weight)).div_euclid(1_024);
        let after = i64::from(self.0).saturating_add(moved).clamp(0, 1_000_000);
        u32::try_from(after).map_or(self, Self)
    }
}
