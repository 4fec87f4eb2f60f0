use std::sync::Arc;

use bytes::Bytes;
use fabric_protos::protos::{GetStateMultipleResult, chaincode_message::Type};
use prost::Message as _;
use tokio::sync::Notify;

use super::{
    SHORT, get,
    wire::{Function, Wire, batches, key},
};
use crate::{
    Limits, Response, ShimError, Stub,
    frame::{Frame, TxKey},
};

#[tokio::test]
async fn a_multiple_get_answered_short_is_an_error() {
    async fn read(stub: Stub) -> Result<Bytes, ShimError> {
        let error = stub.get_states(&["a", "b", "c"]).await.unwrap_err();
        assert_eq!(error, ShimError::ValueCount { asked: 2, answered: 0 });
        Err(error)
    }
    let mut wire = Wire::ready_with(Function(read), Limits::default(), Some(batches(2))).await;
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::GetStateMultiple).await;
    wire.respond(&key("tx"), GetStateMultipleResult::default().encode_to_vec())
        .await;
    assert_eq!(
        wire.completed(&key("tx")).await.message,
        "the peer answered 0 values for 2 keys"
    );
}

#[tokio::test]
async fn answers_that_nobody_waits_for_are_dropped() {
    let mut wire = Wire::ready(Function(get)).await;
    wire.respond(&key("never"), "x").await;
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::GetState).await;
    wire.respond(&key("tx"), "one").await;
    assert_eq!(wire.completed(&key("tx")).await, Response::success("one"));
    wire.respond(&key("tx"), "late").await;
    wire.send(Frame::error(&key("tx"), "late")).await;
    wire.alive().await;
    assert_eq!(wire.count().dropped_late, 3);
}

#[tokio::test]
async fn a_request_without_an_answer_ends_at_its_limit() {
    let limits = Limits {
        request: SHORT,
        ..Limits::default()
    };
    let mut wire = Wire::ready_with(Function(get), limits, None).await;
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::GetState).await;
    assert_eq!(
        wire.completed(&key("tx")).await.message,
        "GET_STATE had no answer within 50ms"
    );
}

#[tokio::test]
async fn a_late_answer_is_not_taken_for_the_next_one() {
    let enough = Arc::new(Notify::new());
    let signal = enough.clone();
    let mut wire = Wire::ready(Function(move |stub: Stub| {
        let enough = enough.clone();
        async move {
            tokio::select! {
                biased;
                () = enough.notified() => {}
                _ = stub.get_state("first") => panic!("nobody answers"),
            }
            get(stub).await
        }
    }))
    .await;
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::GetState).await;
    signal.notify_one();
    wire.alive().await;
    wire.respond(&key("tx"), "first").await;
    wire.request(&key("tx"), Type::GetState).await;
    wire.respond(&key("tx"), "second").await;
    assert_eq!(wire.completed(&key("tx")).await, Response::success("second"));
}

#[tokio::test]
async fn requests_of_one_transaction_take_turns() {
    async fn both(stub: Stub) -> Result<Bytes, ShimError> {
        let (one, two) = tokio::join!(stub.get_state("one"), stub.get_state("two"));
        Ok([one?.unwrap_or_default(), two?.unwrap_or_default()].concat().into())
    }
    let mut wire = Wire::ready(Function(both)).await;
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::GetState).await;
    wire.alive().await;
    wire.respond(&key("tx"), "1").await;
    wire.request(&key("tx"), Type::GetState).await;
    wire.respond(&key("tx"), "2").await;
    assert_eq!(wire.completed(&key("tx")).await, Response::success("12"));
}

#[tokio::test]
async fn one_transaction_id_may_run_on_two_channels() {
    let mut wire = Wire::ready(Function(get)).await;
    let other = TxKey {
        channel: Bytes::from_static(b"other"),
        ..key("tx")
    };
    for key in [&key("tx"), &other] {
        wire.start(key, "").await;
        wire.request(key, Type::GetState).await;
    }
    for key in [&other, &key("tx")] {
        wire.respond(key, key.channel.clone()).await;
        assert_eq!(wire.completed(key).await.payload, key.channel);
    }
}

#[tokio::test]
async fn a_transaction_id_that_comes_again_gives_up_both() {
    let mut wire = Wire::ready(Function(get)).await;
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::GetState).await;
    wire.start(&key("tx"), "").await;
    assert_eq!(
        wire.error(&key("tx")).await,
        "the transaction is already running; both are given up"
    );
    wire.respond(&key("tx"), "for the first").await;
    wire.alive().await;
    assert_eq!((wire.count().dropped_late, wire.count().refused), (1, 1));
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::GetState).await;
}
