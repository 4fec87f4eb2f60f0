//! What governance may set of a clearing beyond the first release's rules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::PointId;
use crate::units::Power;

/// Rules of clearing; what is left out is as in the first release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClearingRules {
    /// Supply areas with what is generated and used in them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub areas: BTreeMap<PointId, SupplyArea>,
    /// Who may trade under the pilot rule; none for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pilot: Option<PilotRule>,
}

/// A supply area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplyArea {
    /// Distributed generation installed in it.
    pub installed_w: Power,
    /// Last year's average load.
    pub average_w: Power,
}

impl SupplyArea {
    /// Its generation exceeds its load: a sale from it uses the grid of the next level up.
    pub fn is_saturated(self) -> bool {
        self.installed_w >= self.average_w
    }
}

/// The pilot rule (发改能源〔2017〕1901号): plants up to 20 MW at 35 kV or below, and up to 50 MW at 110 kV or below whose energy is consumed
/// within their level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PilotRule {
    /// Nominal voltage of each level, V, from the lowest upward.
    pub volts: Vec<u32>,
}

/// How far a seller may sell under the pilot rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Not at all.
    None,
    /// Within its supply area, up to its own level.
    WithinLevel,
    /// To everybody.
    Everywhere,
}

const SMALL_W: u64 = 20_000_000;
const SMALL_V: u32 = 35_000;
const LARGE_W: u64 = 50_000_000;
const LARGE_V: u32 = 110_000;

impl PilotRule {
    /// Levels have rising voltages.
    pub fn is_well_formed(&self) -> bool {
        let rising = self
            .volts
            .iter()
            .zip(self.volts.iter().skip(1))
            .all(|(low, high)| low < high);
        !self.volts.is_empty() && rising
    }

    /// How far a plant of this capacity at this level may sell; a level without a voltage may not.
    pub fn reach(&self, capacity: Power, level: u8) -> Reach {
        match self.volts.get(usize::from(level)) {
            Some(volts) if *volts <= SMALL_V && capacity.get() <= SMALL_W => Reach::Everywhere,
            Some(volts) if *volts <= LARGE_V && capacity.get() <= LARGE_W => Reach::WithinLevel,
            _ => Reach::None,
        }
    }
}

impl ClearingRules {
    /// True where the area's installed W reach last year's average W; an area that is not listed does not.
    pub fn is_saturated(&self, area: &PointId) -> bool {
        self.areas.get(area).is_some_and(|area| area.is_saturated())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pilot_rule_looks_at_voltage_and_capacity() {
        let rule = PilotRule {
            volts: vec![10_000, 35_000, 110_000, 220_000],
        };
        assert!(rule.is_well_formed());
        let reach = |megawatt: u64, level| rule.reach(Power::new(megawatt * 1_000_000).unwrap(), level);
        assert_eq!([reach(20, 0), reach(20, 1)], [Reach::Everywhere; 2]);
        assert_eq!([reach(21, 1), reach(5, 2), reach(50, 2)], [Reach::WithinLevel; 3]);
        assert_eq!([reach(51, 1), reach(1, 3), reach(1, 4)], [Reach::None; 3]);
    }

    #[test]
    fn an_area_is_saturated_from_equality_on() {
        let area = |installed, average| SupplyArea {
            installed_w: Power::new(installed).unwrap(),
            average_w: Power::new(average).unwrap(),
        };
        assert!(!area(9, 10).is_saturated());
        assert!(area(10, 10).is_saturated());
    }
}
