use bytes::Bytes;
use fabric_protos::protos::{ChaincodeId, ChaincodeInput, SignedProposal, chaincode_message::Type};
use prost::Message as _;
use tonic::Code;

use super::{
    SHORT, get,
    wire::{Function, Wire, echo, key},
};
use crate::{
    Chaincode, Limits, Response, Stub,
    frame::{Frame, TxKey},
};

#[tokio::test]
async fn it_registers_with_its_package_id_first() {
    let mut wire = Wire::created(Function(echo), Limits::default());
    let first = wire.next().await;
    assert_eq!(first.known(), Some(Type::Register));
    assert_eq!(ChaincodeId::decode(first.payload).unwrap().name, "label:hash");
}

#[tokio::test]
async fn nothing_runs_before_ready() {
    let mut wire = Wire::created(Function(get), Limits::default());
    wire.next().await;
    wire.start(&key("early"), "").await;
    assert_eq!(wire.error(&key("early")).await, "the chaincode is not ready");
    wire.send(Frame::new(Type::Ready, Bytes::new())).await;
    wire.start(&key("unregistered"), "").await;
    assert_eq!(wire.error(&key("unregistered")).await, "the chaincode is not ready");
    wire.send(Frame::new(Type::Registered, Bytes::new())).await;
    wire.start(&key("established"), "").await;
    assert_eq!(wire.error(&key("established")).await, "the chaincode is not ready");
    assert_eq!((wire.count().transactions, wire.count().requests), (0, 0));
    wire.send(Frame::new(Type::Ready, Bytes::new())).await;
    wire.start(&key("ready"), "").await;
    wire.request(&key("ready"), Type::GetState).await;
}

#[tokio::test]
async fn keepalive_is_echoed_in_every_state() {
    let mut wire = Wire::created(Function(echo), Limits::default());
    wire.next().await;
    wire.alive().await;
    wire.send(Frame::new(Type::Registered, Bytes::new())).await;
    wire.alive().await;
    wire.send(Frame::new(Type::Ready, Bytes::new())).await;
    wire.alive().await;
}

#[tokio::test]
async fn a_peer_that_does_not_register_is_left() {
    let mut wire = Wire::created(
        Function(echo),
        Limits {
            handshake: SHORT,
            ..Limits::default()
        },
    );
    wire.next().await;
    assert_eq!(
        wire.end().await.map(|status| status.code()),
        Some(Code::DeadlineExceeded)
    );
}

#[tokio::test]
async fn unknown_messages_are_answered_unless_their_transaction_runs() {
    let mut wire = Wire::ready(Function(get)).await;
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::GetState).await;
    let unknown = |txid| Frame {
        kind: 77,
        ..Frame::of(&key(txid), Type::Undefined, "")
    };
    wire.send(unknown("tx")).await;
    wire.send(unknown("other")).await;
    assert_eq!(
        wire.error(&key("other")).await,
        "the chaincode cannot handle a message of unknown type"
    );
    wire.send(Frame::new(Type::Ready, Bytes::new())).await;
    wire.respond(&key("tx"), "x").await;
    assert_eq!(wire.completed(&key("tx")).await, Response::success("x"));
    assert_eq!(wire.count().dropped_unexpected, 3);
}

#[tokio::test]
async fn ill_formed_transactions_are_answered_or_dropped() {
    let mut wire = Wire::ready(Function(echo)).await;
    wire.send(Frame::of(&key("tx"), Type::Transaction, Bytes::from_static(&[0xff])))
        .await;
    assert!(wire.error(&key("tx")).await.starts_with("failed to unmarshal input: "));
    let proposal = Some(SignedProposal::default());
    wire.send(Frame {
        proposal,
        ..Frame::of(&key("tx"), Type::Transaction, "")
    })
    .await;
    assert_eq!(
        wire.error(&key("tx")).await,
        "failed to create new ChaincodeStub: failed to extract Proposal fields: proposal header is nil"
    );
    let key = TxKey {
        channel: Bytes::new(),
        txid: Bytes::from_static(&[0xff]),
    };
    wire.send(Frame::of(&key, Type::Transaction, "")).await;
    wire.alive().await;
    assert_eq!(wire.count().dropped_unexpected, 1);
}

#[tokio::test]
async fn a_failed_initialisation_is_an_error() {
    struct Init;
    impl Chaincode for Init {
        async fn invoke(&self, _: Stub) -> Response {
            Response::success("")
        }
        async fn init(&self, _: Stub) -> Response {
            Response::error("not today")
        }
    }
    let mut wire = Wire::ready(Init).await;
    wire.send(Frame::of(
        &key("tx"),
        Type::Init,
        ChaincodeInput::default().encode_to_vec(),
    ))
    .await;
    assert_eq!(wire.error(&key("tx")).await, "not today");
}
