//! What transactions of one block may do beside each other, by Fabric's rule: a transaction is valid when nothing it read was
//! written since.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use std::collections::BTreeSet;
use std::sync::Mutex;

use der_api::request::*;
use der_api::{Request, codec};
use der_contract::{Caller, Decision, Key, KeyPrefix, LedgerView, ViewError, invoke};
use world::*;

/// A ledger that keeps the read set.
struct Watched<'a> {
    state: &'a Memory,
    reads: Mutex<BTreeSet<String>>,
    ranges: Mutex<BTreeSet<String>>,
}

impl LedgerView for Watched<'_> {
    async fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, ViewError> {
        self.reads.lock().unwrap().insert(key.composite());
        self.state.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, ViewError> {
        self.reads.lock().unwrap().extend(keys.iter().map(Key::composite));
        self.state.get_many(keys).await
    }

    async fn range(&self, prefix: &KeyPrefix) -> Result<Vec<Vec<u8>>, ViewError> {
        self.ranges.lock().unwrap().insert(prefix.composite());
        self.state.range(prefix).await
    }
}

/// An endorsed transaction.
struct Endorsed {
    decision: Decision,
    reads: BTreeSet<String>,
    ranges: BTreeSet<String>,
}

impl Endorsed {
    fn new<R: Request>(world: &World, caller: &Caller, request: &R) -> Self {
        let view = Watched {
            state: &world.state,
            reads: Mutex::default(),
            ranges: Mutex::default(),
        };
        let argument = codec::encode(request).unwrap();
        let decision = now(invoke(&view, caller, &Hashing, R::FUNCTION.name(), &[&argument])).unwrap();
        Self {
            decision,
            reads: view.reads.into_inner().unwrap(),
            ranges: view.ranges.into_inner().unwrap(),
        }
    }

    fn writes(&self) -> BTreeSet<String> {
        self.decision
            .puts()
            .keys()
            .chain(self.decision.deletes())
            .map(Key::composite)
            .collect()
    }

    /// True when this one is still valid after the other has committed.
    fn survives(&self, other: &Self) -> bool {
        let writes = other.writes();
        let phantom = self
            .ranges
            .iter()
            .any(|range| writes.iter().any(|key| key.starts_with(range)));
        self.reads.is_disjoint(&writes) && !phantom
    }
}

/// An open slot and more users than the paper has.
fn world(users: usize) -> (World, Vec<Caller>) {
    let mut world = World::ready();
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    let users: Vec<Caller> = (0..users)
        .map(|n| caller("EnergyMSP", &format!("user{n}"), "participant"))
        .collect();
    for (number, user) in users.iter().enumerate() {
        world.join(user, "pcc-1", &format!("meter-user{number}"));
    }
    (world, users)
}

#[test]
fn a_thousand_users_publish_in_one_block() {
    let (world, users) = world(1_000);
    let endorsed: Vec<Endorsed> = users
        .iter()
        .map(|user| Endorsed::new(&world, user, &offer(slot(0), "sale", 100, 500_000)))
        .collect();
    let mut written = BTreeSet::new();
    for one in &endorsed {
        assert!(one.ranges.is_empty(), "no range is read at order entry");
        assert!(one.reads.is_disjoint(&written), "nothing that an earlier order wrote");
        let before = written.len();
        written.extend(one.writes());
        assert_eq!(written.len(), before + one.writes().len(), "no row is shared");
    }
}

#[test]
fn an_order_endorsed_before_the_gate_closed_is_invalid_after() {
    let (world, users) = world(1);
    let order = Endorsed::new(&world, &users[0], &offer(slot(0), "sale", 100, 500_000));
    let close = Endorsed::new(&world, &operator(), &CloseGate { slot: slot(0).into() });
    assert!(!order.survives(&close), "the order has read the gate");
    assert!(close.survives(&order), "and closing has read no order");
}

