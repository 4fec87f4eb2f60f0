//! `der point`, `der plant` and `der meter`: what stands in the grid.

use std::path::PathBuf;

use clap::Subcommand;
use der_api::bytes::HexBytes;
use der_api::request::{
    ChangePlant, PublishDistances, PublishPoint, QueryMeter, QueryPlant, QueryPoint, RegisterMeter, RegisterPlant,
    ReplaceMeter, RetirePlant, SetIndex,
};
use der_market::id::{MeterId, ParticipantId, PlantId, PointId};
use der_market::participant::Source;
use der_market::slot::Slot;
use der_market::units::Power;
use fabric_msp::PrivateKey;

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const DISTANCES: &str = "\
The file holds `points` and `rows` (mΩ, symmetric, 1 on the diagonal), as TOML or JSON:
  points = [\"PCC-1\", \"PCC-2\"]
  rows = [[1, 40], [40, 1]]

Example:
  der point distances --profile grid-operator distances.toml";

/// Connection points.
#[derive(Debug, Subcommand)]
pub enum Point {
    /// Publishes a connection point: by the grid company.
    #[command(
        after_help = "Example:\n  der point publish --profile grid-operator PCC-1 --capacity-w 4000000 --area north"
    )]
    Publish {
        /// Its id.
        point: PointId,
        /// Exchange capacity with the grid, W.
        #[arg(long, value_name = "W", value_parser = parse::number::<Power>)]
        capacity_w: Power,
        /// Supply area.
        #[arg(long, value_name = "AREA")]
        area: PointId,
        /// Voltage level, 0 the lowest.
        #[arg(long, value_name = "N", default_value_t = 0)]
        level: u8,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Publishes the next version of the distance matrix: by the grid company.
    #[command(after_help = DISTANCES)]
    Distances {
        /// TOML or JSON file with points and rows.
        file: PathBuf,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Shows a connection point.
    #[command(after_help = "Example:\n  der point show --profile microgrid-alice PCC-1")]
    Show {
        /// Which.
        point: PointId,
    },
}

/// Plants of generation companies.
#[derive(Debug, Subcommand)]
pub enum Plant {
    /// Registers a plant of the caller.
    #[command(
        after_help = "Example:\n  der plant register --profile energy-hydro PLANT-1 --capacity-w 5000000 --point PCC-3 --source hydro"
    )]
    Register {
        /// Its id.
        plant: PlantId,
        /// Capacity, W.
        #[arg(long, value_name = "W", value_parser = parse::number::<Power>)]
        capacity_w: Power,
        /// Connection point.
        #[arg(long, value_name = "POINT")]
        point: PointId,
        /// thermal, cogeneration, hydro, photovoltaic, wind or storage.
        #[arg(long, value_name = "SOURCE", value_parser = parse::word::<Source>)]
        source: Source,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Changes the capacity of the caller's plant.
    #[command(after_help = "Example:\n  der plant change --profile energy-hydro PLANT-1 --capacity-w 6000000")]
    Change {
        /// Which.
        plant: PlantId,
        /// Capacity, W.
        #[arg(long, value_name = "W", value_parser = parse::number::<Power>)]
        capacity_w: Power,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Sets a plant's energy-consumption index, by which feed-in is ordered: by the regulator.
    #[command(after_help = "Example:\n  der plant index --profile regulator-officer PLANT-1 --index 3")]
    Index {
        /// Which.
        plant: PlantId,
        /// L, at least 1.
        #[arg(long, value_name = "L")]
        index: u32,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Retires the caller's plant, for ever.
    #[command(after_help = "Example:\n  der plant retire --profile energy-hydro PLANT-1 --last 1980095")]
    Retire {
        /// Which.
        plant: PlantId,
        /// Its last slot.
        #[arg(long, value_name = "SLOT", value_parser = parse::number::<Slot>)]
        last: Slot,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Shows a plant.
    #[command(after_help = "Example:\n  der plant show --profile energy-hydro PLANT-1")]
    Show {
        /// Which.
        plant: PlantId,
    },
}

/// Meters.
#[derive(Debug, Subcommand)]
pub enum Meter {
    /// Registers a meter or a meter's next key: by the grid company.
    #[command(
        after_help = "Example:\n  der meter register --profile grid-operator M-1 --participant MicrogridMSP:alice --key meter.pem"
    )]
    Register {
        /// Which meter.
        meter: MeterId,
        /// Whose energy it measures.
        #[arg(long, value_name = "MSP:ID")]
        participant: ParticipantId,
        /// The meter's private key, PEM, of which only the public half is sent.
        #[arg(
            long,
            value_name = "FILE",
            conflicts_with = "public_key",
            required_unless_present = "public_key"
        )]
        key: Option<PathBuf>,
        /// The meter's public key: uncompressed P-256 point in hex, 130 digits.
        #[arg(long, value_name = "HEX", value_parser = parse::word::<HexBytes>)]
        public_key: Option<HexBytes>,
        /// First slot in which this key signs.
        #[arg(long, value_name = "SLOT", default_value = "0", value_parser = parse::number::<Slot>)]
        valid_from: Slot,
        /// The participant's plant whose energy alone it measures.
        #[arg(long, value_name = "PLANT")]
        plant: Option<PlantId>,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Replaces a meter by a new one from a slot on: by the grid company.
    #[command(
        after_help = "Example:\n  der meter replace --profile grid-operator M-1 --by M-2 --public-key 04… --from 1980096"
    )]
    Replace {
        /// The meter that ends.
        meter: MeterId,
        /// Its successor.
        #[arg(long, value_name = "METER")]
        by: MeterId,
        /// The successor's public key: uncompressed P-256 point in hex, 130 digits.
        #[arg(long, value_name = "HEX", value_parser = parse::word::<HexBytes>)]
        public_key: HexBytes,
        /// The successor's first slot; the old meter's last is the one before.
        #[arg(long, value_name = "SLOT", value_parser = parse::number::<Slot>)]
        from: Slot,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Shows a meter.
    #[command(after_help = "Example:\n  der meter show --profile microgrid-alice M-1")]
    Show {
        /// Which.
        meter: MeterId,
    },
}

