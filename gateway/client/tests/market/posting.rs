//! Orders are published once, whatever becomes of the connection.

use std::sync::Mutex;
use std::time::Duration;

use der_api::bytes::Digest;
use der_api::reply::{OrderAccepted, OrderStatus, OrderView};
use der_api::request::{PostOffer, QueryOrder};
use der_api::{ApiError, ErrorCode, codec};
use der_market::participant::Side;
use der_market::slot::Slot;
use der_market::units::{Energy, Price};
use fabric_gateway::{ConflictRetry, Stage};

use crate::fake::{Chaincode, Fake, Fate};

fn offer() -> PostOffer {
    PostOffer {
        order: "o1".parse().unwrap(),
        slot: Slot::new(7).unwrap().into(),
        point: "p1".parse().unwrap(),
        energy_wh: Energy::new(5_000).unwrap(),
        min_wh: Energy::ZERO,
        price: Price::new(530_000).unwrap(),
        filters: None,
    }
}

/// A book of one order; a written one closes the gate where `closes` says so.
fn book(closes_after: usize) -> Chaincode {
    let state: Mutex<(Option<PostOffer>, usize)> = Mutex::default();
    Box::new(move |function, argument, writes| {
        let mut state = state.lock().unwrap();
        let participant = "MicrogridMSP:alice".parse().unwrap();
        let digest = Digest::of(b"order");
        if function == "Query:Order" {
            let query: QueryOrder = codec::decode(argument, 1_000)?;
            let absent = || ApiError::new(ErrorCode::RecordNotFound, "no such order");
            let PostOffer {
                order,
                slot,
                point,
                energy_wh,
                min_wh,
                price,
                filters,
            } = state.0.clone().ok_or_else(absent)?;
            assert_eq!((&query.order, &query.participant), (&order, &participant));
            let (side, status) = (Side::Seller, OrderStatus::Open);
            return codec::encode(&OrderView {
                participant,
                order,
                side,
                slot,
                point,
                energy_wh,
                min_wh,
                price,
                filters,
                status,
                digest,
                earlier: vec![],
            });
        }
        assert_eq!(function, "DTSC:PostOffer");
        let posted: PostOffer = codec::decode(argument, 1_000)?;
        if writes {
            assert!(state.0.replace(posted.clone()).is_none(), "written twice");
        } else {
            state.1 += 1;
            if state.1 > closes_after {
                return Err(ApiError::new(ErrorCode::GateClosed, "the gate of slot 7 is closed"));
            }
        }
        let PostOffer { order, slot, .. } = posted;
        codec::encode(&OrderAccepted {
            participant,
            order,
            side: Side::Seller,
            slot,
            digest,
        })
    })
}

/// The same book at a peer that is behind: it endorses as the others do, and shows the order only after so many questions.
fn lagging(book: Chaincode, questions: usize) -> Chaincode {
    let state: Mutex<(usize, bool)> = Mutex::new((questions, false));
    Box::new(move |function, argument, writes| {
        let mut state = state.lock().unwrap();
        if function == "Query:Order" && state.0 > 0 {
            state.0 -= 1;
            return Err(ApiError::new(ErrorCode::RecordNotFound, "no such order"));
        }
        if function == "DTSC:PostOffer" && !writes && std::mem::replace(&mut state.1, true) {
            return Err(ApiError::new(ErrorCode::GateClosed, "the gate of slot 7 is closed"));
        }
        book(function, argument, writes)
    })
}

#[tokio::test]
async fn a_committed_order_has_its_block() {
    let fake = Fake::start(book(9), []).await;
    let receipt = fake.client.post_offer(&offer()).await.unwrap();
    assert_eq!((receipt.block, receipt.reply.digest), (Some(7), Digest::of(b"order")));
    assert_eq!(receipt.transaction_id.len(), 64);
}

#[tokio::test]
async fn an_order_committed_in_silence_is_found_by_its_own_id_and_not_sent_again() {
    let fake = Fake::start(book(9), [Fate::CommittedInSilence]).await;
    let receipt = fake.client.post_offer(&offer()).await.unwrap();
    assert_eq!((receipt.block, receipt.reply.digest), (None, Digest::of(b"order")));
    assert_eq!(receipt.transaction_id.len(), 64);
    assert_eq!(fake.endorsed(), ["DTSC:PostOffer"]);
}

#[tokio::test]
async fn an_order_committed_in_silence_is_waited_for_where_the_peer_is_behind() {
    let fake = Fake::start(lagging(book(9), 6), [Fate::CommittedInSilence]).await;
    let receipt = fake.client.post_offer(&offer()).await.unwrap();
    assert_eq!((receipt.block, receipt.reply.digest), (None, Digest::of(b"order")));
}

#[tokio::test]
async fn an_order_lost_in_silence_is_sent_again() {
    let fake = Fake::start(book(9), [Fate::LostInSilence]).await;
    let receipt = fake.client.post_offer(&offer()).await.unwrap();
    assert_eq!(receipt.block, Some(7));
    assert_eq!(fake.endorsed().len(), 2);
}

#[tokio::test]
async fn an_order_lost_before_the_gate_closed_is_reported_as_refused() {
    let fake = Fake::start(book(1), [Fate::LostInSilence]).await;
    let error = fake.client.post_offer(&offer()).await.unwrap_err();
    assert_eq!((error.code(), error.stage()), (ErrorCode::GateClosed, Stage::Endorse));
}

#[tokio::test]
async fn a_network_that_stays_silent_is_told_so() {
    let fake = Fake::start(book(9), [Fate::LostInSilence; 9]).await;
    let error = fake.client.post_offer(&offer()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::CommitUnknown);
    assert!(error.transaction_id().is_some());
}

#[tokio::test]
async fn a_conflict_is_met_with_a_new_transaction_within_the_budget() {
    let fake = Fake::start(book(9), [Fate::Invalid(11), Fate::Invalid(12)]).await;
    let client = fake.client.clone().conflicts(Some(ConflictRetry {
        pause: Duration::from_millis(1),
        ..ConflictRetry::default()
    }));
    client.post_offer(&offer()).await.unwrap();
    assert_eq!(fake.endorsed().len(), 3);
}

#[tokio::test]
async fn a_conflict_is_reported_where_no_retry_is_wanted() {
    let fake = Fake::start(book(9), [Fate::Invalid(11)]).await;
    let error = fake
        .client
        .clone()
        .conflicts(None)
        .post_offer(&offer())
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.stage()),
        (ErrorCode::MvccReadConflict, Stage::Commit)
    );
    assert_eq!(fake.endorsed().len(), 1);
}
