//! `der-bench`: the figures of the README, on this machine, in one run. Run it by `cargo xtask bench`.

mod figures;
mod load;
mod start;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use der_e2e::{NetworkKind, World};

#[derive(Parser)]
#[command(
    name = "der-bench",
    about = "Measures start, settled sales per second, latency, CPU and memory of a whole network on this machine",
    after_help = "Example:\n  cargo xtask bench --pairs 50 --slots 8"
)]
struct Args {
    /// The `der` to measure.
    #[arg(long, default_value = "target/release/der")]
    der: PathBuf,
    /// The `der-chaincode` whose idle memory is measured.
    #[arg(long, default_value = "target/release/der-chaincode")]
    chaincode: PathBuf,
    /// Sellers, and buyers as many; each pair makes one sale a slot.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=150))]
    pairs: u32,
    /// Slots measured, after one that warms up.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    slots: u32,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let args = Args::parse();
    let world = World::start_on(NetworkKind::Devnet, std::path::absolute(&args.der)?)?;
    let mut world = world.context("no network")?;
    let start = start::measure(&mut world, &std::path::absolute(&args.chaincode)?).await?;
    let load = load::measure(&world, args.pairs, args.slots).await?;
    figures::print(&start, &load, args.json)
}
