use std::time::Duration;

use fabric_gateway::Code;
use tokio::time::{Instant, timeout};

use super::world::{GRID, LIMIT, MAJORITY, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_chaincode_killed_in_a_transaction_fails_it_at_once_and_serves_again_when_back() {
    let mut world = World::start().await;
    let contract = world.contract(GRID);
    contract.submit("put", ["k", "v"]).await.unwrap();
    let hanging = tokio::spawn({
        let contract = contract.clone();
        async move { contract.submit("hang", [""; 0]).await }
    });
    timeout(LIMIT, world.store.hanging.notified()).await.unwrap();
    let killed = Instant::now();
    world.services.kill();
    let error = timeout(LIMIT, hanging).await.unwrap().unwrap().unwrap_err();
    assert!(
        killed.elapsed() < Duration::from_secs(5),
        "it must not wait for the execute time-out"
    );
    assert_eq!(error.code(), Some(Code::Aborted), "{error}");
    let detail = &error.details()[0];
    assert_eq!(detail.msp_id, GRID);
    assert!(
        detail.message.ends_with("chaincode stream terminated"),
        "{}",
        detail.message
    );
    assert!(
        detail.message.contains("of GridMSP at 127.0.0.1:"),
        "{}",
        detail.message
    );

    let error = contract.submit("put", ["k", "w"]).await.unwrap_err();
    assert!(
        error.details()[0]
            .message
            .contains("could not launch chaincode store:1 of GridMSP"),
        "{error:?}"
    );
    world.restart_services().await;
    contract.submit("put", ["k", "w"]).await.unwrap();
    assert_eq!(contract.evaluate("get", ["k"]).await.unwrap(), "w");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_function_that_never_ends_times_out() {
    let limit = Duration::from_millis(300);
    let world = World::start_with(MAJORITY, |config| config.limits.execute_timeout = limit).await;
    let error = world.contract(GRID).submit("hang", [""; 0]).await.unwrap_err();
    let message = &error.details()[0].message;
    assert!(
        message.contains("timeout expired while executing transaction"),
        "{message}"
    );
    assert!(
        world
            .contract(GRID)
            .submit("put", ["k", "v"])
            .await
            .unwrap()
            .status
            .successful
    );
}
