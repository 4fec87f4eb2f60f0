//! kill -9 of the devnet after any committed block: nothing acknowledged is lost, no torn block is served, and the state is what a
//! replay from genesis gives.

use std::{collections::BTreeSet, process::Command, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use der_api::request::{OpenSlot, QuerySlot};
use der_cli::connection;
use der_client::MarketClient;
use der_e2e::{Neighbours, World, eventually, read_blocks};
use der_market::slot::Slot;
use fabric_gateway::Signer;
use tokio::sync::mpsc;

const DER: &str = env!("CARGO_BIN_EXE_der-under-test");
const DEVNET: &str = "devnet";
const ROUNDS: usize = 12;
const WRITERS: u64 = 4;
const LIMIT: Duration = Duration::from_secs(30);

/// What a writer was told is on the ledger.
struct Acknowledged {
    slot: Slot,
    transaction_id: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_transaction_is_lost() -> Result<()> {
    let mut world = World::start(DER)?;
    Neighbours::found(&world, 1, Slot::new(1)?).await?;
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let clock = world.client("grid", "clock")?;
                let first = 1_000_000 + (round as u64 * WRITERS + writer) * 1_000;
                Ok(tokio::spawn(write(clock, first, sender.clone())))
            })
            .collect::<Result<_>>()?;
        // One more block than in the round before: the kill falls after another one each time.
        for _ in 0..=round {
            let one = tokio::time::timeout(LIMIT, receiver.recv())
                .await
                .context("nothing is acknowledged")?;
            acknowledged.push(one.context("the writers ended")?);
        }
        world.network.kill(DEVNET)?;
        writers.iter().for_each(tokio::task::JoinHandle::abort);
        while let Ok(one) = receiver.try_recv() {
            acknowledged.push(one);
        }
        inspect(&world)?;
        world.network.restart(DEVNET)?;
        check(&world, &acknowledged).await?;
    }
    Ok(())
}

/// Opens slot after slot, and tells of each commit, until the network is gone.
async fn write(clock: MarketClient, first: u64, sender: mpsc::UnboundedSender<Acknowledged>) {
    for number in first..first + 1_000 {
        let Ok(slot) = Slot::new(number) else { return };
        let Ok(receipt) = clock.open_slot(&OpenSlot { slot }).await else {
            return;
        };
        if sender
            .send(Acknowledged {
                slot,
                transaction_id: receipt.transaction_id,
            })
            .is_err()
        {
            return;
        }
    }
}

async fn check(world: &World, acknowledged: &[Acknowledged]) -> Result<()> {
    let profile = world.profile("regulator", "regulator")?;
    let signer: Arc<dyn Signer> =
        Arc::new(connection::identity(&profile).map_err(|failure| anyhow::anyhow!("{failure:?}"))?);
    let channel = world.channel_as(signer, "regulator", "regulator")?;
    let chain = eventually(LIMIT, "the restarted peer to serve", || async {
        read_blocks(&channel).await.ok()
    })
    .await?;
    let valid: BTreeSet<&str> = chain
        .iter()
        .filter(|one| one.code == 0)
        .map(|one| one.transaction_id.as_str())
        .collect();
    let regulator = world.client("regulator", "regulator")?;
    for one in acknowledged {
        ensure!(
            valid.contains(one.transaction_id.as_str()),
            "transaction {} is lost",
            one.transaction_id
        );
        regulator
            .slot(&QuerySlot { slot: one.slot })
            .await
            .context("the state lost an opened slot")?;
    }
    Ok(())
}

/// The devnet's own check of its folder: the log is whole, and the state equals a replay from genesis.
fn inspect(world: &World) -> Result<()> {
    let data = world.network.layout().data();
    let output = Command::new(DER)
        .args(["devnet", "inspect", "--output", "json", "--data-dir"])
        .arg(&data)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    ensure!(report["consistent"] == true, "{report}");
    Ok(())
}
