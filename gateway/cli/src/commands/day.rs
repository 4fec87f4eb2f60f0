//! `der day`: a market day of a district, and what it costs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use der_client::district::{Listener, Plan, Told};
use der_market::calendar::Date;

use crate::args::Global;
use crate::day::People;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::market_day::{Figures, Setting, play};
use crate::network::{Batch, Launch, LocalNetwork};
use crate::output::{Format, Output};
use crate::session::runtime;

const EXAMPLE: &str = "\
Households with and without panels, businesses, chargers, stores and generation companies of every kind register, with devices, plants,
meters and standing mandates. Then the day: gates, day-ahead orders, clearing, intraday orders on newer forecasts, clearing, planning,
signed readings in batches, settlement, and at its end holds, accounts, credit and certificates. Orders are taken in open books.

Every block is read as any member reads it and checked: chain, ranges, gates, limits, filled within offered, energy balances, one
clearing and one settlement, sums of postings, metered energy, funds, credit, certificates. The first that does not hold ends the day
with a non-zero exit, named with its block. The result says what the day cost, and what held it up.

Examples:
  der day --prosumers 200
  der day --prosumers 16 --slots 4 --seed 7 --output json
  der day --prosumers 50 --network net/profiles --date 2026-12-01";

/// A market day of consumers and prosumers with every device type, checked block by block.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Day {
    /// Members of the district: consumers, prosumers and companies.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(2..=1_000))]
    prosumers: u16,
    /// Connection points along one feeder.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    points: u16,
    /// Seed of members, weather and readings: the same seed has the same day.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Slots of the day, around noon; 96 are all of it.
    #[arg(long, value_name = "N", default_value_t = 96, value_parser = clap::value_parser!(u16).range(1..=96))]
    slots: u16,
    /// The local day, at UTC+8.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2026-11-29")]
    date: Date,
    /// One auction for each slot, without an intraday one.
    #[arg(long)]
    day_ahead_only: bool,
    /// Transactions under way at once.
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=400))]
    in_flight: u16,
    /// Play on this network instead of one of its own: the folder with a profile for each player, the organisations' key material
    /// beside it as `crypto`.
    #[arg(long, value_name = "PROFILE_DIR", conflicts_with = "keep")]
    network: Option<PathBuf>,
    /// Keep keys, ledger, profiles and logs in this folder; else they go with the day.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Day {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match (&self.network, &self.keep) {
            (Some(profiles), _) => self.play(profiles, None, global),
            (None, Some(folder)) => self.play_on_own(folder, global),
            (None, None) => self.in_temporary_folder(global),
        }
    }

    /// The folder stays when something failed: the ledger and the logs are in it.
    fn in_temporary_folder(&self, global: &Global) -> Result<Exit, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("der-day-")
            .tempdir()
            .map_err(|error| Failure::usage(format!("cannot make a temporary folder: {error}")))?;
        self.play_on_own(folder.path(), global).map_err(|failure| {
            let kept = folder.keep();
            failure.advise(format!(
                "Ledger and logs are in {}; remove that folder afterwards.",
                kept.display()
            ))
        })
    }

    fn play_on_own(&self, folder: &Path, global: &Global) -> Result<Exit, Failure> {
        let launch = Launch::new(folder).map(|launch| launch.batch(Batch::default()));
        let network = launch.and_then(Launch::start).map_err(|error| Failure::from(&error))?;
        self.play(&network.layout().profiles(), Some(&network), global)
    }

    fn play(&self, profiles: &Path, network: Option<&LocalNetwork>, global: &Global) -> Result<Exit, Failure> {
        let output = global.output();
        let plan = self.plan();
        let setting = Setting {
            seed: self.seed,
            prosumers: usize::from(self.prosumers),
            points: usize::from(self.points),
            people: People {
                crypto: profiles.join("..").join("crypto"),
                keys: profiles.join("..").join("meters"),
                profiles: profiles.to_owned(),
                overrides: global.overrides(),
            },
            plan: plan.clone(),
            network,
        };
        let listener = listener(output, usize::from(self.prosumers), &plan);
        let figures = runtime()?.block_on(play(setting, listener))?;
        print(&figures, output)?;
        Ok(Exit::Done)
    }

    fn plan(&self) -> Plan {
        Plan {
            date: self.date,
            slots: self.slots,
            intraday: !self.day_ahead_only,
            in_flight: usize::from(self.in_flight),
        }
    }
}

/// A bar over registrations and then over the day's transactions.
fn listener(output: Output, members: usize, plan: &Plan) -> Listener {
    let bar = output.bar(2 * members + plan.steps(members));
    Arc::new(move |told| {
        if let Told::Step(phase) = told {
            bar.set_message(phase.to_string());
        }
        bar.inc(1);
    })
}

fn print(figures: &Figures, output: Output) -> Result<(), Failure> {
    match output.format() {
        Format::Json => output.result(figures),
        Format::Table => crate::output::line(&figures.to_string()),
    }
}
