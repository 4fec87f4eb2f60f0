//! `der case loop`: a running market.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use der_client::day::{DayError, Listener, MarketDay, Sale, SlotReport, Told};
use der_market::slot::Slot;
use tokio::signal::unix::{SignalKind, signal};

use super::parse;
use crate::args::Global;
use crate::day::People;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Format, Output};
use crate::session::runtime;

const EXAMPLE: &str = "\
Founds the market if it is not there, then plays slot after slot: open, offers and bids, close, seal, clear, confirm, plan,
readings, settle. One line per settled slot on stdout, after its checks: money sums to zero, energy bought is energy sold,
a second settlement is refused. Refusals and losses are told on stderr and tried again. It can be broken off anywhere: the
next run goes on with the first slot that is not settled, at the stage that the ledger shows.

The folder holds the profiles grid-operator, grid-meters, grid-clock, regulator-regulator, energy-plant1 and
microgrid-prosumer1; sellers and buyers get certificates of their organisations' authorities.

Examples:
  der case loop --network net/profiles --slots 3
  der case loop --network net/profiles --slots 3 --sealed
  der case loop --network net/profiles --pairs 10 --output json > slots.jsonl";

/// Plays slot after slot as a running market, until it is stopped.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Loop {
    /// Folder with a profile for each player.
    #[arg(long, value_name = "PROFILE_DIR", env = "DER_NETWORK", default_value = "profiles")]
    network: PathBuf,
    /// Sellers, and buyers as many; each pair makes one sale a slot.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=150))]
    pairs: u16,
    /// Stop after so many slots.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    slots: Option<u64>,
    /// The loop's first slot; a later run goes on behind what is settled.
    #[arg(long, value_name = "SLOT", default_value = "3000000", value_parser = parse::number::<Slot>)]
    first: Slot,
    /// Key material of the organisations; `crypto` beside the profiles if nothing is said.
    #[arg(long, value_name = "DIR")]
    crypto: Option<PathBuf>,
    /// Where the meters' keys are kept; `meters` beside the profiles if nothing is said.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Orders are sealed before each gate and revealed after it. A market is founded so once; later runs say it again.
    #[arg(long)]
    sealed: bool,
    /// Give up when a slot does not get on for so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    give_up: u64,
}

impl Loop {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let people = People {
            crypto: self.crypto.clone().unwrap_or_else(|| beside(&self.network, "crypto")),
            keys: self.keys.clone().unwrap_or_else(|| beside(&self.network, "meters")),
            profiles: self.network.clone(),
            overrides: global.overrides(),
        };
        runtime()?.block_on(async {
            let stopped = stopped()?;
            tokio::select! {
                // What is under way is taken up by the next run.
                () = stopped => Ok(Exit::Done),
                ended = self.play(&people, global.output()) => ended,
            }
        })
    }

    async fn play(&self, people: &People, output: Output) -> Result<Exit, Failure> {
        let traders = people.pairs(usize::from(self.pairs))?;
        let staff = people.staff()?;
        let day = match self.sealed {
            true => {
                let salts = people.salts()?;
                MarketDay::found_sealed(staff, traders, self.first, listener(), salts).await
            }
            false => MarketDay::found(staff, traders, self.first, listener()).await,
        };
        let day = day.map_err(failure)?.patience(Duration::from_secs(self.give_up));
        let first = day.resume(self.first).await.map_err(failure)?;
        let last = self.slots.map(|slots| first.get().saturating_add(slots));
        head(output)?;
        for number in first.get().. {
            if Some(number) == last {
                break;
            }
            let slot = Slot::new(number).map_err(Failure::usage)?;
            let report = day.play(slot, Sale::KILOWATT_HOUR).await.map_err(failure)?;
            print(output, &report)?;
        }
        Ok(Exit::Done)
    }
}

/// A neighbour of the profiles' folder.
fn beside(profiles: &Path, name: &str) -> PathBuf {
    profiles.join("..").join(name)
}

/// Ends at the first SIGINT or SIGTERM.
fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::internal(format!("cannot hear signals: {error}")));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Troubles go to stderr; commits are told by the slot's line.
fn listener() -> Listener {
    Arc::new(|told| match told {
        Told::Trouble { slot, what, .. } => {
            let slot = slot.map_or_else(|| "setting up".to_owned(), |slot| format!("slot {slot}"));
            anstream::eprintln!("{slot}: {what}; trying again");
        }
        Told::Out {
            slot,
            participant,
            what,
            ..
        } => anstream::eprintln!("slot {slot}: goes on without {participant}: {what}"),
        Told::Committed { .. } => {}
    })
}

fn head(output: Output) -> Result<(), Failure> {
    match output.format() {
        Format::Json => Ok(()),
        Format::Table => output::line(
            "      slot  contracts  direct Wh  grid supply Wh  feed-in Wh  postings  troubles  out       ms  settlement",
        ),
    }
}

fn print(output: Output, report: &SlotReport) -> Result<(), Failure> {
    if output.format() == Format::Json {
        return output.result(report);
    }
    let SlotReport {
        slot,
        settlement,
        contracts,
        direct_wh,
        grid_supply_wh,
        feed_in_wh,
        postings,
        troubles,
        out,
        took_ms,
        ..
    } = report;
    let settlement: String = settlement.to_string().chars().take(16).collect();
    output::line(&format!(
        "{:>10}  {contracts:>9}  {:>9}  {:>14}  {:>10}  {postings:>8}  {troubles:>8}  {out:>3}  {took_ms:>7}  {settlement}",
        slot.get(),
        direct_wh.get(),
        grid_supply_wh.get(),
        feed_in_wh.get(),
    ))
}

fn failure(error: DayError) -> Failure {
    match error {
        DayError::Client(source) => Failure::from(&source),
        DayError::Stuck { slot, limit, source } => {
            Failure::from(&source).context(format!("slot {slot} did not get on for {limit:?}"))
        }
        DayError::OtherRules => Failure::new(Exit::Refused, error),
        other => Failure::internal(other),
    }
}
