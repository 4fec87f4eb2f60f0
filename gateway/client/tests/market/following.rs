//! Events come typed, filtered, and into a file once each.

use der_api::bytes::Digest;
use der_api::event::{SlotOpened, SlotSettled};
use der_api::{ErrorCode, Event};
use der_client::follow::{FollowFile, Kind, Start};
use der_market::slot::Slot;
use fabric_protos::gateway::ChaincodeEventsResponse;
use fabric_protos::protos::ChaincodeEvent;

use crate::fake::Fake;

fn settled(slot: u64) -> Event {
    let digest = Digest::of(b"x");
    SlotSettled {
        slot: Slot::new(slot).unwrap(),
        settlement: digest,
        hash: digest,
        lines: 4,
    }
    .into()
}

fn opened(slot: u64) -> Event {
    SlotOpened {
        slot: Slot::new(slot).unwrap().into(),
    }
    .into()
}

fn block(number: u64, events: &[Event]) -> ChaincodeEventsResponse {
    let events = events.iter().enumerate().map(|(place, event)| ChaincodeEvent {
        chaincode_id: "market".into(),
        tx_id: format!("{number}-{place}"),
        event_name: event.name().into(),
        payload: event.payload().unwrap().into(),
    });
    ChaincodeEventsResponse {
        block_number: number,
        events: events.collect(),
    }
}

fn ledger() -> Vec<ChaincodeEventsResponse> {
    vec![
        block(3, &[opened(1), settled(1)]),
        block(4, &[opened(2)]),
        block(6, &[settled(2), settled(3), opened(3)]),
        block(9, &[settled(4)]),
    ]
}

async fn fake(events: Vec<ChaincodeEventsResponse>) -> Fake {
    Fake::with_events(
        Box::new(|_: &str, _: &[u8], _| Err(ErrorCode::Internal.into())),
        [],
        events,
    )
    .await
}

#[tokio::test]
async fn settlements_come_in_ledger_order_with_their_positions() {
    let fake = fake(ledger()).await;
    let mut follow = fake.client.follow(Kind::Settlements, Start::Block(4)).await.unwrap();
    let mut heard = Vec::new();
    for _ in 0..3 {
        let event = follow.next().await.unwrap();
        heard.push((event.position.to_string(), event.event));
    }
    let expected = [("(6, 6-0)", 2), ("(6, 6-1)", 3), ("(9, 9-0)", 4)];
    assert_eq!(
        heard,
        expected.map(|(position, slot)| (position.to_owned(), settled(slot)))
    );
}

#[tokio::test]
async fn an_unknown_event_is_passed_over_and_a_broken_one_is_an_error() {
    let mut later = block(3, &[opened(1)]);
    later.events[0].event_name = "OfALaterVersion".into();
    let mut broken = block(4, &[opened(1)]);
    broken.events[0].payload = "{}".into();
    let fake = fake(vec![later, broken]).await;
    let mut follow = fake.client.follow(Kind::All, Start::Block(0)).await.unwrap();
    assert_eq!(follow.next().await.unwrap_err().code(), ErrorCode::ReplyUnreadable);
}

#[tokio::test]
async fn a_file_cut_anywhere_ends_with_every_settlement_once() {
    let fake = fake(ledger()).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("settlements");
    let follow = async || {
        let mut file = FollowFile::open(&path).unwrap();
        if file.position().is_none_or(|last| last.block < 9) {
            fake.client
                .follow_into(Kind::Settlements, &mut file, |event| event.position.block < 9)
                .await
                .unwrap();
        }
        std::fs::read(&path).unwrap()
    };
    let whole = follow().await;
    assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count(), 4);
    for cut in (0..=whole.len()).step_by(13) {
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert_eq!(follow().await, whole, "cut at {cut}");
    }
}
