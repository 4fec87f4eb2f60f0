//! kill -9 of a running market after any block: the next run goes on where the ledger stands, and every slot is settled once.

use std::{
    collections::BTreeSet,
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use der_e2e::{ChainReader, World, eventually};

const DER: &str = env!("CARGO_BIN_EXE_der-under-test");
const KILLS: u64 = 10;
/// Blocks of a slot, about: the kills fall after another one each time.
const STRIDE: u64 = 7;
const PERIOD: u64 = 12;
const FIRST: u64 = 3_000_000;
const LIMIT: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_market_killed_anywhere_goes_on_and_settles_every_slot_once() -> Result<()> {
    let Some(world) = World::start(DER)? else {
        return Ok(());
    };
    let out = world.folder().join("slots.jsonl");
    let mut chain = ChainReader::new(world.peer("grid")?);
    let mut committed = chain.read_on().await?;
    for kill in 0..KILLS {
        let until = chain.height().await? + 1 + kill * STRIDE % PERIOD;
        let mut market = start(&world, &out, &[])?;
        eventually(LIMIT, "the market to go on", || async {
            chain.height().await.is_ok_and(|height| height >= until).then_some(())
        })
        .await?;
        market.kill()?;
        market.wait()?;
    }
    let status = start(&world, &out, &["--slots", "2"])?.wait()?;
    assert!(status.success(), "{status}");

    committed.extend(chain.read_on().await?);
    let settled: Vec<u64> = committed.iter().filter_map(|one| one.settled_slot()).collect();
    let last = FIRST + settled.len() as u64;
    assert_eq!(settled, (FIRST..last).collect::<Vec<_>>(), "in order, each once");
    let told = told(&out)?;
    assert!(told.iter().all(|slot| settled.contains(slot)), "{told:?}");
    assert!(told.contains(&(last - 1)) && told.contains(&(last - 2)), "{told:?}");
    Ok(())
}

fn start(world: &World, out: &Path, more: &[&str]) -> Result<Child> {
    let out = File::options().create(true).append(true).open(out)?;
    let mut command = Command::new(DER);
    command.args(["case", "loop", "--pairs", "2", "--output", "json", "--network"]);
    command.arg(world.layout().profiles()).args(more);
    Ok(command.stdin(Stdio::null()).stdout(out).stderr(Stdio::null()).spawn()?)
}

/// The slots that the runs said are settled.
fn told(out: &Path) -> Result<BTreeSet<u64>> {
    let lines = std::fs::read_to_string(out)?;
    let slot = |line: &str| {
        let report: serde_json::Value = serde_json::from_str(line)?;
        assert_eq!(report["sum"], "0", "{report}");
        report["slot"].as_u64().context("a line without a slot")
    };
    lines.lines().map(slot).collect()
}
