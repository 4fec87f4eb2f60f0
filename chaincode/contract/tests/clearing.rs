//! Clearing at schema 3: filters, price modes, the pilot rule.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::ErrorCode;
use der_api::request::*;
use der_market::clearing::{ClearingRules, PilotRule};
use der_market::filters::Filters;
use der_market::parameters::{Parameters, PriceMode};
use der_market::participant::Source;
use der_market::units::{Distance, Price};
use world::*;

/// A market of schema 3 with an open slot under these rules.
fn open(change: impl Fn(&mut Parameters)) -> World {
    let mut world = whole_market();
    let mut parameters = der_market::paper::parameters().unwrap();
    change(&mut parameters);
    world.govern(parameters);
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    world
}

fn with(filters: Filters) -> PostBid {
    PostBid {
        filters: Some(filters),
        ..bid(slot(0), "need", 1_000, 590_000)
    }
}

fn sale() -> PostOffer {
    offer(slot(0), "sale", 1_000, 530_000)
}

fn contracts(world: &mut World, need: &PostBid, sale: &PostOffer) -> Vec<Price> {
    world.submit(&seller(), sale);
    world.submit(&buyer(), need);
    let clearing = world.close_and_clear(slot(0));
    let price = |contract| {
        let slot = slot(0).into();
        world.query(&QueryContract { slot, contract }).terms.price
    };
    clearing.contracts.into_iter().map(price).collect()
}

/// Of 200 kWh one demand takes 60 and a later one 90: the order keeps its identity, and what is left of it is planned, to the Wh.
#[test]
fn trap_the_residual_of_a_partly_filled_order() {
    let mut world = open(|_| ());
    world.submit(&seller(), &offer(slot(0), "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot(0), "need", 60_000, 590_000));
    world.submit(&buyer(), &bid(slot(0), "more", 90_000, 580_000));
    let cleared = world.close_and_clear(slot(0));
    assert_eq!(
        (cleared.matched_wh.get(), cleared.unmatched_supply_wh.get()),
        (150_000, 50_000)
    );
    for contract in &cleared.contracts {
        for user in [seller(), buyer()] {
            let confirmation = world.confirmation(&user, slot(0), contract);
            world.submit(&user, &confirmation);
        }
    }
    let plan = world.submit(&operator(), &Plan { slot: slot(0) });
    let sale = plan
        .lines
        .iter()
        .find(|line| line.order.as_str().starts_with("sale"))
        .unwrap();
    assert_eq!(
        [sale.direct_wh, sale.grid_wh, sale.left_wh].map(der_market::units::Energy::get),
        [150_000, 50_000, 0]
    );
}

#[test]
fn filters_decide_who_trades() {
    let [sun, wind] = [Source::Photovoltaic, Source::Wind].map(|source| Filters {
        sources: [source].into(),
        ..Filters::default()
    });
    let [solar, stranger] = ["EnergyMSP:solar1", "EnergyMSP:solar2"].map(|partner| Filters {
        partners: [id(partner)].into(),
        ..Filters::default()
    });
    let [far, near] = [10, 9].map(|mohm| Filters {
        max_distance_mohm: Distance::new(mohm).ok(),
        ..Filters::default()
    });
    for (filters, trades) in [(sun, 1), (wind, 0), (solar, 1), (stranger, 0), (far, 1), (near, 0)] {
        let mut world = open(|_| {});
        let found = contracts(&mut world, &with(filters.clone()), &sale());
        assert_eq!(found.len(), trades, "{filters:?}");
    }
}

#[test]
fn both_sides_of_a_bilateral_contract_name_its_price() {
    let agreed = |micro| {
        let agreed_price = Price::new(micro).ok();
        Filters {
            agreed_price,
            ..Filters::default()
        }
    };
    for (buys, sells, price) in [
        (Some(545_000), Some(545_000), Some(545_000)),
        (Some(545_000), Some(546_000), None),
        (Some(545_000), None, None),
        (Some(571_000), Some(571_000), None),
        (None, None, Some(550_000)),
    ] {
        let mut world = open(|parameters| parameters.price_mode = PriceMode::Bilateral);
        let need = PostBid {
            filters: buys.map(agreed),
            ..bid(slot(0), "need", 1_000, 590_000)
        };
        let sale = PostOffer {
            filters: sells.map(agreed),
            ..sale()
        };
        let found = contracts(&mut world, &need, &sale);
        assert_eq!(found.first().map(|price| price.get()), price, "{buys:?} {sells:?}");
    }
    let world = open(|_| {});
    assert_eq!(
        world.refusal(&buyer(), &with(agreed(545_000))),
        ErrorCode::NoAgreedPrices
    );
}

#[test]
fn a_uniform_price_is_a_limit_of_the_book() {
    let mut world = open(|parameters| parameters.price_mode = PriceMode::Uniform);
    let found = contracts(&mut world, &bid(slot(0), "need", 1_000, 590_000), &sale());
    assert_eq!(found, [Price::new(530_000).unwrap()], "the lowest of the two limits");
}

#[test]
fn the_pilot_rule_shuts_large_plants_out() {
    for (volts, trades) in [(vec![10_000], 1), (vec![220_000], 0)] {
        let mut world = open(|parameters| {
            parameters.clearing = Some(ClearingRules {
                pilot: Some(PilotRule { volts: volts.clone() }),
                ..ClearingRules::default()
            });
        });
        let found = contracts(&mut world, &bid(slot(0), "need", 1_000, 590_000), &sale());
        assert_eq!(found.len(), trades, "{volts:?}");
    }
}

#[test]
fn earlier_schemas_know_neither_filters_nor_the_new_rules() {
    let mut world = World::ready();
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    let near = Filters {
        max_distance_mohm: Distance::new(9).ok(),
        ..Filters::default()
    };
    assert_eq!(world.refusal(&buyer(), &with(near)), ErrorCode::SchemaTooOld);
    world.submit(&operator(), &Migrate { to: 2 });
    for change in [
        |parameters: &mut Parameters| parameters.price_mode = PriceMode::Uniform,
        |parameters: &mut Parameters| parameters.clearing = Some(ClearingRules::default()),
    ] {
        let mut parameters = der_market::paper::parameters().unwrap();
        change(&mut parameters);
        let refusal = world.refusal(&operator(), &PublishParameters { parameters });
        assert_eq!(refusal, ErrorCode::SchemaTooOld);
    }
}

#[test]
fn malformed_filters_are_refused() {
    let world = open(|_| {});
    assert_eq!(
        world.refusal(&buyer(), &with(Filters::default())),
        ErrorCode::FiltersInvalid
    );
    let sun = Filters {
        sources: [Source::Photovoltaic].into(),
        ..Filters::default()
    };
    let sale = PostOffer {
        filters: Some(sun),
        ..sale()
    };
    assert_eq!(world.refusal(&seller(), &sale), ErrorCode::FiltersInvalid);
}
