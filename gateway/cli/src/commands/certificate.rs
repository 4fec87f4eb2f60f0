//! `der certificate`: certificates of origin.

use clap::Subcommand;
use der_api::request::{
    AccrueCertificates, ClaimCertificates, QueryAccrual, QueryHolding, QueryOrigin, TransferCertificates,
};
use der_market::calendar::Date;
use der_market::id::{ParticipantId, PlantId};
use der_market::origin::OriginMonth;
use der_market::units::Energy;

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Certificates of origin: one for each MWh that a plant's own meters measured in settled slots.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Takes a day's settled, metered energy into a plant's account; may be repeated.
    #[command(after_help = "Example:\n  der certificate accrue --profile grid-clock PLANT-1 2026-11-28")]
    Accrue {
        /// Which plant.
        plant: PlantId,
        /// Which local day.
        date: Date,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Moves whole, unclaimed certificates of the caller to another participant.
    #[command(
        after_help = "Example:\n  der certificate transfer --profile energy-hydro PLANT-1 --to MicrogridMSP:alice --certificates 2"
    )]
    Transfer {
        /// Of which plant.
        plant: PlantId,
        /// To whom.
        #[arg(long, value_name = "MSP:ID")]
        to: ParticipantId,
        /// How many.
        #[arg(long, value_name = "N")]
        certificates: u64,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Claims energy of the caller's certificates as consumed, for ever.
    #[command(after_help = "Example:\n  der certificate claim --profile microgrid-alice PLANT-1 --energy-wh 250000")]
    Claim {
        /// Of which plant.
        plant: PlantId,
        /// How much, Wh.
        #[arg(long, value_name = "WH", value_parser = parse::number::<Energy>)]
        energy_wh: Energy,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Shows a plant's account, or with --holder what one participant holds of it.
    #[command(
        after_help = "Example:\n  der certificate show --profile microgrid-alice PLANT-1 --holder MicrogridMSP:alice"
    )]
    Show {
        /// Which plant.
        plant: PlantId,
        /// Whose holding.
        #[arg(long, value_name = "MSP:ID")]
        holder: Option<ParticipantId>,
    },
    /// Shows what a plant gave in a month, day by day.
    #[command(after_help = "Example:\n  der certificate month --profile microgrid-alice PLANT-1 2026-11")]
    Month {
        /// Which plant.
        plant: PlantId,
        /// Which month.
        month: OriginMonth,
    },
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Accrue { plant, date, dry } => session.submit(&AccrueCertificates { plant, date }, dry),
            Self::Transfer {
                plant,
                to,
                certificates,
                dry,
            } => session.submit(
                &TransferCertificates {
                    plant,
                    to,
                    certificates,
                },
                dry,
            ),
            Self::Claim { plant, energy_wh, dry } => session.submit(&ClaimCertificates { plant, energy_wh }, dry),
            Self::Show { plant, holder: None } => session.query(&QueryOrigin { plant }),
            Self::Show {
                plant,
                holder: Some(holder),
            } => session.query(&QueryHolding { plant, holder }),
            Self::Month { plant, month } => session.query(&QueryAccrual { plant, month }),
        }
    }
}
