//! `der device`: what a participant owns, and what its stores do.

use clap::Subcommand;
use der_api::request::{ChangeDevice, QueryDevice, RegisterDevice, RetireDevice, SetState};
use der_market::id::{DeviceId, ParticipantId, PlantId};
use der_market::participant::{DeviceKind, StoreState};
use der_market::units::{Power, Ppm};

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const REGISTER: &str = "Example:\n  der device register --profile microgrid-alice battery-1 --kind storage --capacity-w 5000 \
                        --efficiency-ppm 900000";

/// Devices on the user chain. Each verb but show acts on the caller's own.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Registers a device.
    #[command(after_help = REGISTER)]
    Register {
        /// Its id.
        device: DeviceId,
        /// photovoltaic, wind, hydro, thermal, cogeneration, storage, ev_charger or load.
        #[arg(long, value_name = "KIND", value_parser = parse::word::<DeviceKind>)]
        kind: DeviceKind,
        /// Capacity, W.
        #[arg(long, value_name = "W", value_parser = parse::number::<Power>)]
        capacity_w: Power,
        /// The caller's plant that it is a part of.
        #[arg(long, value_name = "PLANT")]
        plant: Option<PlantId>,
        /// What a store keeps of the energy that it takes in, ppm; 1000000 if nothing is said.
        #[arg(long, value_name = "PPM", value_parser = parse::number::<Ppm>)]
        efficiency_ppm: Option<Ppm>,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Changes a device.
    #[command(after_help = "Example:\n  der device change --profile microgrid-alice battery-1 --capacity-w 6000")]
    Change {
        /// Which.
        device: DeviceId,
        /// Capacity, W.
        #[arg(long, value_name = "W", value_parser = parse::number::<Power>)]
        capacity_w: Power,
        /// What a store keeps of the energy that it takes in, ppm; unchanged if nothing is said.
        #[arg(long, value_name = "PPM", value_parser = parse::number::<Ppm>)]
        efficiency_ppm: Option<Ppm>,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Retires a device, for ever.
    #[command(after_help = "Example:\n  der device retire --profile microgrid-alice battery-1")]
    Retire {
        /// Which.
        device: DeviceId,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Says what a store does.
    #[command(after_help = "Example:\n  der device state --profile microgrid-alice battery-1 charging")]
    State {
        /// Which.
        device: DeviceId,
        /// idle, charging or discharging.
        #[arg(value_parser = parse::word::<StoreState>)]
        state: StoreState,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Shows a device.
    #[command(after_help = "Example:\n  der device show --profile microgrid-alice MicrogridMSP:alice battery-1")]
    Show {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        device: DeviceId,
    },
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Register {
                device,
                kind,
                capacity_w,
                plant,
                efficiency_ppm: efficiency,
                dry,
            } => session.submit(
                &RegisterDevice {
                    device,
                    kind,
                    capacity_w,
                    plant,
                    efficiency,
                },
                dry,
            ),
            Self::Change {
                device,
                capacity_w,
                efficiency_ppm: efficiency,
                dry,
            } => session.submit(
                &ChangeDevice {
                    device,
                    capacity_w,
                    efficiency,
                },
                dry,
            ),
            Self::Retire { device, dry } => session.submit(&RetireDevice { device }, dry),
            Self::State { device, state, dry } => session.submit(&SetState { device, state }, dry),
            Self::Show { participant, device } => session.query(&QueryDevice { participant, device }),
        }
    }
}
