//! kill -9 of the devnet, or of one peer or ordering node of Fabric after the other, after any committed block: nothing acknowledged is
//! lost, no torn block is served, every peer holds the same chain, and the devnet's state is what a replay from genesis gives.

use std::{process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use der_api::request::{OpenSlot, QuerySlot};
use der_cli::connection;
use der_client::MarketClient;
use der_e2e::{Committed, Neighbours, NetworkKind, Node, ORGANISATIONS, World, eventually, read_blocks};
use der_market::slot::Slot;
use tokio::sync::mpsc;

const DER: &str = env!("CARGO_BIN_EXE_der-under-test");
const ROUNDS: usize = 12;
const WRITERS: u64 = 4;
const LIMIT: Duration = Duration::from_secs(60);
/// How long a writer waits for its block.
const COMMIT_STATUS_MS: u64 = 5_000;
/// Between a failure and the next try of a writer.
const PAUSE: Duration = Duration::from_millis(100);

/// What a writer was told is on the ledger.
struct Acknowledged {
    slot: Slot,
    transaction_id: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_transaction_is_lost() -> Result<()> {
    let Some(mut world) = World::start(DER)? else {
        return Ok(());
    };
    let victims: Vec<Node> = world.nodes().into_iter().filter(keeps_the_ledger).collect();
    Neighbours::found(&world, 1, Slot::new(1)?).await?;
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let clock = impatient_clock(&world)?;
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
        let victim = &victims[round % victims.len()];
        world.kill(victim)?;
        writers.iter().for_each(tokio::task::JoinHandle::abort);
        while let Ok(one) = receiver.try_recv() {
            acknowledged.push(one);
        }
        if world.kind() == NetworkKind::Devnet {
            inspect(&world)?;
        }
        world.restart(victim)?;
        check(&world, &acknowledged)
            .await
            .with_context(|| format!("after the end of {victim}"))?;
    }
    Ok(())
}

fn keeps_the_ledger(node: &Node) -> bool {
    !matches!(node, Node::Service(_))
}

/// A Raft leader that is killed takes transactions with it that it had accepted: nobody will ever tell of their commit.
fn impatient_clock(world: &World) -> Result<MarketClient> {
    let mut profile = world.profile("grid", "clock")?;
    profile.timeouts.commit_status_ms = COMMIT_STATUS_MS;
    connection::connect(&profile).map_err(|failure| anyhow::anyhow!("{failure:?}"))
}

/// Opens slot after slot, and tells of each commit, until it is aborted. What fails while a node is away or a leader is elected is not
/// acknowledged; the next slot is tried.
async fn write(clock: MarketClient, first: u64, sender: mpsc::UnboundedSender<Acknowledged>) {
    let mut pause = tokio::time::interval(PAUSE);
    for number in first..first + 1_000 {
        let Ok(slot) = Slot::new(number) else { return };
        let Ok(receipt) = clock.open_slot(&OpenSlot { slot: slot.into() }).await else {
            pause.tick().await;
            continue;
        };
        // Without a block it was found on the ledger after an unknown commit, and its id may be another's.
        if receipt.block.is_none() {
            continue;
        }
        let transaction_id = receipt.transaction_id;
        if sender.send(Acknowledged { slot, transaction_id }).is_err() {
            return;
        }
    }
}

async fn check(world: &World, acknowledged: &[Acknowledged]) -> Result<()> {
    let mut chain = Vec::new();
    for of in ORGANISATIONS {
        let own = complete_chain(world, of, acknowledged).await?;
        let shorter = chain.len().min(own.len());
        ensure!(
            chain[..shorter] == own[..shorter],
            "the peer of {of} has another history"
        );
        chain = own;
    }
    let regulator = world.client("regulator", "regulator")?;
    for one in acknowledged {
        regulator
            .slot(&QuerySlot { slot: one.slot.into() })
            .await
            .context("the state lost an opened slot")?;
    }
    Ok(())
}

/// The chain as one peer serves it, once it holds every acknowledged transaction as valid.
async fn complete_chain(world: &World, of: &str, acknowledged: &[Acknowledged]) -> Result<Vec<Committed>> {
    let peer = world.peer(of)?;
    let valid = |chain: &[Committed], id: &str| chain.iter().any(|one| one.code == 0 && one.transaction_id == id);
    eventually(
        LIMIT,
        &format!("every acknowledged transaction at the peer of {of}"),
        || async {
            let chain = read_blocks(&peer).await.ok()?;
            acknowledged
                .iter()
                .all(|one| valid(&chain, &one.transaction_id))
                .then_some(chain)
        },
    )
    .await
}

/// The devnet's own check of its folder: the log is whole, and the state equals a replay from genesis.
fn inspect(world: &World) -> Result<()> {
    let data = world.layout().data();
    let output = Command::new(DER)
        .args(["devnet", "inspect", "--output", "json", "--data-dir"])
        .arg(&data)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    ensure!(report["consistent"] == true, "{report}");
    Ok(())
}
