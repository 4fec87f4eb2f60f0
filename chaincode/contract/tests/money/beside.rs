//! What acts on money may do beside each other in one block, by Fabric's rule: a transaction is valid when nothing it read was written
//! since.

use std::collections::BTreeSet;
use std::sync::Mutex;

use der_api::codec;
use der_contract::{Decision, Key, KeyPrefix, LedgerView, ViewError, invoke};
use der_market::billing::Billing;

use super::*;

/// A ledger that keeps the read set: keys, and ranges from and up to.
struct Watched<'a> {
    state: &'a Memory,
    keys: Mutex<BTreeSet<String>>,
    ranges: Mutex<Vec<(String, String)>>,
}

impl LedgerView for Watched<'_> {
    async fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, ViewError> {
        self.keys.lock().unwrap().insert(key.composite());
        self.state.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, ViewError> {
        self.keys.lock().unwrap().extend(keys.iter().map(Key::composite));
        self.state.get_many(keys).await
    }

    async fn range(&self, prefix: &KeyPrefix) -> Result<Vec<Vec<u8>>, ViewError> {
        let from = prefix.composite();
        let to = format!("{from}\u{10FFFF}");
        self.ranges.lock().unwrap().push((from, to));
        self.state.range(prefix).await
    }

    async fn span(&self, prefix: &KeyPrefix, from: &str, to: &str) -> Result<Vec<Vec<u8>>, ViewError> {
        let start = prefix.composite();
        let range = (format!("{start}{from}"), format!("{start}{to}"));
        self.ranges.lock().unwrap().push(range);
        self.state.span(prefix, from, to).await
    }
}

/// An endorsed transaction.
struct Endorsed {
    decision: Decision,
    keys: BTreeSet<String>,
    ranges: Vec<(String, String)>,
}

impl Endorsed {
    fn new<R: Request>(world: &World, caller: &Caller, request: &R) -> Self {
        let view = Watched {
            state: &world.state,
            keys: Mutex::default(),
            ranges: Mutex::default(),
        };
        let argument = codec::encode(request).unwrap();
        let decision = now(invoke(&view, caller, &Hashing, R::FUNCTION.name(), &[&argument])).unwrap();
        assert!(!decision.is_read_only(), "{}", R::FUNCTION.name());
        Self {
            decision,
            keys: view.keys.into_inner().unwrap(),
            ranges: view.ranges.into_inner().unwrap(),
        }
    }

    fn writes(&self) -> BTreeSet<String> {
        let keys = self.decision.puts().keys().chain(self.decision.deletes());
        keys.map(Key::composite).collect()
    }

    fn survives(&self, other: &Self) -> bool {
        let writes = other.writes();
        let within = |key: &String| self.ranges.iter().any(|(from, to)| from <= key && key < to);
        self.keys.is_disjoint(&writes) && !writes.iter().any(within)
    }

    fn stand_beside(&self, other: &Self) -> bool {
        self.survives(other) && other.survives(self)
    }
}

fn settled_next(world: &mut World) -> Settle {
    world.planned(&paper::CASES[0], slot(1));
    let readings = vec![
        reading("meter-2", slot(1), 200_000, 0, 1),
        reading("meter-1", slot(1), 0, 200_000, 1),
    ];
    world.submit(&metering(), &RecordReadings { readings });
    Settle { slot: slot(1) }
}

/// A slot settled, another one ready to be, a third one open.
fn busy() -> (World, Settle) {
    let mut world = market();
    delivered(&mut world, 0);
    let settle = settled_next(&mut world);
    world.submit(&operator(), &OpenSlot { slot: slot(2).into() });
    (world, settle)
}

#[test]
fn trap_a_shared_balance_key_order_entry_and_settlement_never_conflict() {
    let (world, settle) = busy();
    let settle = Endorsed::new(&world, &operator(), &settle);
    let orders = [
        Endorsed::new(&world, &buyer(), &bid(slot(2), "need", 10_000, 590_000)),
        Endorsed::new(&world, &seller(), &offer(slot(2), "sale", 10_000, 530_000)),
    ];
    for order in &orders {
        assert!(
            order.stand_beside(&settle),
            "the very parties of the settled contract order at once"
        );
        assert!(order.ranges.is_empty(), "order entry reads no range");
    }
    assert!(orders[0].stand_beside(&orders[1]));
    let release = ReleaseHolds {
        auctions: vec![slot(0).into()],
        contracts: vec![],
        days: vec![],
    };
    assert!(Endorsed::new(&world, &buyer(), &release).stand_beside(&settle));
}

#[test]
fn trap_a_shared_balance_key_settlements_write_nothing_twice() {
    let (mut world, settle) = busy();
    let before: BTreeSet<String> = world.state.0.keys().cloned().collect();
    let settle = Endorsed::new(&world, &operator(), &settle);
    assert!(settle.writes().is_disjoint(&before), "a settlement only adds rows");
    world.apply(&settle.decision);
    assert!(!settle.writes().iter().any(|key| key.starts_with("\0funds\0")));
}

#[test]
fn the_selling_companys_answers_never_meet_its_customers_orders() {
    let (mut world, settle) = busy();
    for (user, id) in [(buyer(), "d1"), (seller(), "d2")] {
        let request = RequestDeposit {
            payment: world::id(id),
            amount: yuan(1),
        };
        world.submit(&user, &request);
    }
    let answer = |user: &Caller, id: &str| AnswerDeposit {
        participant: participant(user),
        payment: world::id(id),
        accepted: true,
    };
    let answers = [
        Endorsed::new(&world, &retail(), &answer(&buyer(), "d1")),
        Endorsed::new(&world, &retail(), &answer(&seller(), "d2")),
    ];
    let order = Endorsed::new(&world, &buyer(), &bid(slot(2), "need", 10_000, 590_000));
    let settle = Endorsed::new(&world, &operator(), &settle);
    for answer in &answers {
        assert!(answer.stand_beside(&order) && answer.stand_beside(&settle));
    }
    assert!(answers[0].stand_beside(&answers[1]), "two deposits share no row");
}

#[test]
fn a_fold_that_missed_a_settlement_is_made_again_and_holds_nobody_up() {
    let (world, settle) = busy();
    let fold = FoldAccounts {
        day: Billing::default().day_of(slot(0)),
        accounts: vec![own(&buyer()), own(&seller()), Account::Grid],
    };
    let fold = Endorsed::new(&world, &operator(), &fold);
    let settle = Endorsed::new(&world, &operator(), &settle);
    let order = Endorsed::new(&world, &buyer(), &bid(slot(2), "need", 10_000, 590_000));
    assert!(!fold.survives(&settle), "it would have summed up without it");
    assert!(settle.survives(&fold), "and the settlement does not wait");
    assert!(order.stand_beside(&fold));
}

#[test]
fn a_participants_own_two_orders_cannot_spend_the_same_money() {
    let (world, _) = busy();
    let orders = ["one", "two"].map(|order| Endorsed::new(&world, &buyer(), &bid(slot(2), order, 10_000, 590_000)));
    assert!(!orders[0].survives(&orders[1]));
}
