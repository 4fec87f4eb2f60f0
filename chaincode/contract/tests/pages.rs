//! A settlement of several pages: small, independent of each other, booked once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_api::reply::Stage;
use der_api::request::*;
use der_contract::{Caller, Decision, Key};
use der_market::journal::{Account, sum};
use der_market::units::Money;
use world::*;

/// Contracts of the slot: enough for two pages and more.
const CONTRACTS: usize = 600;
/// Orders of one participant.
const EACH: usize = 100;

fn post<R: der_api::Request>(world: &mut World, user: &Caller, request: &R) {
    let decision = world.decide(user, request).unwrap();
    world.apply(&decision);
}

/// A planned slot of many contracts between one seller and buyers with ids of the greatest length, metered but for the last buyer.
fn planned() -> World {
    let mut world = whole_market();
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    post(&mut world, &seller(), &offer(slot(0), "sale", 200_000, 530_000));
    let users: Vec<Caller> = (0..CONTRACTS / EACH)
        .map(|number| caller("MicrogridMSP", &format!("{number:0>64}"), "participant"))
        .collect();
    for (number, user) in users.iter().enumerate() {
        world.join(user, "pcc-2", &format!("meter-b{number}"));
        for order in 0..EACH {
            post(&mut world, user, &bid(slot(0), &format!("need{order}"), 100, 590_000));
        }
    }
    let clearing = world.close_and_clear(slot(0));
    for page in 0..clearing.pages() {
        let slot = slot(0).into();
        post(&mut world, &operator(), &WriteContracts { slot, page });
    }
    let contracts = clearing.contract_ids().unwrap();
    assert_eq!(contracts.len(), CONTRACTS);
    for contract in &contracts {
        let terms = world
            .query(&QueryContract {
                slot: slot(0).into(),
                contract: contract.clone(),
            })
            .terms;
        let user = users.iter().find(|user| participant(user) == terms.buyer).unwrap();
        for user in [user, &seller()] {
            let confirmation = world.confirmation(user, slot(0), contract);
            post(&mut world, user, &confirmation);
        }
    }
    world.submit(&operator(), &Plan { slot: slot(0) });
    let mut readings = vec![reading("meter-1", slot(0), 0, 60_000, 1)];
    readings.extend((1..users.len()).map(|number| reading(&format!("meter-b{number}"), slot(0), 10_000, 0, 1)));
    world.submit(&metering(), &RecordReadings { readings });
    world
}

fn bytes(decision: &Decision) -> usize {
    let puts = decision.puts().iter();
    puts.map(|(key, value)| key.composite().len() + value.len())
        .sum::<usize>()
        + decision.reply().len()
}

fn page(number: u32) -> SettlePage {
    SettlePage {
        slot: slot(0),
        page: number,
    }
}

fn stage(world: &World) -> Stage {
    world.query(&QuerySlot { slot: slot(0).into() }).stage
}

fn balances(world: &World) -> Vec<Money> {
    let accounts = [
        Account::Grid,
        Account::Retail,
        Account::Participant(participant(&seller())),
    ];
    accounts
        .map(|account| world.query(&QueryBalance { account }).balance)
        .to_vec()
}

