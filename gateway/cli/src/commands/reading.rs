//! `der reading`: sign a meter's values, hand them in.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use der_api::metering::SignedReading;
use der_api::request::RecordReadings;
use der_client::Meter;
use der_market::id::{MarketId, MeterId};
use der_market::metering::{Quality, Reading};
use der_market::slot::Slot;
use der_market::units::Energy;

use super::grid::private_key;
use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::session::Session;

const SIGN: &str = "\
Prints one JSON line, whatever --output says: it is what `der reading submit` reads.

Example:
  der reading sign --key meter.pem --market der-1 --meter M-1 --slot 100 --consumed-wh 0 --injected-wh 200000 --sequence 1";
const SUBMIT: &str = "\
Each file, or stdin for -, holds one signed reading per line.

Example:
  der reading submit --profile grid-operator readings.jsonl";

/// Meter readings.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Signs one reading with the meter's key; no network is needed.
    #[command(after_help = SIGN)]
    Sign(Sign),
    /// Records signed readings: all of them or none.
    #[command(after_help = SUBMIT)]
    Submit {
        /// Files with one signed reading per line; - for stdin.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        dry: DryRun,
    },
}

/// One meter's energy in one slot.
#[derive(Debug, Args)]
pub struct Sign {
    /// The meter's private key, PEM.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The market's id.
    #[arg(long, value_name = "ID")]
    market: MarketId,
    /// Which meter.
    #[arg(long, value_name = "ID")]
    meter: MeterId,
    /// Which slot.
    #[arg(long, value_name = "SLOT", value_parser = parse::number::<Slot>)]
    slot: Slot,
    /// Taken from the grid, Wh.
    #[arg(long, value_name = "WH", value_parser = parse::number::<Energy>)]
    consumed_wh: Energy,
    /// Fed into the grid, Wh.
    #[arg(long, value_name = "WH", value_parser = parse::number::<Energy>)]
    injected_wh: Energy,
    /// Higher than that of every earlier reading of the meter for the slot.
    #[arg(long, value_name = "N")]
    sequence: u64,
    /// measured or estimated.
    #[arg(long, value_name = "QUALITY", default_value = "measured", value_parser = parse::word::<Quality>)]
    quality: Quality,
    /// The sequence that this reading corrects.
    #[arg(long, value_name = "N")]
    supersedes: Option<u64>,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Sign(sign) => {
                let signed = sign.sign()?;
                output::line(&serde_json::to_string(&signed).map_err(Failure::internal)?)?;
                Ok(Exit::Done)
            }
            Self::Submit { files, dry } => {
                let readings = read_all(&files)?;
                Session::open(global)?.submit(&RecordReadings { readings }, dry)
            }
        }
    }
}

impl Sign {
    fn sign(self) -> Result<SignedReading, Failure> {
        let key = private_key(&self.key)?;
        let reading = Reading {
            market: self.market,
            meter: self.meter,
            slot: self.slot,
            consumed_wh: self.consumed_wh,
            injected_wh: self.injected_wh,
            sequence: self.sequence,
            quality: self.quality,
            supersedes: self.supersedes,
        };
        Meter::new(reading.market.clone(), reading.meter.clone(), key)
            .sign(reading)
            .map_err(|error| Failure::from(&error))
    }
}

fn read_all(files: &[PathBuf]) -> Result<Vec<SignedReading>, Failure> {
    let mut readings = Vec::new();
    for file in files {
        for (number, line) in parse::text(file)?
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let reading = serde_json::from_str(line).map_err(|error| {
                Failure::usage(format!(
                    "{}, line {}: no signed reading: {error}",
                    file.display(),
                    number + 1
                ))
                .advise("Give what `der reading sign` printed, one per line.")
            })?;
            readings.push(reading);
        }
    }
    Ok(readings)
}
