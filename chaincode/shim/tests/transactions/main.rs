//! Transactions against a peer in memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails its test")]

mod queries;

use std::future::Future;

use bytes::Bytes;
use fabric_protos::msp::SerializedIdentity;
use fabric_shim::{
    Chaincode, Response, ShimError, Stub,
    mock::{MockError, MockLedger, MockOutcome, MockPeer, MockProposal, MockSettings},
};
use proptest::prelude::*;
use prost::Message as _;

struct Function<F>(F);

impl<F, Fut> Chaincode for Function<F>
where
    F: Fn(Stub) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<String, ShimError>> + Send,
{
    async fn invoke(&self, stub: Stub) -> Response {
        (self.0)(stub)
            .await
            .map_or_else(|error| Response::error(error.to_string()), Response::success)
    }
}

fn proposal() -> MockProposal {
    MockProposal::new([""])
}

fn old_peer() -> MockSettings {
    MockSettings {
        write_batch: None,
        get_multiple: None,
        ..MockSettings::default()
    }
}

/// Runs one function once, on a ledger, at a peer.
async fn run_with<F, Fut>(ledger: &MockLedger, settings: MockSettings, function: F) -> Result<MockOutcome, MockError>
where
    F: Fn(Stub) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<String, ShimError>> + Send,
{
    MockPeer::connect_with(ledger.clone(), Function(function), settings)
        .await?
        .submit(proposal())
        .await
}

async fn run<F, Fut>(ledger: &MockLedger, function: F) -> MockOutcome
where
    F: Fn(Stub) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<String, ShimError>> + Send,
{
    run_with(ledger, MockSettings::default(), function).await.unwrap()
}

fn numbered(count: usize) -> MockLedger {
    let ledger = MockLedger::new();
    for index in 0..count {
        ledger.put(format!("k{index:04}"), index.to_string());
    }
    ledger
}

#[tokio::test]
async fn reads_see_the_committed_state_only() {
    let ledger = MockLedger::new();
    ledger.put("key", "old");
    let outcome = run(&ledger, |stub| async move {
        stub.put_state("key", "new")?;
        Ok(String::from_utf8_lossy(&stub.get_state("key").await?.unwrap()).into_owned())
    })
    .await;
    assert_eq!(outcome.response, Response::success("old"));
    assert_eq!(ledger.get("key").unwrap(), "new");
}

#[tokio::test]
async fn the_last_write_of_a_key_wins() {
    let outcome = run(&MockLedger::new(), |stub| async move {
        stub.put_state("b", "1")?;
        stub.delete_state("a")?;
        stub.put_state("b", "2")?;
        stub.put_state("a", "3")?;
        Ok(String::new())
    })
    .await;
    let writes: Vec<_> = outcome
        .writes
        .iter()
        .map(|write| (write.key.as_str(), write.value.as_deref()))
        .collect();
    assert_eq!(writes, [("a", Some(&b"3"[..])), ("b", Some(&b"2"[..]))]);
    assert_eq!(outcome.requests, ["WRITE_BATCH_STATE"]);
}

#[tokio::test]
async fn batches_are_no_larger_than_advertised() {
    let settings = MockSettings {
        write_batch: Some(7),
        ..MockSettings::default()
    };
    let ledger = MockLedger::new();
    let outcome = run_with(&ledger, settings, |stub| async move {
        for index in 0..15 {
            stub.put_state(format!("{index:02}"), "x")?;
        }
        Ok(String::new())
    });
    let outcome = outcome.await.unwrap();
    assert_eq!((outcome.requests.len(), outcome.writes.len()), (3, 15));
}

#[derive(Debug, Clone)]
enum Operation {
    Put(u8, String),
    Delete(u8),
    Policy(u8, String),
    PutPrivate(u8, String),
    Flush,
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = || 0u8..12;
    prop_oneof![
        4 => (key(), "[a-z]{1,4}").prop_map(|(key, value)| Operation::Put(key, value)),
        2 => key().prop_map(Operation::Delete),
        2 => (key(), "[a-z]{1,4}").prop_map(|(key, value)| Operation::Policy(key, value)),
        1 => (key(), "[a-z]{1,4}").prop_map(|(key, value)| Operation::PutPrivate(key, value)),
        1 => Just(Operation::Flush),
    ]
}

