//! Energy that a slot moved, by the paper's branches.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::units::{Energy, UnitError};

/// The paper's three branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Branch {
    /// Direct trade.
    #[serde(rename = "DTSC")]
    Direct,
    /// Feed-in.
    #[serde(rename = "OGSC")]
    FeedIn,
    /// Grid supply.
    #[serde(rename = "PPSC")]
    GridSupply,
}

/// Energy that a slot moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Σ d.
    pub direct_wh: Energy,
    /// Σ u.
    pub grid_supply_wh: Energy,
    /// Σ v.
    pub feed_in_wh: Energy,
}

impl Volume {
    /// Both together.
    ///
    /// # Errors
    /// [`UnitError::OutOfRange`] beyond the bound of energy.
    pub fn plus(self, other: Self) -> Result<Self, UnitError> {
        Ok(Self {
            direct_wh: self.direct_wh.plus(other.direct_wh)?,
            grid_supply_wh: self.grid_supply_wh.plus(other.grid_supply_wh)?,
            feed_in_wh: self.feed_in_wh.plus(other.feed_in_wh)?,
        })
    }

    /// Both together, each branch told as the bound of energy beyond it.
    #[must_use]
    pub fn capped(self, other: Self) -> Self {
        Self {
            direct_wh: self.direct_wh.capped(other.direct_wh),
            grid_supply_wh: self.grid_supply_wh.capped(other.grid_supply_wh),
            feed_in_wh: self.feed_in_wh.capped(other.feed_in_wh),
        }
    }

    /// What is left without the other.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self {
            direct_wh: self.direct_wh.less(other.direct_wh),
            grid_supply_wh: self.grid_supply_wh.less(other.grid_supply_wh),
            feed_in_wh: self.feed_in_wh.less(other.feed_in_wh),
        }
    }

    /// The paper's trading volume: direct and PPSC.
    ///
    /// # Errors
    /// [`UnitError::OutOfRange`] beyond the bound of energy.
    pub fn traded(self) -> Result<Energy, UnitError> {
        self.direct_wh.plus(self.grid_supply_wh)
    }

    /// The branches that moved energy.
    pub fn branches(self) -> BTreeSet<Branch> {
        let used = [
            (Branch::Direct, self.direct_wh),
            (Branch::FeedIn, self.feed_in_wh),
            (Branch::GridSupply, self.grid_supply_wh),
        ];
        used.into_iter()
            .filter(|(_, energy)| !energy.is_zero())
            .map(|(branch, _)| branch)
            .collect()
    }
}
