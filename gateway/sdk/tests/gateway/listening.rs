use std::{sync::Arc, time::Duration};

use fabric_gateway::{
    ChaincodeEvent, Checkpointer, Code, Error, FileCheckpointer, InMemoryCheckpointer, Limits, Position,
    events::{EventSink, EventsError, Notice, SinkError, drain_into},
};
use fabric_protos::{gateway::ChaincodeEventsResponse, protos::ChaincodeEvent as EventMessage};
use proptest::{prelude::*, test_runner::TestRunner};
use tokio::{sync::Notify, time::timeout};
use tonic::Status;

use crate::fake::{Behaviour, Fake, Mortal, builder, limits, nobody};

const LIMIT: Duration = Duration::from_secs(20);

/// The events of a ledger whose block `n` holds `sizes[n]` of them.
fn ledger(sizes: &[usize]) -> Vec<ChaincodeEventsResponse> {
    let block = |(number, size): (usize, &usize)| ChaincodeEventsResponse {
        block_number: number as u64,
        events: (0..*size).map(|place| event(format!("{number}-{place}"))).collect(),
    };
    sizes
        .iter()
        .enumerate()
        .map(block)
        .filter(|block| !block.events.is_empty())
        .collect()
}

fn event(tx_id: String) -> EventMessage {
    EventMessage {
        tx_id,
        chaincode_id: "cc".to_owned(),
        event_name: "settled".to_owned(),
        payload: "x".into(),
    }
}

fn ids(blocks: &[ChaincodeEventsResponse]) -> Vec<String> {
    blocks
        .iter()
        .flat_map(|block| block.events.iter().map(|event| event.tx_id.clone()))
        .collect()
}

/// Delivers the ledger; connection `n` breaks after `breaks[n]` messages, later ones do not break.
fn breaking(blocks: Vec<ChaincodeEventsResponse>, breaks: Vec<usize>) -> Behaviour {
    let events = move |connection: usize, start: u64| {
        let due = blocks
            .iter()
            .filter(|block| block.block_number >= start)
            .cloned()
            .map(Ok);
        match breaks.get(connection) {
            Some(&after) => due.take(after).chain([Err(Status::unavailable("broken"))]).collect(),
            None => due.collect(),
        }
    };
    Behaviour {
        events: Box::new(events),
        ..Behaviour::default()
    }
}

