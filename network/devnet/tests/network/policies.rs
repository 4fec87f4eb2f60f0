use bytes::Bytes;
use fabric_devnet::{ledger::block, validate::validate_block};
use fabric_gateway::{Code, Deadlines, Limits, TxValidationCode};
use fabric_msp::{SignaturePolicy, Signer};
use fabric_protos::{
    common::{Envelope, Status},
    gateway::PreparedTransaction,
};
use prost::Message;
use tokio::time::timeout;

use super::world::{ENERGY, GRID, LIMIT, MAJORITY, MICRO, World};

#[tokio::test(flavor = "multi_thread")]
async fn too_few_endorsements_fail_the_policy() {
    let world = World::start().await;
    let contract = world.contract(GRID);
    let alone = contract
        .proposal("put")
        .args(["k", "v"])
        .endorsing_organizations([GRID]);
    let status = alone
        .build()
        .unwrap()
        .endorse()
        .await
        .unwrap()
        .submit()
        .await
        .unwrap()
        .status()
        .await
        .unwrap();
    assert_eq!(
        status.validation_code(),
        Some(TxValidationCode::EndorsementPolicyFailure)
    );
    assert_eq!(contract.evaluate("get", ["k"]).await.unwrap(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_finds_the_organisations_that_a_policy_names() {
    let world = World::start_with("AND('EnergyMSP.peer', 'MicrogridMSP.peer')", |_| ()).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_guarded_key_needs_its_own_endorser_and_no_other() {
    let world = World::start().await;
    let contract = world.contract(GRID);
    let policy = SignaturePolicy::parse("OR('MicrogridMSP.peer')")
        .unwrap()
        .to_envelope()
        .encode_to_vec();
    contract.submit("put", ["k", "v"]).await.unwrap();
    contract.submit("guard", [b"k".as_slice(), &policy]).await.unwrap();
    assert_eq!(contract.evaluate("guard_of", ["k"]).await.unwrap(), policy);
    contract.submit("put", ["k", "planned by the gateway"]).await.unwrap();
    let others = contract
        .proposal("put")
        .args(["k", "w"])
        .endorsing_organizations([GRID, ENERGY]);
    let status = others
        .build()
        .unwrap()
        .endorse()
        .await
        .unwrap()
        .submit()
        .await
        .unwrap()
        .status()
        .await
        .unwrap();
    assert_eq!(
        status.validation_code(),
        Some(TxValidationCode::EndorsementPolicyFailure)
    );
    let its_own = contract
        .proposal("put")
        .args(["k", "w"])
        .endorsing_organizations([MICRO]);
    let status = its_own
        .build()
        .unwrap()
        .endorse()
        .await
        .unwrap()
        .submit()
        .await
        .unwrap()
        .status()
        .await
        .unwrap();
    assert!(status.successful);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_authoritys_user_is_refused_at_the_proposal() {
    let world = World::start().await;
    let gateway = world.gateway_of(GRID, world.impostor(GRID));
    let contract = gateway.network("energy").contract("store");
    let error = contract.submit("put", ["k", "v"]).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::Aborted), "{error}");
    assert!(
        error.details()[0]
            .message
            .contains("access denied: channel [energy] creator org [GridMSP]"),
        "{error:?}"
    );
    let error = contract.evaluate("get", ["k"]).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::FailedPrecondition), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_signed_by_a_foreign_authoritys_user_is_not_ordered_and_would_be_invalid() {
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
    let payload = PreparedTransaction::decode(endorsed.bytes())
        .unwrap()
        .envelope
        .unwrap()
        .payload;
    let signature = Bytes::from(world.impostor(GRID).sign(&payload).unwrap());
    let forged = Bytes::from(Envelope { payload, signature }.encode_to_vec());
    let refused = world.devnet().orderer().submit(forged.clone()).await.unwrap_err();
    assert_eq!(refused.status, Status::Forbidden);

    let ledger = world.devnet().ledger();
    let ordered_anyway = block::new_block(ledger.height(), ledger.last_hash(), vec![forged]);
    let outcome = validate_block(&world.devnet().channel().now(), &ledger.snapshot(), &ordered_anyway)
        .unwrap()
        .outcome;
    assert_eq!(outcome.codes, [TxValidationCode::BadCreatorSignature]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lagging_organisation_disagrees_and_the_difference_is_named() {
    let world = World::start_with("AND('GridMSP.peer', 'EnergyMSP.peer')", |_| ()).await;
    let contract = world.contract(GRID);
    contract.submit("append", ["k", "1"]).await.unwrap();
    contract.submit("append", ["k", "2"]).await.unwrap();
    assert!(world.devnet().set_lag(ENERGY, 1));
    let error = contract.submit("append", ["k", "3"]).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::Aborted), "{error}");
    let words: Vec<&str> = error.details().iter().map(|detail| detail.message.as_str()).collect();
    assert_eq!(words[0], "ProposalResponsePayloads do not match");
    assert!(
        words[1].contains("read of store/k: version 3:0 against version 2:0"),
        "{words:?}"
    );
    assert!(
        words[1].contains("write of store/k: \"123\" against \"13\""),
        "{words:?}"
    );
    world.devnet().set_lag(ENERGY, 0);
    contract.submit("append", ["k", "3"]).await.unwrap();
    assert_eq!(contract.evaluate("get", ["k"]).await.unwrap(), "123");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_beyond_the_limit_are_refused() {
    let world = World::start_with(MAJORITY, |config| config.limits.gateway_concurrency = 1).await;
    let contract = world.contract(GRID);
    let hanging = tokio::spawn({
        let contract = contract.clone();
        async move { contract.evaluate("hang", [""; 0]).await }
    });
    world.store.hanging.notified().await;
    let error = contract.evaluate("get", ["k"]).await.unwrap_err();
    let text = format!("{error:?}");
    assert!(
        text.contains("too many requests for /gateway.Gateway, exceeding concurrency limit (1)"),
        "{text}"
    );
    hanging.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_again_succeeds_once_the_lag_is_gone() {
    let world = World::start_with("AND('GridMSP.peer', 'EnergyMSP.peer')", |_| ()).await;
    world.contract(GRID).submit("append", ["k", "1"]).await.unwrap();
    world.contract(GRID).submit("append", ["k", "2"]).await.unwrap();
    assert!(world.devnet().set_lag(ENERGY, 1));
    let patient = Limits {
        endorsements: 1000,
        deadlines: Deadlines {
            endorse: LIMIT,
            ..Deadlines::default()
        },
        ..Limits::default()
    };
    let contract = world.gateway_with(GRID, patient).network("energy").contract("store");
    let mut invocations = world.store.invocations.subscribe();
    let before = *invocations.borrow_and_update();
    let submitted = tokio::spawn(async move { contract.submit("append", ["k", "3"]).await });
    // Both peers were asked once, and disagreed, when one is asked for the second time.
    let asked_again = invocations.wait_for(|count| *count >= before + 3);
    timeout(LIMIT, asked_again).await.unwrap().unwrap();
    world.devnet().set_lag(ENERGY, 0);
    let committed = timeout(LIMIT, submitted).await.unwrap().unwrap().unwrap();
    assert!(committed.status.successful);
    assert_eq!(world.contract(GRID).evaluate("get", ["k"]).await.unwrap(), "123");
}
