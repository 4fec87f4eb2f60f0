//! Kinds of members of a district, and what each has and does.

use der_market::participant::{CustomerClass, DeviceKind, Source};
use serde::Serialize;

/// A kind of member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A household with panels on its roof.
    Home,
    /// A household without.
    Consumer,
    /// A shop or an office.
    Business,
    /// A place where vehicles charge overnight.
    Charger,
    /// A store that charges at noon and discharges in the evening.
    Store,
    /// A field of panels.
    Solar,
    /// A wind farm.
    Wind,
    /// A run-of-river plant.
    Hydro,
    /// A gas turbine.
    Thermal,
    /// A block that gives heat and power.
    Cogeneration,
}

/// A company or a household of each kind first, then as a district has them.
const MIX: [Kind; 20] = [
    Kind::Home,
    Kind::Consumer,
    Kind::Wind,
    Kind::Hydro,
    Kind::Store,
    Kind::Charger,
    Kind::Thermal,
    Kind::Cogeneration,
    Kind::Solar,
    Kind::Business,
    Kind::Home,
    Kind::Consumer,
    Kind::Home,
    Kind::Consumer,
    Kind::Home,
    Kind::Business,
    Kind::Home,
    Kind::Consumer,
    Kind::Home,
    Kind::Charger,
];

impl Kind {
    /// The kind of the member of this number: of eight members each has another kind of device.
    #[must_use]
    pub fn of(number: usize) -> Self {
        MIX.get(number % MIX.len()).copied().unwrap_or(Self::Home)
    }

    /// True for a generation company; the others are users of the microgrid.
    #[must_use]
    pub const fn is_company(self) -> bool {
        matches!(
            self,
            Self::Solar | Self::Wind | Self::Hydro | Self::Thermal | Self::Cogeneration
        )
    }

    /// What it has.
    #[must_use]
    pub const fn devices(self) -> &'static [DeviceKind] {
        match self {
            Self::Home => &[DeviceKind::Photovoltaic, DeviceKind::Load],
            Self::Consumer | Self::Business => &[DeviceKind::Load],
            Self::Charger => &[DeviceKind::EvCharger],
            Self::Store => &[DeviceKind::Storage],
            Self::Solar => &[DeviceKind::Photovoltaic],
            Self::Wind => &[DeviceKind::Wind],
            Self::Hydro => &[DeviceKind::Hydro],
            Self::Thermal => &[DeviceKind::Thermal],
            Self::Cogeneration => &[DeviceKind::Cogeneration],
        }
    }

    /// The energy type of what it sells. Who sells nothing registers photovoltaic and no capacity.
    #[must_use]
    pub const fn source(self) -> Source {
        match self {
            Self::Home | Self::Consumer | Self::Business | Self::Solar => Source::Photovoltaic,
            Self::Charger | Self::Store => Source::Storage,
            Self::Wind => Source::Wind,
            Self::Hydro => Source::Hydro,
            Self::Thermal => Source::Thermal,
            Self::Cogeneration => Source::Cogeneration,
        }
    }

    /// Its customer class.
    #[must_use]
    pub const fn class(self) -> CustomerClass {
        match self {
            Self::Home | Self::Consumer => CustomerClass::Residential,
            Self::Business | Self::Charger | Self::Store => CustomerClass::Commercial,
            _ => CustomerClass::Industrial,
        }
    }

    /// Least and most power of what it has, W.
    pub(super) const fn size_w(self) -> (u64, u64) {
        match self {
            Self::Home => (3_000, 9_000),
            Self::Consumer => (1_000, 3_500),
            Self::Business => (8_000, 30_000),
            Self::Charger => (7_000, 22_000),
            Self::Store => (10_000, 40_000),
            Self::Solar => (40_000, 120_000),
            Self::Wind => (60_000, 150_000),
            Self::Hydro => (30_000, 80_000),
            Self::Thermal => (30_000, 60_000),
            Self::Cogeneration => (15_000, 40_000),
        }
    }

    /// Least and most of the lowest price at which it sells, µyuan/kWh.
    pub(super) const fn asks(self) -> (u64, u64) {
        match self {
            Self::Home | Self::Solar | Self::Wind => (402_000, 460_000),
            Self::Hydro => (420_000, 480_000),
            Self::Cogeneration => (450_000, 520_000),
            Self::Thermal => (480_000, 560_000),
            _ => (500_000, 580_000),
        }
    }

    /// Least and most of the highest price at which it buys, delivered, µyuan/kWh.
    pub(super) const fn bids(self) -> (u64, u64) {
        match self {
            Self::Store => (460_000, 540_000),
            Self::Charger => (520_000, 640_000),
            _ => (580_000, 655_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn eight_members_have_every_kind_of_device() {
        let devices = (0..8).flat_map(|number| Kind::of(number).devices().iter().copied());
        assert_eq!(devices.collect::<BTreeSet<DeviceKind>>().len(), 8);
    }

    #[test]
    fn nobody_asks_for_less_than_the_grid_pays_or_bids_more_than_it_takes() {
        for kind in (0..MIX.len()).map(Kind::of) {
            assert!(kind.asks().0 >= 400_000 && kind.bids().1 <= 657_000, "{kind:?}");
        }
    }
}