#[test]
fn random_breaks_lose_and_double_no_event() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .build()
        .unwrap();
    let strategy = (
        proptest::collection::vec(0_usize..4, 1..12),
        proptest::collection::vec(0_usize..5, 0..8),
    );
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 24,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&strategy, |(sizes, breaks)| {
        let blocks = ledger(&sizes);
        let expected = ids(&blocks);
        let seen = runtime.block_on(async {
            let (a, b) = (
                Fake::start(breaking(blocks.clone(), breaks.clone())).await,
                Fake::start(breaking(blocks, breaks)).await,
            );
            let gateway = builder([a.endpoint(), b.endpoint()]).connect().unwrap();
            let mut events = gateway
                .network("c")
                .chaincode_events("cc")
                .start_block(0)
                .open()
                .await
                .unwrap();
            let mut seen = Vec::new();
            while seen.len() < expected.len() {
                seen.push(timeout(LIMIT, events.next()).await.unwrap().unwrap().transaction_id);
            }
            let requests = [
                a.seen.lock().unwrap().listened.clone(),
                b.seen.lock().unwrap().listened.clone(),
            ]
            .concat();
            assert!(requests.iter().all(|request| request.after_transaction_id.is_empty()));
            seen
        });
        prop_assert_eq!(seen, expected);
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn a_break_is_told_and_the_next_endpoint_takes_over() {
    let fake = Fake::start(breaking(ledger(&[1, 1]), vec![1])).await;
    let gateway = builder([nobody().await, fake.endpoint()]).connect().unwrap();
    let mut events = gateway
        .network("c")
        .chaincode_events("cc")
        .start_block(0)
        .open()
        .await
        .unwrap();
    let mut told = Vec::new();
    while told.len() < 4 {
        told.push(match timeout(LIMIT, events.next_notice()).await.unwrap().unwrap() {
            Notice::Event(event) => event.transaction_id,
            Notice::Broken(failure) => format!("{:?}", failure.code),
        });
        if told.last().is_some_and(|last| last == "1-0") {
            break;
        }
    }
    assert_eq!(told[..3], ["Unavailable", "0-0", "Unavailable"]);
}

#[tokio::test]
async fn a_refusal_ends_the_stream_and_a_long_absence_does_too() {
    let refuse = |_, _| vec![Err(Status::permission_denied("not a reader"))];
    let fake = Fake::start(Behaviour {
        events: Box::new(refuse),
        ..Behaviour::default()
    })
    .await;
    let mut events = fake
        .gateway()
        .network("c")
        .chaincode_events("cc")
        .start_block(0)
        .open()
        .await
        .unwrap();
    let error = timeout(LIMIT, events.next()).await.unwrap().unwrap_err();
    assert_eq!(error.code(), Some(Code::PermissionDenied));

    let limits = Limits {
        resume: Duration::from_millis(50),
        ..limits()
    };
    let gateway = builder([nobody().await]).limits(limits).connect().unwrap();
    let mut events = gateway
        .network("c")
        .chaincode_events("cc")
        .start_block(0)
        .open()
        .await
        .unwrap();
    let error = timeout(LIMIT, events.next()).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Events(EventsError::GaveUp { .. })), "{error}");
}

#[tokio::test]
async fn without_a_start_listening_begins_after_the_newest_block_even_if_the_stream_breaks_first() {
    let behaviour = Behaviour {
        blocks: (3, usize::MAX),
        ..breaking(ledger(&[1, 1, 1, 1, 1]), vec![0])
    };
    let fake = Fake::start(behaviour).await;
    let mut events = fake.gateway().network("c").chaincode_events("cc").open().await.unwrap();
    assert_eq!(timeout(LIMIT, events.next()).await.unwrap().unwrap().block_number, 3);
    let starts = fake
        .seen
        .lock()
        .unwrap()
        .listened
        .iter()
        .map(|request| request.start_position)
        .collect::<Vec<_>>();
    assert_eq!(starts[0], starts[1]);
}

#[tokio::test]
async fn a_checkpoint_whose_transaction_has_no_event_is_an_error_and_not_silence() {
    let fake = Fake::start(breaking(ledger(&[1, 1, 1]), Vec::new())).await;
    let mut checkpointer = InMemoryCheckpointer::default();
    checkpointer
        .store(Position {
            block_number: 1,
            transaction_id: "no event".to_owned(),
        })
        .await
        .unwrap();
    let events = fake
        .gateway()
        .network("c")
        .chaincode_events("cc")
        .checkpoint(&checkpointer);
    let error = timeout(LIMIT, events.open().await.unwrap().next())
        .await
        .unwrap()
        .unwrap_err();
    assert!(
        matches!(error, Error::Events(EventsError::UnknownPosition { .. })),
        "{error}"
    );
    assert!(error.advice().contains("start_block"));
}

#[tokio::test]
async fn a_listener_restarted_after_each_event_sees_each_once() {
    let blocks = ledger(&[2, 0, 3, 1]);
    let expected = ids(&blocks);
    let fake = Fake::start(breaking(blocks, Vec::new())).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("follow.json");
    let mut seen = Vec::new();
    while seen.len() < expected.len() {
        let mut checkpointer = FileCheckpointer::open(&path).unwrap();
        let events = fake
            .gateway()
            .network("c")
            .chaincode_events("cc")
            .start_block(0)
            .checkpoint(&checkpointer);
        let event = timeout(LIMIT, events.open().await.unwrap().next())
            .await
            .unwrap()
            .unwrap();
        checkpointer.store(event.position()).await.unwrap();
        seen.push(event.transaction_id);
    }
    assert_eq!(seen, expected);
}