async fn apply(stub: Stub, operations: Vec<Operation>) -> Result<String, ShimError> {
    for operation in operations {
        match operation {
            Operation::Put(key, value) => stub.put_state(key.to_string(), value)?,
            Operation::Delete(key) => stub.delete_state(key.to_string())?,
            Operation::Policy(key, value) => stub.set_validation_parameter(key.to_string(), value)?,
            Operation::PutPrivate(key, value) => stub.put_private("secret", key.to_string(), value)?,
            Operation::Flush => stub.flush().await?,
        }
    }
    Ok(String::new())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn batched_and_single_writes_are_the_same(
        operations in prop::collection::vec(operation(), 0..40), size in 1u32..9,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let written = |settings: MockSettings| {
            let operations = operations.clone();
            let function = move |stub| apply(stub, operations.clone());
            runtime.block_on(run_with(&MockLedger::new(), settings, function)).unwrap().writes
        };
        let batched = written(MockSettings { write_batch: Some(size), ..MockSettings::default() });
        prop_assert_eq!(batched, written(old_peer()));
    }
}

#[tokio::test]
async fn many_values_are_read_in_order_with_or_without_multiple_gets() {
    let ledger = numbered(5);
    let read = |stub: Stub| async move {
        let values = stub.get_states(&["k0004", "none", "k0001", "k0000"]).await?;
        Ok(format!("{values:?}"))
    };
    let expected = r#"[Some(b"4"), None, Some(b"1"), Some(b"0")]"#;
    for (settings, requests) in [
        (MockSettings::default(), 1),
        (
            MockSettings {
                get_multiple: Some(3),
                ..MockSettings::default()
            },
            2,
        ),
        (old_peer(), 4),
    ] {
        let outcome = run_with(&ledger, settings, read).await.unwrap();
        assert_eq!(
            (outcome.response.payload, outcome.requests.len()),
            (Bytes::from(expected), requests)
        );
    }
}

#[tokio::test]
async fn key_level_policies_are_written_and_read() {
    let ledger = MockLedger::new();
    let peer = MockPeer::connect(
        ledger.clone(),
        Function(|stub: Stub| async move {
            let found = stub.get_validation_parameter("key").await?;
            stub.set_validation_parameter("key", "policy")?;
            Ok(format!("{found:?}"))
        }),
    )
    .await
    .unwrap();
    assert_eq!(
        peer.submit(proposal()).await.unwrap().response,
        Response::success("None")
    );
    assert_eq!(ledger.validation_parameter("key").unwrap(), "policy");
    assert_eq!(
        peer.submit(proposal()).await.unwrap().response,
        Response::success(r#"Some(b"policy")"#)
    );
}

#[tokio::test]
async fn private_data_goes_through_with_its_collection() {
    let ledger = MockLedger::new();
    run(&ledger, |stub| async move {
        stub.put_private("secret", "a", "1")?;
        stub.put_private("secret", "b", "2")?;
        Ok(String::new())
    })
    .await;
    assert_eq!(ledger.get_private("secret", "a").unwrap(), "1");
    assert_eq!(ledger.get("a"), None);
    let outcome = run(&ledger, |stub| async move {
        assert_eq!(stub.get_private("secret", "a").await?.unwrap(), "1");
        assert_eq!(
            stub.get_privates("secret", &["b", "c"]).await?,
            [Some(Bytes::from("2")), None]
        );
        assert_eq!(stub.get_private_hash("secret", "a").await?.unwrap().len(), 32);
        assert_eq!(stub.private_range("secret", "", "").await?.take(9).await?.len(), 2);
        assert!(
            stub.get_private("", "a")
                .await
                .unwrap_err()
                .to_string()
                .contains("collection must not be")
        );
        Ok(String::new())
    })
    .await;
    assert_eq!(outcome.response.status, 200, "{}", outcome.response.message);
    run(&ledger, |stub| async move {
        stub.purge_private("secret", "a")?;
        stub.delete_private("secret", "b")?;
        Ok(String::new())
    })
    .await;
    assert_eq!(
        (ledger.get_private("secret", "a"), ledger.get_private("secret", "b")),
        (None, None)
    );
}

#[tokio::test]
async fn another_chaincode_is_called_after_the_writes() {
    let ledger = MockLedger::new();
    ledger.on_call("adder/other", |args| Response::success(format!("{} args", args.len())));
    let outcome = run(&ledger, |stub| async move {
        stub.put_state("key", "value")?;
        let response = stub
            .invoke_chaincode("adder", vec![Bytes::new(), Bytes::new()], "other")
            .await?;
        assert!(matches!(
            stub.invoke_chaincode("none", vec![], "").await,
            Err(ShimError::Peer(_))
        ));
        Ok(String::from_utf8_lossy(&response.payload).into_owned())
    })
    .await;
    assert_eq!(outcome.response, Response::success("2 args"));
    assert_eq!(
        outcome.requests,
        ["WRITE_BATCH_STATE", "INVOKE_CHAINCODE", "INVOKE_CHAINCODE"]
    );
}

#[tokio::test]
async fn a_transaction_knows_its_proposal() {
    let peer = MockPeer::connect(
        MockLedger::new(),
        Function(|stub: Stub| async move {
            assert_eq!(stub.function_and_parameters(), ("f".into(), &[Bytes::from("p")][..]));
            assert_eq!((stub.transaction_id(), stub.channel_id()), ("t1", "c1"));
            assert_eq!(stub.creator(), "someone");
            assert_eq!(stub.transient()["secret"], "s");
            assert_eq!(stub.decorations()["colour"], "blue");
            assert_eq!(stub.timestamp().unwrap().seconds, 42);
            assert!(stub.signed_proposal().is_some());
            assert!(stub.identity().is_err());
            let nonce_creator_epoch = [b"t1someone".as_slice(), &[0; 8]].concat();
            let expected = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &nonce_creator_epoch);
            assert_eq!(stub.binding().unwrap(), expected.as_ref());
            stub.set_event("first", "")?;
            stub.set_event("last", "payload")?;
            assert!(stub.set_event("", "").is_err());
            assert_eq!(
                stub.put_state("", "").unwrap_err().to_string(),
                "key must not be an empty string"
            );
            Ok(String::new())
        }),
    )
    .await
    .unwrap();
    let proposal = MockProposal::new(["f", "p"])
        .channel("c1")
        .transaction_id("t1")
        .creator("someone")
        .transient("secret", "s")
        .decoration("colour", "blue")
        .timestamp(42);
    let outcome = peer.submit(proposal).await.unwrap();
    assert_eq!(outcome.response, Response::success(""));
    let event = outcome.event.unwrap();
    assert_eq!((event.key.as_str(), event.value), ("last", Bytes::from("payload")));
}

