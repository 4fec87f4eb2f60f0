//! Rows of plants beyond their records: meters of their own, indices, accruals of certificates of origin. A plant's account and a holding are `der_market::origin`'s own.

use std::collections::BTreeMap;

use der_market::calendar::Date;
use der_market::id::{MeterId, ParticipantId, PlantId};
use serde::{Deserialize, Serialize};

/// What a plant gave in a month, by local day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accrual {
    /// Injected, measured Wh of settled slots.
    pub days: BTreeMap<Date, u64>,
}

/// A meter that measures one plant alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlantMeter {
    /// Which meter.
    pub meter: MeterId,
}

/// The energy-consumption indices of the plants at one connection point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indices {
    /// By plant.
    pub plants: BTreeMap<PlantId, PlantIndex>,
}

/// A plant's index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlantIndex {
    /// Whose plant.
    pub owner: ParticipantId,
    /// L, at least 1.
    pub index: u32,
}

impl Indices {
    /// L of what a participant sells at the point: the highest of its plants; 1 where none is set.
    pub fn of(&self, owner: &ParticipantId) -> u32 {
        let own = self.plants.values().filter(|plant| plant.owner == *owner);
        own.map(|plant| plant.index).max().unwrap_or(1)
    }
}
