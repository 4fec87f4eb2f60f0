//! How soon a network serves, and what it holds when nobody asks.

use std::time::{Duration, Instant};

use anyhow::Result;
use der_client::MarketClient;
use der_e2e::{Usage, World};
use der_market::paper;

const DEVNET: &str = "devnet";
/// Runs; the median is reported.
const RUNS: usize = 5;

pub(crate) struct Start {
    /// From starting the devnet's process on an empty ledger to the commit of the market's first transaction.
    pub(crate) first_commit: Duration,
    /// Resident memory of the idle devnet, bytes.
    pub(crate) devnet_resident: u64,
    /// Resident memory of an idle chaincode service, bytes; the largest of the four.
    pub(crate) service_resident: u64,
}

pub(crate) async fn measure(world: &mut World) -> Result<Start> {
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        world.network.kill(DEVNET)?;
        std::fs::remove_dir_all(world.network.layout().data())?;
        let started = Instant::now();
        world.network.restart(DEVNET)?;
        found(world).await?;
        times.push(started.elapsed());
    }
    times.sort();
    world.network.kill(DEVNET)?;
    std::fs::remove_dir_all(world.network.layout().data())?;
    world.network.restart(DEVNET)?;
    let devnet_resident = Usage::of(world.network.pid(DEVNET)?)?.resident;
    let services = world.network.children().filter(|child| child.spec().name != DEVNET);
    let residents = services
        .map(|child| Ok(Usage::of(child.pid())?.resident))
        .collect::<Result<Vec<_>>>()?;
    let service_resident = residents.into_iter().max().unwrap_or_default();
    Ok(Start {
        first_commit: times[RUNS / 2],
        devnet_resident,
        service_resident,
    })
}

async fn found(world: &World) -> Result<()> {
    let request = der_api::request::Bootstrap {
        market: "bench".parse()?,
        organisations: MarketClient::consortium()?,
        parameters: paper::parameters()?,
    };
    world.client("grid", "clock")?.bootstrap(&request).await?;
    Ok(())
}
