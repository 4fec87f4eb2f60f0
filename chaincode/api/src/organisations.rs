//! The consortium's organisations by their part in the market.

use der_market::id::MspId;
use serde::{Deserialize, Serialize};

/// An organisation's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Grid company with its selling company.
    Grid,
    /// Regulator.
    Regulator,
    /// Generation companies.
    Energy,
    /// Distributed-energy users.
    Microgrid,
}

/// Which MSP plays which part; fixed by `Market:Bootstrap`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisations {
    /// Grid company with its selling company.
    pub grid: MspId,
    /// Regulator.
    pub regulator: MspId,
    /// Generation companies.
    pub energy: MspId,
    /// Distributed-energy users.
    pub microgrid: MspId,
}

impl Organisations {
    /// Parts and MSP ids, in a fixed order.
    pub fn members(&self) -> [(Part, &MspId); 4] {
        [
            (Part::Grid, &self.grid),
            (Part::Regulator, &self.regulator),
            (Part::Energy, &self.energy),
            (Part::Microgrid, &self.microgrid),
        ]
    }

    /// The part that an MSP plays, if any.
    pub fn part_of(&self, msp: &MspId) -> Option<Part> {
        self.members()
            .into_iter()
            .find_map(|(part, id)| (id == msp).then_some(part))
    }

    /// The MSP that plays a part.
    pub fn msp(&self, part: Part) -> &MspId {
        match part {
            Part::Grid => &self.grid,
            Part::Regulator => &self.regulator,
            Part::Energy => &self.energy,
            Part::Microgrid => &self.microgrid,
        }
    }

    /// True when no MSP plays two parts.
    pub fn are_distinct(&self) -> bool {
        let members = self.members();
        members.iter().all(|(part, id)| self.part_of(id) == Some(*part))
    }
}
