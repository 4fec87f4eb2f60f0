//! Q by energy type, as governance sets it.

use serde::{Deserialize, Serialize};

use crate::participant::Source;
use crate::units::Ppm;

/// The cleanliness table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cleanliness {
    /// Coal, oil or gas fired.
    pub thermal: Ppm,
    /// Heat and power together.
    pub cogeneration: Ppm,
    /// Water.
    pub hydro: Ppm,
    /// Sun.
    pub photovoltaic: Ppm,
    /// Wind.
    pub wind: Ppm,
    /// A store whose energy has no known type: energy of the grid.
    pub storage: Ppm,
}

impl Default for Cleanliness {
    /// The paper's table.
    fn default() -> Self {
        Self {
            thermal: Source::Thermal.cleanliness(),
            cogeneration: Source::Cogeneration.cleanliness(),
            hydro: Source::Hydro.cleanliness(),
            photovoltaic: Source::Photovoltaic.cleanliness(),
            wind: Source::Wind.cleanliness(),
            storage: Source::Storage.cleanliness(),
        }
    }
}

impl Cleanliness {
    /// Q of an energy type.
    pub const fn of(&self, source: Source) -> Ppm {
        match source {
            Source::Thermal => self.thermal,
            Source::Cogeneration => self.cogeneration,
            Source::Hydro => self.hydro,
            Source::Photovoltaic => self.photovoltaic,
            Source::Wind => self.wind,
            Source::Storage => self.storage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_papers_table() {
        for source in Source::ALL {
            assert_eq!(Cleanliness::default().of(source), source.cleanliness());
        }
    }
}
