//! What the score and the pilot rule ask of participants: figures of other parts of the market, given to the matching.

use std::collections::BTreeMap;

use crate::cleanliness::Cleanliness;
use crate::id::ParticipantId;
use crate::participant::Source;
use crate::units::{Power, Ppm};
use serde::{Deserialize, Serialize};

/// One participant's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merit {
    /// Q where it is not that of the energy type: a store's, by its lots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleanliness: Option<Ppm>,
    /// S: share of settled slots within the band.
    pub stability: Ppm,
    /// Public credit tier.
    pub credit: Ppm,
    /// Registered capacity, for the pilot rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_w: Option<Power>,
}

impl Default for Merit {
    fn default() -> Self {
        Self {
            cleanliness: None,
            stability: Ppm::ONE,
            credit: Ppm::ONE,
            capacity_w: None,
        }
    }
}

impl Merit {
    /// Q of energy of this type from this participant.
    pub fn cleanliness_of(&self, source: Source, table: &Cleanliness) -> Ppm {
        self.cleanliness.unwrap_or_else(|| table.of(source))
    }
}

/// The figures of those who do not have the defaults.
pub type Merits = BTreeMap<ParticipantId, Merit>;
