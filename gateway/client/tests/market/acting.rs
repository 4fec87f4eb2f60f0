//! Acts of a slot happen once, whatever becomes of the connection.

use std::sync::Mutex;

use der_api::bytes::Digest;
use der_api::reply::{ReadingsAccepted, SlotView, Stage};
use der_api::request::{CloseGate, RecordReadings};
use der_api::{ApiError, ErrorCode, codec};
use der_client::Meter;
use der_market::slot::Slot;
use der_market::units::Energy;
use fabric_msp::PrivateKey;

use crate::fake::{Chaincode, Fake, Fate};

const SLOT: u64 = 7;

/// A slot whose gate is closed once.
fn gate() -> Chaincode {
    let stage = Mutex::new(Stage::Open);
    Box::new(move |function, _, writes| {
        let mut stage = stage.lock().unwrap();
        if function == "Market:CloseGate" {
            if *stage == Stage::Closed {
                return Err(ApiError::new(ErrorCode::GateClosed, "the gate of slot 7 is closed"));
            }
            let view = codec::encode(&view(Stage::Closed));
            if writes {
                *stage = Stage::Closed;
            }
            return view;
        }
        assert_eq!(function, "Query:Slot");
        codec::encode(&view(*stage))
    })
}

fn view(stage: Stage) -> SlotView {
    SlotView {
        slot: Slot::new(SLOT).unwrap().into(),
        stage,
        parameters: 1,
        distances: 1,
        seal: None,
        pinned: None,
        bounds: None,
        book: None,
    }
}

fn close() -> CloseGate {
    CloseGate {
        slot: Slot::new(SLOT).unwrap().into(),
    }
}

#[tokio::test]
async fn a_gate_closed_in_silence_is_found_closed_and_not_closed_again() {
    let fake = Fake::start(gate(), [Fate::CommittedInSilence]).await;
    let receipt = fake.client.close_gate(&close()).await.unwrap();
    assert_eq!((receipt.block, receipt.reply.stage), (None, Stage::Closed));
    assert_eq!(receipt.transaction_id.len(), 64);
    assert_eq!(fake.endorsed(), ["Market:CloseGate"]);
}

#[tokio::test]
async fn a_closing_lost_in_silence_is_sent_again() {
    let fake = Fake::start(gate(), [Fate::LostInSilence]).await;
    let receipt = fake.client.close_gate(&close()).await.unwrap();
    assert_eq!((receipt.block, receipt.reply.stage), (Some(7), Stage::Closed));
    assert_eq!(fake.endorsed().len(), 2);
}

#[tokio::test]
async fn a_gate_that_is_closed_already_is_a_refusal_and_not_a_success() {
    let fake = Fake::start(gate(), []).await;
    fake.client.close_gate(&close()).await.unwrap();
    let client = fake.client.clone().patience(std::time::Duration::ZERO);
    let error = client.close_gate(&close()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::GateClosed);
}

/// Readings are recorded once; there is no question for them.
fn readings_once() -> Chaincode {
    let recorded = Mutex::new(false);
    Box::new(move |function, argument, writes| {
        assert_eq!(function, "Meter:Record");
        let mut recorded = recorded.lock().unwrap();
        if *recorded {
            return Err(ApiError::new(
                ErrorCode::ReplayedReading,
                "meter m sent this sequence before",
            ));
        }
        *recorded = writes;
        let request: RecordReadings = codec::decode(argument, 10_000)?;
        codec::encode(&accepted(&request))
    })
}

fn accepted(request: &RecordReadings) -> ReadingsAccepted {
    ReadingsAccepted {
        accepted: u32::try_from(request.readings.len()).unwrap(),
        digest: Digest::of(&codec::encode(&request.readings).unwrap()),
    }
}

#[tokio::test]
async fn readings_recorded_in_silence_are_known_by_the_refusal_of_their_replay() {
    let fake = Fake::start(readings_once(), [Fate::CommittedInSilence]).await;
    let meter = Meter::new(
        "m".parse().unwrap(),
        "meter-1".parse().unwrap(),
        PrivateKey::generate().unwrap(),
    );
    let reading = meter.measure(Slot::new(SLOT).unwrap(), Energy::new(5).unwrap(), Energy::ZERO, 1);
    let request = RecordReadings {
        readings: vec![reading.unwrap()],
    };
    let receipt = fake.client.record_readings(&request).await.unwrap();
    assert_eq!((receipt.block, receipt.reply), (None, accepted(&request)));
    assert_eq!(fake.endorsed().len(), 2);
    let error = fake.client.record_readings(&request).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ReplayedReading);
}
