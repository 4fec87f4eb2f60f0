//! What the three chains say about who takes part.

use serde::{Deserialize, Serialize};

use crate::units::Ppm;

/// Energy type of a plant or a sale (the paper's G).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Coal, oil or gas fired.
    Thermal,
    /// Heat and power together.
    Cogeneration,
    /// Water.
    Hydro,
    /// Sun.
    Photovoltaic,
    /// Wind.
    Wind,
    /// A store; without lots it counts as grid energy.
    Storage,
}

impl Source {
    /// Cleanliness Q (paper, section on OGSC): thermal 0.3, hydro 0.6, photovoltaic and wind 0.8.
    pub fn cleanliness(self) -> Ppm {
        let ppm = match self {
            Self::Thermal | Self::Cogeneration | Self::Storage => 300_000,
            Self::Hydro => 600_000,
            Self::Photovoltaic | Self::Wind => 800_000,
        };
        Ppm::new(ppm).unwrap_or(Ppm::ONE)
    }
}

/// Customer class, by which the selling company's price is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerClass {
    /// Households.
    Residential,
    /// Shops and offices.
    Commercial,
    /// Works.
    Industrial,
}

/// Which way an order or a contract goes for its participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Publishes a demand.
    Buyer,
    /// Publishes a sale.
    Seller,
}