/// Fails at every other event, after which it is as if it had been restarted.
struct Shaky {
    rows: Vec<(Position, String)>,
    calls: usize,
    expected: usize,
    full: Arc<Notify>,
}

#[derive(Debug, thiserror::Error)]
#[error("the disk is full")]
struct DiskFull;

impl EventSink for Shaky {
    type Error = DiskFull;

    async fn position(&mut self) -> Result<Option<Position>, DiskFull> {
        Ok(self.rows.last().map(|(position, _)| position.clone()))
    }

    async fn apply(&mut self, event: ChaincodeEvent, position: Position) -> Result<(), DiskFull> {
        self.calls += 1;
        if self.calls.is_multiple_of(2) {
            return Err(DiskFull);
        }
        self.rows.push((position, event.transaction_id));
        if self.rows.len() == self.expected {
            self.full.notify_one();
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_sink_that_stores_its_position_gets_each_event_exactly_once() {
    let blocks = ledger(&[2, 3, 0, 2]);
    let expected = ids(&blocks);
    let fake = Fake::start(breaking(blocks, vec![1, 2])).await;
    let full = Arc::new(Notify::new());
    let mut sink = Shaky {
        rows: Vec::new(),
        calls: 0,
        expected: expected.len(),
        full: Arc::clone(&full),
    };
    loop {
        let events = fake.gateway().network("c").chaincode_events("cc").start_block(0);
        let drained = timeout(LIMIT, drain_into(events, &mut sink));
        tokio::select! {
            ended = drained => assert!(matches!(ended, Ok(Err(SinkError::Sink(DiskFull)))), "{ended:?}"),
            () = full.notified() => break,
        }
    }
    assert!(sink.calls > expected.len(), "the sink never failed");
    let rows: Vec<_> = sink.rows.into_iter().map(|(_, id)| id).collect();
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn blocks_come_in_order_over_breaks_in_each_form() {
    let fake = Fake::start(Behaviour {
        blocks: (10, 3),
        ..Behaviour::default()
    })
    .await;
    let network = fake.gateway().network("c");
    let mut full = network.block_events().start_block(2).open().await.unwrap();
    let mut filtered = network.block_events().start_block(2).open_filtered().await.unwrap();
    for number in 2..10 {
        let block = timeout(LIMIT, full.next()).await.unwrap().unwrap();
        assert_eq!(block.header.unwrap().number, number);
        assert_eq!(timeout(LIMIT, filtered.next()).await.unwrap().unwrap().number, number);
    }
    let mut private = network
        .block_events()
        .start_block(2)
        .open_with_private_data()
        .await
        .unwrap();
    let error = timeout(LIMIT, private.next()).await.unwrap().unwrap_err();
    assert_eq!(error.code(), Some(Code::PermissionDenied));
}

#[tokio::test]
async fn a_gateway_killed_in_the_middle_of_a_stream_is_replaced() {
    let blocks = ledger(&[1, 2, 1]);
    let mortal = Mortal::start(breaking(blocks[..2].to_vec(), Vec::new())).await;
    let other = Fake::start(breaking(blocks, Vec::new())).await;
    let gateway = builder([mortal.fake.endpoint(), other.endpoint()]).connect().unwrap();
    let mut events = gateway
        .network("c")
        .chaincode_events("cc")
        .start_block(0)
        .open()
        .await
        .unwrap();
    let mut seen = Vec::new();
    while seen.len() < 3 {
        seen.push(timeout(LIMIT, events.next()).await.unwrap().unwrap().transaction_id);
    }
    mortal.kill();
    seen.push(timeout(LIMIT, events.next()).await.unwrap().unwrap().transaction_id);
    assert_eq!(seen, ["0-0", "1-0", "1-1", "2-0"]);
}