impl Point {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Publish {
                point,
                capacity_w,
                area,
                level,
                dry,
            } => Session::open(global)?.submit(
                &PublishPoint {
                    point,
                    capacity_w,
                    area,
                    level,
                },
                dry,
            ),
            Self::Distances { file, dry } => {
                let matrix: PublishDistances = parse::file(&file)?;
                Session::open(global)?.submit(&matrix, dry)
            }
            Self::Show { point } => Session::open(global)?.query(&QueryPoint { point }),
        }
    }
}

impl Plant {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Register {
                plant,
                capacity_w,
                point,
                source,
                dry,
            } => session.submit(
                &RegisterPlant {
                    plant,
                    capacity_w,
                    point,
                    source,
                },
                dry,
            ),
            Self::Change { plant, capacity_w, dry } => session.submit(&ChangePlant { plant, capacity_w }, dry),
            Self::Index { plant, index, dry } => session.submit(&SetIndex { plant, index }, dry),
            Self::Retire { plant, last, dry } => session.submit(&RetirePlant { plant, last }, dry),
            Self::Show { plant } => session.query(&QueryPlant { plant }),
        }
    }
}

impl Meter {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Register {
                meter,
                participant,
                key,
                public_key,
                valid_from,
                plant,
                dry,
            } => {
                let public_key = match (public_key, key) {
                    (Some(public_key), _) => public_key,
                    (None, Some(file)) => public_half(&private_key(&file)?)?,
                    (None, None) => return Err(Failure::usage("give --key FILE or --public-key HEX")),
                };
                Session::open(global)?.submit(
                    &RegisterMeter {
                        meter,
                        participant,
                        public_key,
                        valid_from,
                        plant,
                    },
                    dry,
                )
            }
            Self::Replace {
                meter,
                by,
                public_key,
                from,
                dry,
            } => Session::open(global)?.submit(
                &ReplaceMeter {
                    meter,
                    by,
                    public_key,
                    from,
                },
                dry,
            ),
            Self::Show { meter } => Session::open(global)?.query(&QueryMeter { meter }),
        }
    }
}

/// Reads a P-256 private key, PEM.
///
/// # Errors
/// When the file cannot be read or holds no such key.
pub(super) fn private_key(file: &std::path::Path) -> Result<PrivateKey, Failure> {
    PrivateKey::from_pem(&parse::text(file)?).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

fn public_half(key: &PrivateKey) -> Result<HexBytes, Failure> {
    HexBytes::new(key.public_key().sec1().to_vec()).ok_or_else(|| Failure::internal("a public key has 65 bytes"))
}
