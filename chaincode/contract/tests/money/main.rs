//! Deposits, holds, folds, statements and credit on a ledger in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod beside;
mod credit;
mod holds;
mod payments;
mod statements;
#[path = "../world/mod.rs"]
mod world;

use der_api::request::*;
use der_api::{ErrorCode, Request};
use der_contract::Caller;
use der_market::credit::CreditRules;
use der_market::id::ContractId;
use der_market::journal::{Account, Purpose};
use der_market::order_rules::{Book, OrderRules};
use der_market::paper;
use der_market::parameters::{Parameters, Profile};
use der_market::units::Money;
use world::*;

const YUAN: i128 = Money::PER_YUAN;

fn rules() -> Parameters {
    let mut parameters = paper::parameters().unwrap();
    parameters.profile = Profile::Market;
    parameters.credit = Some(CreditRules::default());
    parameters.orders = Some(OrderRules { book: Book::Open });
    parameters
}

/// The paper's two users on a whole market with credit in force.
fn market() -> World {
    let mut founding = bootstrap();
    founding.schema = der_api::schema::WHOLE_MARKET;
    founding.parameters = rules();
    World::founded(&founding)
}

fn yuan(amount: i128) -> Money {
    Money::nyuan(amount * YUAN)
}

fn own(user: &Caller) -> Account {
    Account::Participant(participant(user))
}

fn funds(world: &World, user: &Caller) -> (i128, i128) {
    let funds = world.query(&QueryAccount { account: own(user) }).funds.unwrap();
    assert_eq!(funds.available, funds.balance.minus(funds.held).unwrap());
    (funds.balance.get(), funds.held.get())
}

/// The paper's first case, delivered as agreed.
fn delivered(world: &mut World, offset: u64) -> ContractId {
    kept(world, offset, paper::CONTRACT_WH, paper::CONTRACT_WH)
}

/// The paper's first case with what was consumed and generated.
fn kept(world: &mut World, offset: u64, consumed: u64, generated: u64) -> ContractId {
    let contract = world.planned(&paper::CASES[0], slot(offset));
    measured(world, offset, consumed, generated);
    contract
}

fn measured(world: &mut World, offset: u64, consumed: u64, generated: u64) {
    let readings = vec![
        reading("meter-2", slot(offset), consumed, 0, 1),
        reading("meter-1", slot(offset), 0, generated, 1),
    ];
    world.submit(&metering(), &RecordReadings { readings });
    world.submit(&operator(), &Settle { slot: slot(offset) });
}

/// A slot in which nothing happens, settled: the ledger has come so far.
fn pass(world: &mut World, offset: u64) {
    let slot = slot(offset);
    world.submit(&operator(), &OpenSlot { slot: slot.into() });
    world.close_and_clear(slot);
    world.submit(&operator(), &Plan { slot });
    world.submit(&operator(), &Settle { slot });
}

fn refused<R: Request>(world: &World, caller: &Caller, request: &R, code: ErrorCode) {
    let error = world.decide(caller, request).expect_err(R::FUNCTION.name());
    assert_eq!(error.code(), code, "{}", error.message());
}

/// A posting as a correction would add it: on a page of its own.
fn post(world: &mut World, user: &Caller, offset: u64, page: u32, purpose: Purpose, nyuan: i128) {
    let (msp, name) = (&user.msp_id, &user.enrollment_id);
    let purpose = serde_json::to_string(&purpose).unwrap();
    for (key, account, amount) in [
        (format!("participant\0{msp}\0{name}"), own(user), nyuan),
        ("retail".to_owned(), Account::Retail, -nyuan),
    ] {
        let key = format!("\0posting\0{key}\0{}\0{page:010}\0", slot(offset).padded());
        let posting = format!(r#"{{"account":"{account}","purpose":{purpose},"amount":"{amount}"}}"#);
        let row = format!(r#"{{"v":1,"row":{{"postings":[{posting}]}}}}"#);
        assert!(world.state.0.insert(key, row.into_bytes()).is_none());
    }
}

fn books(world: &World) -> Money {
    let accounts = [
        own(&buyer()),
        own(&seller()),
        Account::Grid,
        Account::Retail,
        Account::Deposits,
        Account::Rounding,
    ];
    let balances = accounts.map(|account| world.query(&QueryBalance { account }).balance);
    der_market::journal::sum_of(balances).unwrap()
}
