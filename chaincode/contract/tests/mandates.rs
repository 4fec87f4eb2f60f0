//! Standing mandates, and what refusing or not answering a contract costs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::ErrorCode;
use der_api::mandate::{Limit, MandateTerms};
use der_api::reply::{ContractStatus, ContractView};
use der_api::request::*;
use der_contract::Caller;
use der_market::id::ContractId;
use der_market::units::Price;
use world::*;

/// An open slot at schema 3.
fn open() -> World {
    let mut world = whole_market();
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    world
}

fn limit(wh: u64, price: i64) -> Option<Limit> {
    Some(Limit {
        energy_wh: energy(wh),
        price: Price::new(price).unwrap(),
    })
}

fn terms(of: &Caller, buy: Option<Limit>, sell: Option<Limit>) -> MandateTerms {
    MandateTerms {
        market: id("paper"),
        participant: participant(of),
        buy,
        sell,
        from: slot(0),
        until: slot(0),
    }
}

fn signed(by: &Caller, terms: MandateTerms) -> GrantMandate {
    let signature = sign(&by.public_key, &terms.canonical_bytes().unwrap());
    GrantMandate { terms, signature }
}

/// One sale and one demand, matched at 0.55 with a tariff of 0.02.
fn matched(world: &mut World) -> ContractId {
    world.submit(&seller(), &offer(slot(0), "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot(0), "need", 200_000, 590_000));
    world.close_and_clear(slot(0)).contracts.remove(0)
}

fn view(world: &World, contract: &ContractId) -> ContractView {
    world.query(&QueryContract {
        slot: slot(0).into(),
        contract: contract.clone(),
    })
}

fn penalties(world: &World) -> Vec<String> {
    let rows = world.state.0.iter().filter(|(key, _)| key.starts_with("\0penalty\0"));
    rows.map(|(_, value)| String::from_utf8(value.clone()).unwrap())
        .collect()
}

#[test]
fn mandates_of_both_sides_confirm_without_a_transaction() {
    let mut world = open();
    world.submit(
        &seller(),
        &signed(&seller(), terms(&seller(), None, limit(200_000, 550_000))),
    );
    world.submit(
        &buyer(),
        &signed(&buyer(), terms(&buyer(), limit(200_000, 570_000), None)),
    );
    let contract = matched(&mut world);
    let view = view(&world, &contract);
    assert_eq!(view.status, ContractStatus::Confirmed);
    assert!(view.confirmations.iter().all(|one| one.mandate.is_some()));
    let confirmation = world.confirmation(&seller(), slot(0), &contract);
    assert_eq!(world.refusal(&seller(), &confirmation), ErrorCode::AlreadyConfirmed);
    let refusal = Refuse {
        slot: slot(0).into(),
        contract,
        participant: None,
    };
    assert_eq!(world.refusal(&buyer(), &refusal), ErrorCode::AlreadyConfirmed);
    world.submit(&operator(), &Plan { slot: slot(0) });
    assert_eq!(penalties(&world), Vec::<String>::new());
}

#[test]
fn a_contract_beyond_the_mandate_waits_for_its_side() {
    for (buy, sell) in [
        (limit(200_000, 569_999), None),
        (limit(199_999, 570_000), None),
        (None, limit(200_000, 500_000)),
    ] {
        let mut world = open();
        world.submit(
            &seller(),
            &signed(&seller(), terms(&seller(), None, limit(200_000, 550_000))),
        );
        world.submit(&buyer(), &signed(&buyer(), terms(&buyer(), buy, sell)));
        let contract = matched(&mut world);
        assert_eq!(view(&world, &contract).status, ContractStatus::Proposed);
        let confirmation = world.confirmation(&buyer(), slot(0), &contract);
        world.submit(&buyer(), &confirmation);
        assert_eq!(view(&world, &contract).status, ContractStatus::Confirmed);
    }
}

#[test]
fn a_mandate_is_revoked_while_the_gate_is_open_and_firm_after_it() {
    let mut world = open();
    let grant = signed(&seller(), terms(&seller(), None, limit(200_000, 550_000)));
    world.submit(&seller(), &grant);
    world.submit(&seller(), &offer(slot(0), "sale", 100_000, 530_000));
    let revoke = RevokeMandate {
        slots: vec![slot(0).into()],
    };
    world.submit(&seller(), &revoke);
    let none = RevokeMandate { slots: vec![] };
    assert_eq!(world.refusal(&seller(), &none), ErrorCode::NoMandate);
    world.submit(&buyer(), &bid(slot(0), "need", 100_000, 590_000));
    let contract = world.close_and_clear(slot(0)).contracts.remove(0);
    assert!(view(&world, &contract).confirmations.is_empty());
    world.submit(&seller(), &grant);
    assert!(
        view(&world, &contract).confirmations.is_empty(),
        "it counts for orders to come"
    );
    assert_eq!(world.refusal(&seller(), &revoke), ErrorCode::GateClosed);
}

#[test]
fn mandates_that_are_refused() {
    let world = open();
    let good = terms(&seller(), None, limit(1, 1));
    let refused = |by: &Caller, terms: MandateTerms| world.refusal(by, &signed(by, terms));
    assert_eq!(refused(&buyer(), good.clone()), ErrorCode::MandateInvalid, "another's");
    let elsewhere = MandateTerms {
        market: id("other"),
        ..good.clone()
    };
    assert_eq!(refused(&seller(), elsewhere), ErrorCode::MandateInvalid);
    let empty = terms(&seller(), None, None);
    assert_eq!(refused(&seller(), empty), ErrorCode::MandateInvalid);
    let backwards = MandateTerms {
        from: slot(1),
        ..good.clone()
    };
    assert_eq!(refused(&seller(), backwards), ErrorCode::MandateInvalid);
    let mut forged = signed(&buyer(), good.clone());
    forged.signature = sign(&buyer().public_key, &good.canonical_bytes().unwrap());
    assert_eq!(world.refusal(&seller(), &forged), ErrorCode::BadMandateSignature);
    let mut renewed = seller();
    renewed.public_key = public_key("another key");
    assert_eq!(refused(&renewed, good), ErrorCode::KeyNotRegistered);
}

#[test]
fn free_refusal_as_an_option() {
    let mut world = open();
    let contract = matched(&mut world);
    let refusal = Refuse {
        slot: slot(0).into(),
        contract: contract.clone(),
        participant: None,
    };
    world.submit(&seller(), &refusal);
    let costs = penalties(&world);
    assert_eq!(costs.len(), 1);
    assert!(
        costs[0].contains("\"points\":5000") && costs[0].contains("EnergyMSP:solar1"),
        "{}",
        costs[0]
    );
    world.submit(&operator(), &Plan { slot: slot(0) });
    assert_eq!(penalties(&world), costs, "who was refused pays nothing");
}

#[test]
fn expiry_costs_the_side_that_was_silent_and_is_charged_once() {
    let mut world = open();
    let contract = matched(&mut world);
    let confirmation = world.confirmation(&seller(), slot(0), &contract);
    world.submit(&seller(), &confirmation);
    world.submit(&operator(), &EndConfirmation { slot: slot(0).into() });
    let costs = penalties(&world);
    assert_eq!(costs.len(), 1);
    assert!(
        costs[0].contains("expired") && costs[0].contains("MicrogridMSP:alice"),
        "{}",
        costs[0]
    );
    let plan = world.submit(&operator(), &Plan { slot: slot(0) });
    assert_eq!(plan.lines.len(), 2, "the energy is free for the grid company");
    assert_eq!(penalties(&world), costs);
}