#[test]
fn pages_are_small_commute_and_are_booked_once() {
    let mut world = planned();
    let settle = world.decide(&operator(), &Settle { slot: slot(0) }).unwrap();
    world.apply(&settle);
    let view = world.query(&QuerySettlement { slot: slot(0) });
    let course = view.course.clone().unwrap();
    assert_eq!((course.booked, course.pending.len(), view.trades.len()), (0, EACH, 0));
    assert!(view.pages >= 2);
    assert_eq!(stage(&world), Stage::Planned, "settled when all pages are");

    let decisions: Vec<Decision> = (0..view.pages)
        .map(|number| world.decide(&operator(), &page(number)).unwrap())
        .collect();
    let mut written: BTreeSet<Key> = BTreeSet::new();
    for decision in &decisions {
        assert!(bytes(decision) <= 1_000_000, "{} bytes", bytes(decision));
        for key in decision.puts().keys() {
            assert!(written.insert(key.clone()), "{key:?} is written by two pages");
        }
    }
    println!(
        "settle {} bytes, pages {:?}",
        bytes(&settle),
        decisions.iter().map(bytes).collect::<Vec<_>>()
    );
    let mut forth = world.clone();
    decisions.iter().for_each(|decision| forth.apply(decision));
    decisions.iter().rev().for_each(|decision| world.apply(decision));
    assert_eq!(forth.state, world.state, "in any order");
    for (number, decision) in (0..).zip(&decisions) {
        let again = world.decide(&operator(), &page(number)).unwrap();
        assert!(again.is_read_only(), "booked once");
        assert_eq!(again.reply(), decision.reply());
    }
    assert_eq!(stage(&world), Stage::Settled);
    assert_eq!(world.refusal(&operator(), &page(view.pages)), ErrorCode::NoSuchPage);
    let told = world.query(&QuerySettlement { slot: slot(0) });
    assert_eq!(
        (told.trades.len(), told.course.unwrap().booked),
        (CONTRACTS - EACH, told.pages)
    );
    assert_eq!(sum(&told.postings), Ok(Money::ZERO));
}

#[test]
fn a_correction_waits_for_the_pages_whose_lines_it_takes_back() {
    let mut world = planned();
    world.submit(&operator(), &Settle { slot: slot(0) });
    let first = world.query(&QuerySettlement { slot: slot(0) }).pages;
    let late = vec![
        reading("meter-b0", slot(0), 10_000, 0, 1),
        reading("meter-b1", slot(0), 4_000, 0, 2),
    ];
    world.submit(&metering(), &RecordReadings { readings: late });
    world.submit(&operator(), &CorrectSlot { slot: slot(0) });
    let all = world.query(&QuerySettlement { slot: slot(0) }).pages;
    assert!(all > first);
    let waits = (first..all).filter(|number| world.decide(&operator(), &page(*number)).is_err());
    for number in waits.collect::<Vec<_>>() {
        assert_eq!(world.refusal(&operator(), &page(number)), ErrorCode::PageNotBooked);
    }
    for number in 0..all {
        world.submit(&operator(), &page(number));
    }
    assert_eq!(stage(&world), Stage::Settled);
    let mut right = planned();
    let late = vec![
        reading("meter-b0", slot(0), 10_000, 0, 1),
        reading("meter-b1", slot(0), 4_000, 0, 2),
    ];
    right.submit(&metering(), &RecordReadings { readings: late });
    right.submit(&operator(), &Settle { slot: slot(0) });
    for number in 0..right.query(&QuerySettlement { slot: slot(0) }).pages {
        right.submit(&operator(), &page(number));
    }
    assert_eq!(balances(&world), balances(&right));
    let volumes = |world: &World| world.query(&QueryVolumes { through: slot(0) });
    assert_eq!(volumes(&world), volumes(&right));
}

/// All or none, and two reads of the ledger: the cost of a full batch is its signatures.
#[test]
fn a_batch_of_a_thousand_readings_is_recorded_at_once() {
    let mut world = whole_market();
    for number in 0..1_000 {
        let user = caller("MicrogridMSP", &format!("user{number}"), "participant");
        world.join(&user, "pcc-2", &format!("meter-{number:04}"));
    }
    let mut readings: Vec<_> = (0..1_000)
        .map(|number| reading(&format!("meter-{number:04}"), slot(0), number, 0, 1))
        .collect();
    let request = RecordReadings {
        readings: readings.clone(),
    };
    let decision = world.decide(&metering(), &request).unwrap();
    assert_eq!(decision.puts().len(), 1_000);
    println!(
        "{} bytes of argument, {} written",
        der_api::codec::encode(&request).unwrap().len(),
        bytes(&decision)
    );
    readings[500].reading.consumed_wh = energy(1);
    let forged = RecordReadings { readings };
    assert_eq!(
        world.refusal(&metering(), &forged),
        ErrorCode::BadReadingSignature,
        "one bad reading, none recorded"
    );
}
