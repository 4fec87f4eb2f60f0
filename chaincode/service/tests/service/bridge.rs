//! What the bridge refuses before the contract is asked, and what it writes.

use bytes::Bytes;
use der_api::{ApiError, ErrorCode};
use der_chaincode::Market;
use fabric_shim::mock::{MockLedger, MockOutcome, MockPeer, MockProposal};

use crate::creator::{bootstrap_call, operator};

async fn peer() -> MockPeer {
    MockPeer::connect(MockLedger::new(), Market::new()).await.unwrap()
}

async fn evaluate(peer: &MockPeer, creator: Bytes, args: Vec<Vec<u8>>) -> MockOutcome {
    peer.evaluate(MockProposal::new(args).creator(creator)).await.unwrap()
}

fn code(outcome: &MockOutcome) -> ErrorCode {
    let refusal: ApiError = outcome.response.message.parse().unwrap();
    assert_eq!(outcome.response.status, refusal.code.status());
    assert!(outcome.writes.is_empty() && outcome.event.is_none());
    refusal.code
}

#[tokio::test]
async fn ten_megabytes_are_refused_before_anything_reads_them() {
    let outcome = evaluate(
        &peer().await,
        operator(),
        vec![b"DTSC:PostOffer".to_vec(), vec![b'['; 10 << 20]],
    )
    .await;
    assert_eq!(code(&outcome), ErrorCode::ArgumentTooLarge);
    assert!(
        outcome.requests.is_empty(),
        "the ledger was asked: {:?}",
        outcome.requests
    );
}

#[tokio::test]
async fn a_call_without_a_proper_name_is_refused() {
    let peer = peer().await;
    assert_eq!(
        code(&evaluate(&peer, operator(), vec![]).await),
        ErrorCode::WrongArgumentCount
    );
    let many = vec![b"Query:Market".to_vec(); 100];
    assert_eq!(
        code(&evaluate(&peer, operator(), many).await),
        ErrorCode::WrongArgumentCount
    );
    for name in [&b"Market:Unheard"[..], b"", b"\xff\xfe", &[b'x'; 1_000]] {
        let outcome = evaluate(&peer, operator(), vec![name.to_vec(), b"{}".to_vec()]).await;
        assert_eq!(code(&outcome), ErrorCode::UnknownFunction, "{name:?}");
    }
}

#[tokio::test]
async fn a_caller_without_a_readable_certificate_is_refused() {
    let peer = peer().await;
    for creator in [Bytes::new(), Bytes::from_static(b"nobody")] {
        assert_eq!(
            code(&evaluate(&peer, creator, bootstrap_call()).await),
            ErrorCode::CallerUnidentified
        );
    }
}

#[tokio::test]
async fn two_endorsers_write_the_same_bytes() {
    let (one, other) = (peer().await, peer().await);
    let (creator, args) = (operator(), bootstrap_call());
    let first = evaluate(&one, creator.clone(), args.clone()).await;
    let second = evaluate(&other, creator, args).await;
    assert_eq!(first.response.status, 200, "{}", first.response.message);
    assert!(!first.writes.is_empty());
    assert_eq!(
        (first.response, first.event, first.writes),
        (second.response, second.event, second.writes)
    );
}

#[tokio::test]
async fn what_was_decided_is_read_by_the_next_transaction() {
    let peer = peer().await;
    let founded = peer
        .submit(MockProposal::new(bootstrap_call()).creator(operator()))
        .await
        .unwrap();
    assert_eq!(founded.response.status, 200, "{}", founded.response.message);
    assert_eq!(founded.event.unwrap().key, "MarketBootstrapped");
    let again = evaluate(&peer, operator(), bootstrap_call()).await;
    assert_eq!(code(&again), ErrorCode::AlreadyBootstrapped);
    let view = evaluate(&peer, operator(), vec![b"Query:Market".to_vec(), b"{}".to_vec()]).await;
    assert_eq!(view.response.payload, founded.response.payload);
}
