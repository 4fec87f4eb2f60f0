//! A book is read whole, wherever a peer cuts its ranges.

use der_api::codec;
use der_api::reply::{GuardsView, SlotView};
use der_api::request::QueryGuardsOf;
use der_chaincode::Market;
use der_market::order::Order;
use fabric_shim::composite_key;
use fabric_shim::mock::{MockLedger, MockOutcome, MockPeer, MockProposal, MockSettings};

use crate::creator::{bootstrap, operator};

/// The most orders that are matched at once.
const LARGEST_BOOK: usize = 10_000;

async fn peer(ledger: &MockLedger, total_query_limit: usize) -> MockPeer {
    let settings = MockSettings {
        total_query_limit,
        ..MockSettings::default()
    };
    MockPeer::connect_with(ledger.clone(), Market::new(), settings)
        .await
        .unwrap()
}

fn call(function: &str, argument: impl Into<Vec<u8>>) -> MockProposal {
    MockProposal::new([function.as_bytes().to_vec(), argument.into()]).creator(operator())
}

fn order(number: usize) -> Order {
    let json = format!(
        r#"{{"participant":"MicrogridMSP:ann","order":"o{number:05}","side":"seller","point":"p","energy_wh":1,"min_wh":1,"price":1,"source":"photovoltaic"}}"#
    );
    serde_json::from_str(&json).unwrap()
}

/// A closed slot with so many orders.
async fn closed_book(orders: usize) -> MockLedger {
    let ledger = MockLedger::new();
    let peer = peer(&ledger, 100_000).await;
    let founding = call("Market:Bootstrap", codec::encode(&bootstrap()).unwrap());
    for proposal in [
        founding,
        call("Market:OpenSlot", r#"{"slot":7}"#),
        call("Market:CloseGate", r#"{"slot":7}"#),
    ] {
        let outcome = peer.submit(proposal).await.unwrap();
        assert_eq!(outcome.response.status, 200, "{}", outcome.response.message);
    }
    for number in 0..orders {
        let order = order(number);
        let parts = ["0000000007", "p", "MicrogridMSP", "ann", &order.order.to_string()];
        let row = format!(r#"{{"v":1,"row":{}}}"#, serde_json::to_string(&order).unwrap());
        ledger.put(composite_key::build("book", &parts).unwrap(), row);
    }
    ledger
}

async fn seal(ledger: &MockLedger, total_query_limit: usize) -> (SlotView, MockOutcome) {
    let outcome = peer(ledger, total_query_limit)
        .await
        .evaluate(call("Market:SealBook", r#"{"slot":7}"#))
        .await
        .unwrap();
    assert_eq!(outcome.response.status, 200, "{}", outcome.response.message);
    let view = serde_json::from_slice(&outcome.response.payload).unwrap();
    (view, outcome)
}

fn ranges(outcome: &MockOutcome) -> usize {
    outcome
        .requests
        .iter()
        .filter(|name| **name == "GET_STATE_BY_RANGE")
        .count()
}

#[tokio::test]
async fn a_lower_limit_of_the_peer_changes_nothing() {
    let ledger = closed_book(21).await;
    let (whole, _) = seal(&ledger, 100_000).await;
    assert_eq!(whole.seal.as_ref().unwrap().orders, 21);
    // Orders of their own, then entries, of which there are none: one range more.
    for (limit, asked) in [(1, 23), (7, 5), (20, 4), (21, 3), (22, 3)] {
        let (view, outcome) = seal(&ledger, limit).await;
        assert_eq!(view, whole, "limit {limit}");
        assert_eq!(ranges(&outcome), asked, "limit {limit}: until an empty answer");
    }
}

#[tokio::test]
async fn the_largest_book_is_read_by_a_peer_with_the_lowest_default_limit() {
    let ledger = closed_book(LARGEST_BOOK).await;
    let (view, _) = seal(&ledger, 10_000).await;
    assert_eq!(view.seal.unwrap().orders as usize, LARGEST_BOOK);
}

#[tokio::test]
async fn guards_are_found_page_by_page_wherever_the_peer_cuts() {
    let ledger = MockLedger::new();
    for proposal in [
        call("Market:Bootstrap", codec::encode(&bootstrap()).unwrap()),
        call("Market:OpenSlot", r#"{"slot":7}"#),
        call("Market:OpenSlot", r#"{"slot":8}"#),
        call("Market:OpenSlot", r#"{"slot":9}"#),
    ] {
        let outcome = peer(&ledger, 100).await.submit(proposal).await.unwrap();
        assert_eq!(outcome.response.status, 200, "{}", outcome.response.message);
    }
    for (limit, page) in [(100, 100), (1, 100), (2, 3), (1, 1)] {
        let peer = peer(&ledger, limit).await;
        let (mut tables, mut after) = (Vec::new(), None);
        loop {
            let question = QueryGuardsOf {
                msp: "EnergyMSP".parse().unwrap(),
                after,
                page,
            };
            let question = call("Query:GuardsOf", codec::encode(&question).unwrap());
            let outcome = peer.evaluate(question).await.unwrap();
            assert_eq!(outcome.response.status, 200, "{}", outcome.response.message);
            let view: GuardsView = serde_json::from_slice(&outcome.response.payload).unwrap();
            tables.extend(view.keys.into_iter().map(|key| key.table));
            after = view.next;
            if after.is_none() {
                break;
            }
        }
        let found = ["market", "parameters", "market-suspension", "gate", "gate", "gate"];
        assert_eq!(tables, found, "limit {limit}, pages of {page}");
    }
}

#[tokio::test]
async fn an_empty_book_is_asked_for_once_in_each_of_its_tables() {
    let (view, outcome) = seal(&closed_book(0).await, 5).await;
    assert_eq!((view.seal.unwrap().orders, ranges(&outcome)), (0, 2));
}
