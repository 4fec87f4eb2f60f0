//! `der reading`: sign a meter's values, hand them in, estimate what is missing.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use der_api::metering::SignedReading;
use der_api::request::{Estimate, QueryReadings, QuerySettlement, RecordReadings};
use der_client::Meter;
use der_market::id::{MarketId, MeterId};
use der_market::metering::{Quality, Reading};
use der_market::settlement::Place;
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

const ESTIMATE: &str = "\
Without --place it takes the places that `der slot show SLOT --settlement` tells as missing.
Then book the estimates: der slot correct SLOT.

Example:
  der reading estimate --profile grid-operator 100 --seen 388";

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
    /// Estimates readings that a settled slot waits for, once the limit has passed.
    #[command(after_help = ESTIMATE)]
    Estimate(Estimated),
    /// Shows the latest readings of a place in a slot, and its estimate.
    #[command(after_help = "Example:\n  der reading show --profile grid-operator 100 MicrogridMSP:alice@pcc-2")]
    Show {
        /// Which slot.
        #[arg(value_parser = parse::number::<Slot>)]
        slot: Slot,
        /// Whose and where: MSP:ENROLMENT@POINT.
        #[arg(value_parser = place)]
        place: Place,
    },
}

/// What to estimate.
#[derive(Debug, Args)]
pub struct Estimated {
    /// Which slot.
    #[arg(value_parser = parse::number::<Slot>)]
    slot: Slot,
    /// A later slot that is settled: it shows that the limit has passed.
    #[arg(long, value_name = "SLOT", value_parser = parse::number::<Slot>)]
    seen: Slot,
    /// Whose reading is missing, as MSP:ENROLMENT@POINT; all that the settlement waits for where none is given.
    #[arg(long = "place", value_name = "PLACE", value_parser = place)]
    places: Vec<Place>,
    #[command(flatten)]
    dry: DryRun,
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
            Self::Estimate(estimated) => estimated.run(&Session::open(global)?),
            Self::Show { slot, place } => {
                let Place { participant, point } = place;
                Session::open(global)?.query(&QueryReadings {
                    slot,
                    participant,
                    point,
                })
            }
        }
    }
}

impl Estimated {
    fn run(self, session: &Session) -> Result<Exit, Failure> {
        let Self {
            slot,
            seen,
            mut places,
            dry,
        } = self;
        if places.is_empty() {
            let settlement = session.wait(session.client().settlement(&QuerySettlement { slot }));
            let course = settlement.map_err(|error| Failure::from(&error))?.course;
            places = course.map_or_else(Vec::new, |course| course.missing);
        }
        session.submit(&Estimate { slot, seen, places }, dry)
    }
}

/// The point comes last: an enrolment id may hold an @, a point may not.
fn place(text: &str) -> Result<Place, String> {
    let (participant, point) = text.rsplit_once('@').ok_or("a place is MSP:ENROLMENT@POINT")?;
    Ok(Place {
        participant: participant.parse().map_err(|error| format!("{error}"))?,
        point: point.parse().map_err(|error| format!("{error}"))?,
    })
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
