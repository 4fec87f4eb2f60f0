//! `der forecast`: what a participant expects, and what that leaves to trade.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use der_api::request::{PostForecast, QueryPosition};
use der_market::forecast::Forecast;
use der_market::id::{ParticipantId, PointId};
use der_market::slot::Slot;

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const POST: &str = "\
The file holds a JSON list, one entry per slot from the first one on; a local day has 92, 96 or 100:
  [{\"generation_wh\":5000,\"load_wh\":1200}, …]

Example:
  der forecast post --profile microgrid-prosumer1 --point PCC-1 --first 1994752 day.json";

/// Forecasts and positions.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Forecasts slots at the caller's point.
    #[command(after_help = POST)]
    Post(Post),
    /// Shows a participant's forecast, position and deviation in a slot.
    #[command(
        after_help = "Example:\n  der forecast show --profile microgrid-prosumer1 MicrogridMSP:prosumer1 --point PCC-1 --slot 1994752"
    )]
    Show {
        /// Whose.
        participant: ParticipantId,
        /// Where.
        #[arg(long)]
        point: PointId,
        /// Which slot.
        #[arg(long, value_parser = parse::number::<Slot>)]
        slot: Slot,
    },
}

/// Forecasts of slots that follow one another.
#[derive(Debug, Args)]
pub struct Post {
    /// Where.
    #[arg(long)]
    point: PointId,
    /// The first slot.
    #[arg(long, value_parser = parse::number::<Slot>)]
    first: Slot,
    /// A JSON list of forecasts.
    file: PathBuf,
    #[command(flatten)]
    dry: DryRun,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Post(Post {
                point,
                first,
                file,
                dry,
            }) => {
                let forecasts = read(&file)?;
                let request = PostForecast {
                    point,
                    first,
                    forecasts,
                };
                Session::open(global)?.submit(&request, dry)
            }
            Self::Show {
                participant,
                point,
                slot,
            } => Session::open(global)?.query(&QueryPosition {
                participant,
                point,
                slot,
            }),
        }
    }
}

fn read(file: &PathBuf) -> Result<Vec<Forecast>, Failure> {
    let unreadable = |why: String| Failure::usage(format!("{}: {why}", file.display()));
    let text = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))
}
