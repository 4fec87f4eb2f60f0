//! What governance decides and settlement, money and certificates follow: prices by schedule, days by calendar.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod days;
mod prices;
mod stores;
#[path = "../world/mod.rs"]
mod world;

use std::collections::BTreeMap;

use der_api::ErrorCode;
use der_api::request::*;
use der_api::version::Content;
use der_contract::Caller;
use der_market::calendar::{Calendar, Date, Day, Period, Run};
use der_market::credit::CreditRules;
use der_market::journal::{Account, Purpose};
use der_market::paper;
use der_market::parameters::{Parameters, Prices, Profile};
use der_market::participant::{CustomerClass, Source};
use der_market::schedule::{Rate, Schedule};
use der_market::units::Price;
use world::*;

/// The paper's two users on a whole market with penalties and credit.
fn market() -> World {
    founded(|_| ())
}

fn founded(change: impl FnOnce(&mut Parameters)) -> World {
    let mut founding = bootstrap();
    founding.schema = der_api::schema::WHOLE_MARKET;
    founding.parameters.profile = Profile::Market;
    founding.parameters.orders = Some(der_market::order_rules::OrderRules {
        book: der_market::order_rules::Book::Open,
    });
    founding.parameters.credit = Some(CreditRules::default());
    change(&mut founding.parameters);
    World::founded(&founding)
}

fn price(value: i64) -> Price {
    Price::new(value).unwrap()
}

fn record(world: &mut World, offset: u64, consumed: u64, injected: u64, sequence: u64) {
    let readings = vec![
        reading("meter-1", slot(offset), 0, injected, sequence),
        reading("meter-2", slot(offset), consumed, 0, sequence),
    ];
    world.submit(&metering(), &RecordReadings { readings });
}

/// What a slot booked to a user, by purpose.
fn booked(world: &World, user: &Caller, offset: u64) -> BTreeMap<Purpose, i128> {
    let account = Account::Participant(participant(user));
    let request = QueryStatement {
        account,
        slot: slot(offset),
    };
    let mut booked = BTreeMap::new();
    for posting in world.query(&request).postings {
        *booked.entry(posting.purpose).or_insert(0) += posting.amount.get();
    }
    booked.retain(|purpose, amount| *amount != 0 && *purpose != Purpose::Opening);
    booked
}
