//! kill -9 of a chaincode service in the middle of a transaction.

use std::time::Duration;

use anyhow::{Context, Result};
use der_api::{ErrorCode, request::OpenSlot};
use der_e2e::{Neighbours, Node, Sale, World, eventually, has_unread_bytes};
use der_market::slot::Slot;

const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_hears_the_cause_and_the_next_transaction_works() -> Result<()> {
    let Some(mut world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let service = Node::service("grid");
    let slot = Slot::new(1_000_000)?;
    let neighbours = Neighbours::found(&world, 1, slot).await?;
    neighbours.open(slot).await?;

    // A stopped service has taken the transaction in and will not answer: now it is killed.
    world.pause(&service)?;
    let id = world.pid(&service)?;
    let clock = neighbours.clock.clone();
    let next = Slot::new(1_000_001)?;
    let asked = tokio::spawn(async move { clock.open_slot(&OpenSlot { slot: next.into() }).await });
    eventually(LIMIT, "the call to be under way", || async {
        has_unread_bytes(id).then_some(())
    })
    .await?;
    world.kill(&service)?;
    let answer = tokio::time::timeout(LIMIT, asked)
        .await
        .context("the client was left waiting")??;
    let error = answer
        .err()
        .context("a transaction without its endorser was committed")?;
    assert_eq!(error.code(), ErrorCode::ChaincodeUnavailable, "{error:?}");
    let words = format!("{error:?}");
    assert!(words.contains("GridMSP") && words.contains("chaincode"), "{words}");

    world.restart(&service)?;
    let settled = neighbours.play(next, Sale::KILOWATT_HOUR).await?;
    assert_eq!(settled.contracts, 1);
    Ok(())
}
