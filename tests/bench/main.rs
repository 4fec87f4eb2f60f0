//! `der-bench`: the figures of `docs/benchmarks.md`, on this machine, in one run. Run it by `cargo xtask bench`.

mod chaincode;
mod clearing;
mod figures;
mod load;
mod networks;
mod rounds;
mod start;
mod table;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use der_e2e::{LargeBook, NetworkKind, World};
use der_market::slot::Slot;
use serde_json::{Map, Value};

use self::{networks::Load, table::Table};

#[derive(Parser)]
#[command(
    name = "der-bench",
    about = "Measures throughput, latency, CPU time and memory of whole networks and of a chaincode service on this machine",
    after_help = "Example:\n  cargo xtask bench chaincode --rounds 3 --record figures.json"
)]
struct Args {
    /// What to measure; everything unless named.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Folder of `der`, `der-chaincode` and `chaincode-under-bench`; that of this program unless named.
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Rounds of each comparison.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Length of one round of the chaincode comparison, ms.
    #[arg(long, default_value_t = 1500, value_parser = clap::value_parser!(u64).range(1..))]
    round_ms: u64,
    /// Sellers, and buyers as many; each pair makes one sale a slot.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=150))]
    pairs: u32,
    /// Slots settled, after one that warms up.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    slots: u32,
    /// Write every figure of every round to this file as JSON.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The devnet by itself: start, settled sales per second, idle memory.
    Sales,
    /// The market on the devnet, on Fabric with Raft and on Fabric with BFT orderers.
    Networks,
    /// The chaincode service on `fabric-shim` against one on the official Go shim.
    /// The clearing of 10 000 orders, on the network that `DER_NETWORK` asks for.
    Clearing,
    Chaincode,
}

/// What was measured so far.
struct Report {
    record: Map<String, Value>,
}

impl Report {
    fn add(&mut self, name: &str, tables: impl IntoIterator<Item = Table>, record: Value) {
        for table in tables {
            println!("{table}");
        }
        self.record.insert(name.to_owned(), record);
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let args = Args::parse();
    let wanted = |part| args.parts.is_empty() || args.parts.contains(&part);
    let programs = match &args.programs {
        Some(folder) => std::path::absolute(folder)?,
        None => std::env::current_exe()?.with_file_name(""),
    };
    let mut report = Report { record: Map::new() };
    if wanted(Part::Chaincode) {
        measure_chaincode(&args, &programs, &mut report).await?;
    }
    if wanted(Part::Networks) {
        for (name, load) in [("one_client", Load::Alone), ("saturated", Load::Saturated)] {
            let comparison = networks::compare(&programs.join("der"), load, args.rounds).await?;
            report.add(name, comparison.tables(), comparison.record());
        }
    }
    if wanted(Part::Sales) {
        let world = World::start_on(NetworkKind::Devnet, programs.join("der"))?;
        let mut world = world.context("no devnet")?;
        let start = start::measure(&mut world, &programs.join("der-chaincode")).await?;
        let load = load::measure(&world, args.pairs, args.slots).await?;
        let record = figures::record(&start, &load);
        report.add("sales", [figures::table(&record)], record);
    }
    if wanted(Part::Clearing) {
        measure_clearing(&programs, &mut report).await?;
    }
    if let Some(file) = &args.record {
        let text = serde_json::to_string_pretty(&report.record)?;
        std::fs::write(file, text).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

/// On the network that `DER_NETWORK` asks for.
async fn measure_clearing(programs: &Path, report: &mut Report) -> Result<()> {
    let Some(world) = World::start(programs.join("der"))? else {
        return Ok(());
    };
    let book = LargeBook::clear(&world, clearing::ORDERS, Slot::new(1_000_000)?).await?;
    let record = clearing::record(world.kind(), &book);
    report.add("clearing", [clearing::table(&record)], record);
    Ok(())
}

async fn measure_chaincode(args: &Args, programs: &Path, report: &mut Report) -> Result<()> {
    let program = programs.join("chaincode-under-bench");
    let length = Duration::from_millis(args.round_ms);
    if let Some(comparison) = chaincode::compare(&program, args.rounds, length).await? {
        report.add("chaincode", comparison.tables(), comparison.record());
    }
    Ok(())
}
