//! kill -9 of a chaincode service in the middle of a transaction.

use std::time::Duration;

use anyhow::{Context, Result};
use der_api::{ErrorCode, request::OpenSlot};
use der_e2e::{Neighbours, Sale, World, eventually};
use der_market::slot::Slot;
use rustix::process::{Pid, Signal, kill_process};

const SERVICE: &str = "chaincode-grid";
const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_hears_the_cause_and_the_next_transaction_works() -> Result<()> {
    let mut world = World::start(env!("CARGO_BIN_EXE_der-under-test"))?;
    let slot = Slot::new(1_000_000)?;
    let neighbours = Neighbours::found(&world, 1, slot).await?;
    neighbours.open(slot).await?;

    // A stopped service has taken the transaction in and will not answer: now it is killed.
    let id = i32::try_from(world.network.pid(SERVICE)?)?;
    let process = Pid::from_raw(id).context("a process id")?;
    kill_process(process, Signal::STOP)?;
    let clock = neighbours.clock.clone();
    let next = Slot::new(1_000_001)?;
    let asked = tokio::spawn(async move { clock.open_slot(&OpenSlot { slot: next }).await });
    eventually(LIMIT, "the call to be under way", || async {
        waits_for_service(&world).then_some(())
    })
    .await?;
    world.network.kill(SERVICE)?;
    let answer = tokio::time::timeout(LIMIT, asked)
        .await
        .context("the client was left waiting")??;
    let error = answer
        .err()
        .context("a transaction without its endorser was committed")?;
    assert_eq!(error.code(), ErrorCode::ChaincodeUnavailable, "{error:?}");
    let words = format!("{error:?}");
    assert!(words.contains("GridMSP") && words.contains("chaincode"), "{words}");

    world.network.restart(SERVICE)?;
    let settled = neighbours.play(next, Sale::KILOWATT_HOUR).await?;
    assert_eq!(settled.trades.len(), 1);
    Ok(())
}

/// Bytes wait in the stopped service's socket.
fn waits_for_service(world: &World) -> bool {
    let Ok(id) = world.network.pid(SERVICE) else {
        return false;
    };
    let Ok(table) = std::fs::read_to_string(format!("/proc/{id}/net/tcp")) else {
        return false;
    };
    let own = own_sockets(id);
    table.lines().skip(1).any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let waiting = fields.get(4).and_then(|queues| queues.split(':').nth(1)).unwrap_or("0");
        let inode = fields.get(9).copied().unwrap_or_default();
        u64::from_str_radix(waiting, 16).is_ok_and(|bytes| bytes > 0) && own.iter().any(|socket| socket == inode)
    })
}

fn own_sockets(id: u32) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(format!("/proc/{id}/fd")) else {
        return Vec::new();
    };
    let links = files.flatten().filter_map(|file| std::fs::read_link(file.path()).ok());
    links
        .filter_map(|link| {
            Some(
                link.to_str()?
                    .strip_prefix("socket:[")?
                    .trim_end_matches(']')
                    .to_owned(),
            )
        })
        .collect()
}
