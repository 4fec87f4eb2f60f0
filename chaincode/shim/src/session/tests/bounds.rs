use bytes::Bytes;
use fabric_protos::protos::{ChaincodeInput, chaincode_message::Type};
use prost::Message as _;

use super::{
    SHORT, get,
    wire::{Function, Wire, echo, key},
};
use crate::{Limits, Response, ShimError, Stub, frame::Frame};

#[tokio::test]
async fn a_panic_is_status_500_and_the_next_transaction_works() {
    async fn run(stub: Stub) -> Result<Bytes, ShimError> {
        assert_ne!(stub.args()[0], "panic", "as asked");
        stub.put_state("key", "value")?;
        echo(stub).await
    }
    let mut wire = Wire::ready_with(Function(run), Limits::default(), None).await;
    wire.start(&key("bad"), "panic").await;
    assert_eq!(
        wire.completed(&key("bad")).await,
        Response::error("the chaincode panicked")
    );
    wire.start(&key("good"), "fine").await;
    wire.request(&key("good"), Type::PutState).await;
    wire.respond(&key("good"), "").await;
    assert_eq!(wire.completed(&key("good")).await, Response::success("fine"));
    assert_eq!((wire.count().panics, wire.count().in_flight), (1, 0));
}

#[tokio::test]
async fn transactions_beyond_the_bounds_wait_and_then_are_refused() {
    let limits = Limits {
        running: 1,
        queued: 1,
        ..Limits::default()
    };
    let mut wire = Wire::ready_with(Function(get), limits, None).await;
    for txid in ["runs", "waits", "refused"] {
        wire.start(&key(txid), "").await;
        if txid == "runs" {
            wire.request(&key("runs"), Type::GetState).await;
        }
    }
    assert_eq!(
        wire.error(&key("refused")).await,
        "too many transactions in flight on this chaincode server"
    );
    wire.respond(&key("runs"), "").await;
    let mut kinds = vec![wire.next().await.known(), wire.next().await.known()];
    kinds.sort();
    assert_eq!(kinds, [Some(Type::Completed), Some(Type::GetState)]);
    wire.respond(&key("waits"), "").await;
    assert_eq!(wire.completed(&key("waits")).await.status, 200);
}

#[tokio::test]
async fn accepted_bytes_are_bounded() {
    let limits = Limits {
        accepted_bytes: 100,
        ..Limits::default()
    };
    let mut wire = Wire::ready_with(Function(get), limits, None).await;
    let large = ChaincodeInput {
        args: vec![vec![0; 80].into()],
        ..ChaincodeInput::default()
    }
    .encode_to_vec();
    for txid in ["one", "two"] {
        wire.send(Frame::of(&key(txid), Type::Transaction, large.clone())).await;
    }
    let (first, second) = (wire.next().await, wire.next().await);
    let mut kinds = [(first.known(), first.key()), (second.known(), second.key())];
    kinds.sort_by_key(|(kind, _)| *kind);
    assert_eq!(
        kinds,
        [(Some(Type::Error), key("two")), (Some(Type::GetState), key("one"))]
    );
    wire.respond(&key("one"), "").await;
    wire.completed(&key("one")).await;
    wire.send(Frame::of(&key("two"), Type::Transaction, large)).await;
    wire.request(&key("two"), Type::GetState).await;
}

#[tokio::test]
async fn a_transaction_without_end_is_given_up() {
    async fn never(_: Stub) -> Result<Bytes, ShimError> {
        std::future::pending().await
    }
    let limits = Limits {
        transaction: SHORT,
        ..Limits::default()
    };
    let mut wire = Wire::ready_with(Function(never), limits, None).await;
    wire.start(&key("tx"), "").await;
    assert_eq!(wire.error(&key("tx")).await, "the transaction was given up after 50ms");
    assert_eq!((wire.count().expired, wire.count().in_flight), (1, 0));
}
