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
    /// Every energy type.
    pub const ALL: [Self; 6] = [
        Self::Thermal,
        Self::Cogeneration,
        Self::Hydro,
        Self::Photovoltaic,
        Self::Wind,
        Self::Storage,
    ];

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

/// What a user's device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
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
    /// A store.
    Storage,
    /// Charges a vehicle, and may take from it.
    EvCharger,
    /// Takes only.
    Load,
}

impl DeviceKind {
    /// The energy type of what it gives; none for a load, and a vehicle's store is a store.
    pub fn source(self) -> Option<Source> {
        match self {
            Self::Thermal => Some(Source::Thermal),
            Self::Cogeneration => Some(Source::Cogeneration),
            Self::Hydro => Some(Source::Hydro),
            Self::Photovoltaic => Some(Source::Photovoltaic),
            Self::Wind => Some(Source::Wind),
            Self::Storage | Self::EvCharger => Some(Source::Storage),
            Self::Load => None,
        }
    }

    /// True for what charges and discharges.
    pub fn stores(self) -> bool {
        self.source() == Some(Source::Storage)
    }
}

/// The paper's I: what a store does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreState {
    /// Neither.
    Idle,
    /// Takes energy in.
    Charging,
    /// Gives energy out.
    Discharging,
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

impl CustomerClass {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::Residential, Self::Commercial, Self::Industrial];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_and_class_is_listed() {
        // A new variant fails to compile here: add it to ALL as well.
        let place = |source: Source| match source {
            Source::Thermal => 0,
            Source::Cogeneration => 1,
            Source::Hydro => 2,
            Source::Photovoltaic => 3,
            Source::Wind => 4,
            Source::Storage => 5,
        };
        assert_eq!(
            Source::ALL.map(place).to_vec(),
            (0..Source::ALL.len()).collect::<Vec<_>>()
        );
        let place = |class: CustomerClass| match class {
            CustomerClass::Residential => 0,
            CustomerClass::Commercial => 1,
            CustomerClass::Industrial => 2,
        };
        assert_eq!(CustomerClass::ALL.map(place), [0, 1, 2]);
    }
}
