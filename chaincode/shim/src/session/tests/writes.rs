use std::sync::Arc;

use bytes::Bytes;
use fabric_protos::protos::{ChaincodeAdditionalParams, WriteBatchState, chaincode_message::Type};
use prost::Message as _;
use tokio::sync::Notify;

use super::wire::{Function, Wire, key};
use crate::{Limits, Response, ShimError, Stub, frame::Frame};

async fn put(stub: Stub) -> Result<Bytes, ShimError> {
    stub.put_state("key", "value")?;
    Ok(Bytes::new())
}

#[tokio::test]
async fn writes_go_one_by_one_to_a_peer_without_batches() {
    for parameters in [None, Some(ChaincodeAdditionalParams::default())] {
        let mut wire = Wire::ready_with(Function(put), Limits::default(), parameters).await;
        wire.start(&key("tx"), "").await;
        wire.request(&key("tx"), Type::PutState).await;
        wire.respond(&key("tx"), "").await;
        assert_eq!(wire.completed(&key("tx")).await.status, 200);
    }
}

#[tokio::test]
async fn writes_go_together_to_a_peer_with_batches() {
    let mut wire = Wire::ready(Function(put)).await;
    wire.start(&key("tx"), "").await;
    let batch = WriteBatchState::decode(wire.request(&key("tx"), Type::WriteBatchState).await).unwrap();
    assert_eq!(batch.rec.len(), 1);
    wire.respond(&key("tx"), "").await;
    assert_eq!(wire.completed(&key("tx")).await.status, 200);
}

#[tokio::test]
async fn a_batch_that_the_peer_refuses_fails_the_transaction() {
    let mut wire = Wire::ready(Function(put)).await;
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::WriteBatchState).await;
    wire.send(Frame::error(&key("tx"), "no")).await;
    assert_eq!(wire.error(&key("tx")).await, "failed send batch: no");
}

#[tokio::test]
async fn a_failed_flush_cannot_be_ignored() {
    async fn careless(stub: Stub) -> Result<Bytes, ShimError> {
        stub.put_state("key", "value")?;
        assert!(stub.flush().await.is_err());
        Ok(Bytes::new())
    }
    let mut wire = Wire::ready(Function(careless)).await;
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::WriteBatchState).await;
    wire.send(Frame::error(&key("tx"), "no")).await;
    assert_eq!(wire.error(&key("tx")).await, "failed send batch: no");
}

#[tokio::test]
async fn a_flush_given_up_cannot_be_ignored() {
    let enough = Arc::new(Notify::new());
    let signal = enough.clone();
    let mut wire = Wire::ready(Function(move |stub: Stub| {
        let enough = enough.clone();
        async move {
            stub.put_state("key", "value")?;
            tokio::select! {
                biased;
                () = enough.notified() => {}
                _ = stub.flush() => panic!("nobody answers"),
            }
            Ok(Bytes::new())
        }
    }))
    .await;
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::WriteBatchState).await;
    signal.notify_one();
    assert_eq!(
        wire.error(&key("tx")).await,
        "failed send batch: an earlier flush was given up"
    );
}

#[tokio::test]
async fn a_failed_transaction_writes_nothing() {
    async fn fail(stub: Stub) -> Result<Bytes, ShimError> {
        stub.put_state("key", "value")?;
        Err(ShimError::Argument("no".to_owned()))
    }
    let mut wire = Wire::ready(Function(fail)).await;
    wire.start(&key("tx"), "").await;
    assert_eq!(wire.completed(&key("tx")).await, Response::error("no"));
    assert_eq!(wire.count().requests, 0);
}

#[tokio::test]
async fn a_request_larger_than_a_message_fails_alone() {
    async fn large(stub: Stub) -> Result<Bytes, ShimError> {
        stub.put_state("key", vec![0; crate::MAX_MESSAGE_BYTES])?;
        Ok(Bytes::new())
    }
    let mut wire = Wire::ready(Function(large)).await;
    wire.start(&key("tx"), "").await;
    let text = wire.error(&key("tx")).await;
    assert!(text.contains("more than a message can carry"), "{text}");
    wire.alive().await;
}