#[tokio::test]
async fn the_caller_is_read_from_the_proposal() {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec![])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let creator = SerializedIdentity {
        mspid: "GridMSP".to_owned(),
        id_bytes: certificate.pem().into(),
    };
    let peer = MockPeer::connect(
        MockLedger::new(),
        Function(|stub: Stub| async move { Ok(stub.identity()?.msp_id().to_owned()) }),
    )
    .await
    .unwrap();
    let outcome = peer.submit(proposal().creator(creator.encode_to_vec())).await.unwrap();
    assert_eq!(outcome.response, Response::success("GridMSP"));
}

#[tokio::test]
async fn buffered_writes_are_bounded() {
    let mut settings = MockSettings::default();
    settings.limits.buffered_bytes = 100;
    let ledger = MockLedger::new();
    let outcome = run_with(&ledger, settings, |stub| async move {
        stub.put_state("a", vec![b'x'; 90])?;
        assert!(stub.put_state("b", vec![b'x'; 90]).is_err());
        stub.flush().await?;
        stub.put_state("b", vec![b'x'; 90])?;
        Ok(String::new())
    });
    assert_eq!(outcome.await.unwrap().writes.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_transactions_share_one_stream() {
    let ledger = numbered(1000);
    let peer = MockPeer::connect(
        ledger.clone(),
        Function(|stub: Stub| async move {
            let key = String::from_utf8_lossy(&stub.args()[0]).into_owned();
            let value = stub.get_state(&key).await?.unwrap();
            stub.put_state(key, [value.clone(), value].concat())?;
            Ok(String::new())
        }),
    )
    .await
    .unwrap();
    let proposals = (0..1000).map(|index| peer.submit(MockProposal::new([format!("k{index:04}")])));
    for outcome in futures_util::future::join_all(proposals).await {
        assert_eq!(outcome.unwrap().response.status, 200);
    }
    for (index, (_, value)) in ledger.entries().into_iter().enumerate() {
        assert_eq!(value, format!("{index}{index}"));
    }
    let metrics = peer.metrics().snapshot();
    assert_eq!(
        (metrics.transactions, metrics.in_flight, metrics.requests),
        (1000, 0, 2000)
    );
}
