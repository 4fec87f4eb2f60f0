//! How soon a network serves, and what it holds when nobody asks.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use der_client::MarketClient;
use der_e2e::{Node, Usage, World};
use der_market::paper;

/// Runs; the median is reported.
const RUNS: usize = 5;

pub(crate) struct Start {
    /// From starting the devnet's process on an empty ledger to the commit of the market's first transaction.
    pub(crate) first_commit: Duration,
    /// Resident memory of the idle devnet, bytes.
    pub(crate) devnet_resident: u64,
    /// Resident memory of `der-chaincode` that serves and that nobody has called, bytes.
    pub(crate) service_resident: u64,
}

pub(crate) async fn measure(world: &mut World, chaincode: &Path) -> Result<Start> {
    let devnet = Node::peer("grid");
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        world.kill(&devnet)?;
        std::fs::remove_dir_all(world.layout().data())?;
        let started = Instant::now();
        world.restart(&devnet)?;
        found(world).await?;
        times.push(started.elapsed());
    }
    times.sort();
    world.kill(&devnet)?;
    std::fs::remove_dir_all(world.layout().data())?;
    world.restart(&devnet)?;
    let devnet_resident = Usage::of(world.pid(&devnet)?)?.resident;
    let service_resident = idle_service(world, chaincode)?;
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
        schema: der_api::SCHEMA,
    };
    world.client("grid", "clock")?.bootstrap(&request).await?;
    Ok(())
}

/// Starts one more service of the grid company, waits for its ready line, and stops it again.
fn idle_service(world: &World, program: &Path) -> Result<u64> {
    let tls = world
        .layout()
        .crypto()
        .chaincode("grid.der.example", "market")
        .join("tls");
    let child = Command::new(program)
        .args([
            "--chaincode-id",
            "idle:0",
            "--server-address",
            "127.0.0.1:0",
            "--tls-key",
        ])
        .arg(tls.join("server.key"))
        .arg("--tls-cert")
        .arg(tls.join("server.crt"))
        .arg("--client-ca-cert")
        .arg(tls.join("ca.crt"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("could not start {}", program.display()))?;
    let mut service = Stopped(child);
    let output = service.0.stdout.take().context("no stdout")?;
    let mut ready = String::new();
    BufReader::new(output).read_line(&mut ready)?;
    anyhow::ensure!(ready.contains("\"ready\":true"), "the service did not come up: {ready}");
    Ok(Usage::of(service.0.id())?.resident)
}

/// Ends the process when dropped.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        if self.0.kill().is_ok() {
            let _status = self.0.wait();
        }
    }
}
