//! `der-faults`: strikes a running market with one fault after the other and records every round. Run it by `cargo xtask faults`.

mod chain;
mod fault;
mod leader;
mod load;
mod random;
mod record;
mod revoke;
mod round;
mod summary;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Parser, ValueEnum};
use der_e2e::{Consensus, NetworkKind};

use self::{fault::Fault, record::Record, round::Stage};

/// After so many broken rounds in a row something else is wrong.
const BROKEN_IN_A_ROW: u32 = 3;

#[derive(Parser)]
#[command(
    name = "der-faults",
    about = "Strikes a running market on Fabric's own processes with faults, checks it after each, and records every round",
    after_help = "Example:\n  cargo xtask faults --record /tmp/faults --rounds 20"
)]
struct Args {
    /// Folder of the record; a later run goes on where it ends.
    #[arg(long, value_name = "DIR")]
    record: PathBuf,
    /// Rounds of each fault.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// The network to strike.
    #[arg(long, value_enum, default_value_t = Network::FabricBft)]
    network: Network,
    /// Only these faults. `revoke` takes a pair for each round: give more --pairs than --rounds.
    #[arg(long, value_enum, value_delimiter = ',')]
    fault: Vec<Fault>,
    /// Sellers, and buyers as many.
    #[arg(long, default_value_t = 2)]
    pairs: usize,
    /// The `der` under it; beside this program if nothing is said.
    #[arg(long, value_name = "FILE")]
    der: Option<PathBuf>,
    /// Print the summary of the record and do nothing.
    #[arg(long)]
    summary: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Network {
    /// Fabric with four SmartBFT orderers.
    FabricBft,
    /// Fabric with three Raft orderers.
    FabricRaft,
}

impl Network {
    const fn kind(self) -> NetworkKind {
        match self {
            Self::FabricBft => NetworkKind::Fabric(Consensus::Bft),
            Self::FabricRaft => NetworkKind::Fabric(Consensus::Raft),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::FabricBft => "fabric-bft",
            Self::FabricRaft => "fabric-raft",
        }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let args = Args::parse();
    let mut record = Record::open(&args.record, args.network.name())?;
    if !args.summary {
        run(&args, &mut record).await?;
    }
    println!("{}", summary::table(record.rounds()));
    let broken = record.rounds().iter().filter(|round| round.broken.is_some()).count();
    if broken > 0 {
        bail!("{broken} rounds are broken; the record says how");
    }
    Ok(())
}

impl Args {
    /// The faults that are asked for: all, without revocation where there are too few pairs for it.
    fn faults(&self) -> Vec<Fault> {
        if !self.fault.is_empty() {
            return self.fault.clone();
        }
        let possible = |fault: &Fault| *fault != Fault::Revoke || self.pairs > self.rounds;
        Fault::value_variants().iter().copied().filter(possible).collect()
    }
}

/// One round of each fault, and again, so that a run broken off early has some of all.
async fn run(args: &Args, record: &mut Record) -> Result<()> {
    let der = match &args.der {
        Some(der) => der.clone(),
        None => std::env::current_exe()?.with_file_name("der-under-test"),
    };
    let faults = args.faults();
    let mut stage = None;
    let mut broken = 0;
    while let Some(fault) = next(&faults, record, args.rounds) {
        let current = match &mut stage {
            Some(stage) => stage,
            none => {
                let Some(set) = Stage::set(args.network.kind(), args.network.name(), &der, args.pairs).await? else {
                    return Ok(());
                };
                none.insert(set)
            }
        };
        let seed = record.rounds().len() as u64;
        let round = current.play(fault, seed).await;
        println!("{}", serde_json::to_string(&round)?);
        broken = if round.broken.is_some() { broken + 1 } else { 0 };
        if round.broken.is_some() {
            stage = None;
        }
        record.append(round)?;
        if broken == BROKEN_IN_A_ROW {
            bail!("{broken} rounds in a row are broken");
        }
    }
    Ok(())
}

/// The fault that was struck least often, if any still lacks rounds.
fn next(faults: &[Fault], record: &Record, rounds: usize) -> Option<Fault> {
    let least = faults.iter().copied().min_by_key(|fault| record.count(*fault))?;
    (record.count(least) < rounds).then_some(least)
}
