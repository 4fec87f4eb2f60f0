use std::time::Instant;

use fabric_devnet::order::CutMode;
use fabric_gateway::{Code, Error, TxValidationCode};

use super::world::{ENERGY, GRID, MAJORITY, MICRO, World};

#[tokio::test(flavor = "multi_thread")]
async fn what_one_organisation_puts_another_gets() {
    let started = Instant::now();
    let world = World::start().await;
    let committed = world.contract(GRID).submit("put", ["k", "v"]).await.unwrap();
    println!(
        "first committed transaction after {:?}, identities included",
        started.elapsed()
    );
    assert_eq!(
        committed.status.block_number, 2,
        "block 0 is genesis, block 1 defines the chaincodes"
    );
    for msp_id in [GRID, ENERGY, MICRO] {
        assert_eq!(world.contract(msp_id).evaluate("get", ["k"]).await.unwrap(), "v");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_appends_endorsed_together_the_second_conflicts() {
    let world = World::start().await;
    let contract = world.contract(GRID);
    let first = contract
        .proposal("append")
        .args(["k", "1"])
        .build()
        .unwrap()
        .endorse()
        .await
        .unwrap();
    let second = contract
        .proposal("append")
        .args(["k", "2"])
        .build()
        .unwrap()
        .endorse()
        .await
        .unwrap();
    let first = first.submit().await.unwrap().status().await.unwrap();
    assert!(first.successful);
    let second = second.submit().await.unwrap().status().await.unwrap();
    assert_eq!(second.validation_code(), Some(TxValidationCode::MvccReadConflict));
    assert_eq!(contract.evaluate("get", ["k"]).await.unwrap(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_appears_in_a_counted_range_is_a_phantom() {
    let world = World::start().await;
    let contract = world.contract(GRID);
    for rows in [3, 200] {
        contract.submit("fill", [rows.to_string()]).await.unwrap();
        let counted = contract
            .proposal("count_into")
            .args(["row", "s", "sum"])
            .build()
            .unwrap()
            .endorse()
            .await
            .unwrap();
        let again = contract
            .proposal("count_into")
            .args(["row", "s", "sum"])
            .build()
            .unwrap()
            .endorse()
            .await
            .unwrap();
        assert!(
            again.submit().await.unwrap().status().await.unwrap().successful,
            "nothing appeared among {rows}"
        );
        contract.submit("put", ["row00001x", "new"]).await.unwrap();
        let counted = counted.submit().await.unwrap().status().await.unwrap();
        assert_eq!(
            counted.validation_code(),
            Some(TxValidationCode::PhantomReadConflict),
            "{rows} rows"
        );
        contract.submit("delete", ["row00001x"]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_invalidates_what_is_in_flight() {
    let world = World::start().await;
    let contract = world.contract(GRID);
    let endorsed = contract
        .proposal("put")
        .args(["k", "v"])
        .build()
        .unwrap()
        .endorse()
        .await
        .unwrap();
    let mut upgraded = world.config().chaincodes.remove(0);
    upgraded.version = "2".to_owned();
    world.devnet().upgrade_chaincode(&upgraded).await.unwrap();
    let status = endorsed.submit().await.unwrap().status().await.unwrap();
    assert_eq!(status.validation_code(), Some(TxValidationCode::MvccReadConflict));
    assert!(contract.submit("put", ["k", "v"]).await.unwrap().status.successful);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_demand_nothing_is_committed_before_the_cut() {
    let world = World::start_with(MAJORITY, |config| config.switches.cut = CutMode::OnDemand).await;
    let contract = world.contract(GRID);
    let height = world.devnet().ledger().height();
    let mut commits = Vec::new();
    for key in ["a", "b", "c"] {
        let endorsed = contract
            .proposal("put")
            .args([key, "v"])
            .build()
            .unwrap()
            .endorse()
            .await
            .unwrap();
        commits.push(endorsed.submit().await.unwrap());
    }
    assert_eq!(world.devnet().ledger().height(), height);
    assert_eq!(world.devnet().orderer().cut().await.unwrap(), height + 1);
    for commit in commits {
        let status = commit.status().await.unwrap();
        assert_eq!((status.block_number, status.successful), (height, true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_data() {
    let mut world = World::start().await;
    world.contract(GRID).submit("put", ["k", "v"]).await.unwrap();
    let height = world.devnet().ledger().height();
    world.stop().await;
    world.spawn_with(|_| ()).await;
    assert_eq!(
        world.devnet().ledger().height(),
        height,
        "a restart defines nothing again"
    );
    assert_eq!(world.contract(ENERGY).evaluate("get", ["k"]).await.unwrap(), "v");
    let ledger = world.devnet().ledger();
    assert_eq!(
        ledger.snapshot().state_hash().unwrap(),
        ledger.replayed_state_hash().unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chaincode_calls_another_on_the_same_state() {
    let world = World::start().await;
    world
        .contract(GRID)
        .submit("call", ["other", "put", "k", "theirs"])
        .await
        .unwrap();
    assert_eq!(
        world.contract(GRID).evaluate("get", ["k"]).await.unwrap(),
        "",
        "the callee writes its own keys"
    );
    assert_eq!(
        world
            .contract(GRID)
            .evaluate("call", ["other", "get", "k"])
            .await
            .unwrap(),
        "theirs"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_chaincodes_and_private_data_are_refused_by_name() {
    let world = World::start().await;
    let gateway = world.gateway_of(GRID, world.user(GRID));
    let error = gateway
        .network("energy")
        .contract("absent")
        .submit("put", ["k", "v"])
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::FailedPrecondition), "{error}");
    assert!(error.to_string().contains("absent"), "{error}");
    let error = world.contract(GRID).submit("private", [""; 0]).await.unwrap_err();
    assert!(matches!(&error, Error::Endorse(_)));
    assert!(
        format!("{error:?}").contains("private data is not kept by this network"),
        "{error:?}"
    );
}
