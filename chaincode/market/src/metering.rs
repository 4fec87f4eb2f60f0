//! What a meter says about a slot.

use serde::{Deserialize, Serialize};

use crate::id::{MarketId, MeterId};
use crate::slot::Slot;
use crate::units::Energy;

/// How a value came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Measured by the meter.
    Measured,
    /// Replaced by an estimate.
    Estimated,
}

/// One meter's energy in one slot. Its field order is the order of the bytes that the meter signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The market, so that a reading cannot be replayed on another channel.
    pub market: MarketId,
    /// Which meter.
    pub meter: MeterId,
    /// Which slot.
    pub slot: Slot,
    /// Taken from the grid, Wh.
    pub consumed_wh: Energy,
    /// Fed into the grid, Wh.
    pub injected_wh: Energy,
    /// Rises with every reading of the meter for the slot.
    pub sequence: u64,
    /// Measured or estimated.
    pub quality: Quality,
    /// The sequence that this reading corrects.
    pub supersedes: Option<u64>,
}

/// What an estimate rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The final plan's net.
    Plan,
    /// The same slot seven days earlier.
    WeekBefore,
    /// Neither is known: no energy.
    Nothing,
}

/// Energy of a place in a slot, each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Net {
    /// C.
    pub consumed_wh: Energy,
    /// G.
    pub injected_wh: Energy,
}

impl Net {
    /// With so much more each way, at most the unit's bound.
    #[must_use]
    pub fn with(self, consumed: Energy, injected: Energy) -> Self {
        Self {
            consumed_wh: self.consumed_wh.capped(consumed),
            injected_wh: self.injected_wh.capped(injected),
        }
    }

    /// What remains when the smaller way is taken off the larger.
    #[must_use]
    pub fn one_sided(self) -> Self {
        Self {
            consumed_wh: self.consumed_wh.less(self.injected_wh),
            injected_wh: self.injected_wh.less(self.consumed_wh),
        }
    }
}