/// The contract is given no time at all: whatever timestamp a client chooses, the gate's row decides. An order that was endorsed while
/// the gate was open and is ordered after its closing has read a row that changed.
#[test]
fn trap_closing_a_gate_by_timestamp() {
    let (mut world, users) = world(2);
    let late = offer(slot(0), "late", 100, 530_000);
    let before = Endorsed::new(&world, &users[0], &late);
    let close = Endorsed::new(&world, &operator(), &CloseGate { slot: slot(0).into() });
    assert!(!before.survives(&close), "endorsed before, ordered after");
    world.apply(&close.decision);
    let refused = world.decide(&users[1], &offer(slot(0), "later", 100, 530_000));
    assert_eq!(refused.unwrap_err().code(), der_api::ErrorCode::GateClosed);
}

#[test]
fn trap_matching_an_open_book() {
    let (mut world, users) = world(2);
    for stage in ["open", "closed"] {
        let clear = Clear { slot: slot(0).into() };
        let refused = world.decide(&operator(), &clear).expect_err(stage);
        assert_eq!(refused.code(), der_api::ErrorCode::WrongStage, "{stage}");
        if stage == "open" {
            world.submit(&users[0], &offer(slot(0), "sale", 100, 530_000));
            world.submit(&operator(), &CloseGate { slot: slot(0).into() });
        }
    }
    world.submit(&operator(), &SealBook { slot: slot(0).into() });
    let refused = world.decide(&users[1], &offer(slot(0), "late", 100, 530_000));
    assert!(refused.is_err(), "a sealed book takes no order");
    let clear = Endorsed::new(&world, &operator(), &Clear { slot: slot(0).into() });
    let beside = Endorsed::new(&world, &operator(), &OpenSlot { slot: slot(1).into() });
    assert!(
        clear.survives(&beside),
        "nothing that may still happen invalidates the clearing"
    );
}

#[test]
fn one_sellers_two_orders_cannot_pass_the_capacity_together() {
    let (world, users) = world(1);
    let orders = ["one", "two"].map(|order| Endorsed::new(&world, &users[0], &offer(slot(0), order, 200_000, 500_000)));
    assert!(!orders[1].survives(&orders[0]));
}

#[test]
fn both_sides_confirm_in_one_block() {
    let (mut world, _) = world(0);
    world.submit(&seller(), &offer(slot(0), "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot(0), "need", 200_000, 590_000));
    let contract = world.close_and_clear(slot(0)).contracts.remove(0);
    let answers =
        [seller(), buyer()].map(|user| Endorsed::new(&world, &user, &world.confirmation(&user, slot(0), &contract)));
    assert!(answers[0].survives(&answers[1]) && answers[1].survives(&answers[0]));
    let plan = Endorsed::new(&world, &operator(), &Plan { slot: slot(0) });
    assert!(
        !plan.survives(&answers[0]),
        "a plan that missed a signature is made again"
    );
    assert!(!answers[0].survives(&plan), "a signature after the plan comes too late");
}

#[test]
fn a_settlement_that_missed_a_reading_is_made_again() {
    let mut world = World::ready();
    world.planned(&der_market::paper::CASES[0], slot(0));
    let readings = vec![
        reading("meter-1", slot(0), 0, 200_000, 1),
        reading("meter-2", slot(0), 200_000, 0, 1),
    ];
    world.submit(&metering(), &RecordReadings { readings });
    let settle = Endorsed::new(&world, &operator(), &Settle { slot: slot(0) });
    let correction = RecordReadings {
        readings: vec![reading("meter-2", slot(0), 1, 0, 2)],
    };
    let correction = Endorsed::new(&world, &metering(), &correction);
    assert!(!settle.survives(&correction) && !correction.survives(&settle));
    let again = Endorsed::new(&world, &operator(), &Settle { slot: slot(0) });
    assert!(
        !again.survives(&settle),
        "two settlements of one slot never both commit"
    );
}
