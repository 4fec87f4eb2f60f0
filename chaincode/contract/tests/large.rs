//! No book holds its slot: not by the number of its orders, and not by their energy. A large clearing is written in pages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::ErrorCode;
use der_api::reply::{ClearingView, PlanView, Stage};
use der_api::request::*;
use der_contract::Caller;
use der_market::settlement::Branch;
use der_market::units::Energy;
use world::*;

/// Orders of one participant at a point and slot.
const EACH: usize = 100;

/// A slot with this many bids of 1 Wh, and one offer that all of them could take.
fn book(bids: usize) -> World {
    book_at(1, bids)
}

fn book_at(schema: u32, bids: usize) -> World {
    let mut world = World::ready();
    if schema > 1 {
        world.submit(&operator(), &Migrate { to: schema });
    }
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    post(&mut world, &seller(), &offer(slot(0), "sale", 200_000, 530_000));
    for number in 0..bids.div_ceil(EACH) {
        let user = caller("MicrogridMSP", &format!("buyer{number}"), "participant");
        world.join(&user, "pcc-2", &format!("meter-b{number}"));
        for order in 0..EACH.min(bids - number * EACH) {
            post(&mut world, &user, &bid(slot(0), &format!("need{order}"), 1, 590_000));
        }
    }
    world
}

/// Posts without simulating twice and without the log, for there are thousands.
fn post<R: der_api::Request>(world: &mut World, user: &Caller, request: &R) {
    let decision = world.decide(user, request).unwrap();
    world.apply(&decision);
}

fn cleared_and_planned(world: &mut World) -> (ClearingView, PlanView) {
    let clearing = world.close_and_clear(slot(0));
    let plan = world.submit(&operator(), &Plan { slot: slot(0) });
    (clearing, plan)
}

#[test]
fn a_book_at_the_limit_is_matched() {
    let clearing = book(3_999).close_and_clear(slot(0));
    assert_eq!((clearing.orders, clearing.contracts.len()), (4_000, 3_999));
    assert_eq!(clearing.matched_wh, energy(3_999));
}

#[test]
fn a_book_beyond_the_limit_is_planned_whole() {
    let (clearing, plan) = cleared_and_planned(&mut book(4_000));
    assert_eq!((clearing.orders, clearing.contracts.len()), (4_001, 0));
    assert_eq!(clearing.matched_wh, Energy::ZERO);
    assert_eq!(clearing.branches, [Branch::FeedIn, Branch::GridSupply].into());
    let planned = plan.lines.iter().map(|line| line.grid_wh.get() + line.left_wh.get());
    assert_eq!(planned.sum::<u64>(), 200_000 + 4_000);
}

#[test]
fn orders_of_a_suspended_participant_do_not_count() {
    let mut world = book(4_000);
    let participant = id("MicrogridMSP:buyer0");
    world.submit(&regulator(), &Suspend { participant });
    let clearing = world.close_and_clear(slot(0));
    assert_eq!((clearing.orders, clearing.contracts.len()), (4_001, 3_900));
}

#[test]
fn demand_beyond_the_unit_is_planned() {
    let mut world = book(0);
    for user in ["buyer1", "buyer2"] {
        let user = caller("MicrogridMSP", user, "participant");
        world.join(&user, "pcc-2", &user.enrollment_id);
        world.submit(&user, &bid(slot(0), "need", Energy::MOST.get(), 1));
    }
    let (clearing, plan) = cleared_and_planned(&mut world);
    assert_eq!(clearing.unmatched_demand_wh, Energy::MOST);
    assert_eq!(plan.lines.len(), 3);
}

fn bytes(decision: &der_contract::Decision) -> usize {
    let puts = decision.puts().iter();
    let written: usize = puts.map(|(key, row)| key.composite().len() + row.len()).sum();
    written + decision.reply().len()
}

/// All pages, in the order given; each is decided on the state before, and written.
fn write(world: &mut World, pages: &[u32]) {
    for page in pages {
        let slot = slot(0).into();
        let decision = world
            .decide(&operator(), &WriteContracts { slot, page: *page })
            .unwrap();
        assert!(bytes(&decision) < 1_000_000, "{} bytes", bytes(&decision));
        world.apply(&decision);
    }
}

#[test]
fn a_large_clearing_is_written_in_pages_in_any_order() {
    let mut world = book_at(3, 1_200);
    let clearing = world.close_and_clear(slot(0));
    let proof = clearing.proof.clone().unwrap();
    assert_eq!((clearing.contracts.len(), proof.contracts, proof.pages), (0, 1_200, 3));
    assert_eq!(clearing.matched_wh, energy(1_200));
    let stage = |world: &World| world.query(&QuerySlot { slot: slot(0).into() }).stage;
    assert_eq!(
        world.refusal(&operator(), &Plan { slot: slot(0) }),
        ErrorCode::WrongStage
    );
    let beyond = WriteContracts {
        slot: slot(0).into(),
        page: 3,
    };
    assert_eq!(world.refusal(&operator(), &beyond), ErrorCode::NoSuchContractsPage);
    let mut other = world.clone();
    // Who wrote an order may be suspended between two pages: the book that was matched stays the same.
    write(&mut world, &[2, 0]);
    assert_eq!(stage(&world), Stage::Sealed);
    let participant = id("MicrogridMSP:buyer0");
    let suspension = Suspend { participant };
    world.submit(&regulator(), &suspension);
    other.submit(&regulator(), &suspension);
    write(&mut world, &[1]);
    write(&mut other, &[0, 1, 2]);
    assert_eq!(world.state, other.state, "pages commute");
    assert_eq!(stage(&world), Stage::Matched);
    let again = world
        .decide(&operator(), &WriteContracts { page: 1, ..beyond })
        .unwrap();
    assert!(again.is_read_only(), "a page is written once");
    let ids = clearing.contract_ids().unwrap();
    let slot = slot(0).into();
    for contract in [&ids[0], &ids[499], &ids[500], &ids[1_199]] {
        let view = world.query(&QueryContract {
            slot,
            contract: contract.clone(),
        });
        assert_eq!(&view.terms.contract, contract);
    }
    let page = world.query(&QueryContracts { slot, page: 2 });
    assert_eq!(page.contracts.len(), 200);
    let plan = world.submit(&operator(), &Plan { slot: slot.slot });
    assert_eq!(plan.lines.len(), 1_201);
}

#[test]
fn a_clearing_of_ten_thousand_orders_stays_below_two_megabytes() {
    let mut world = book_at(3, 9_999);
    let slot = slot(0).into();
    world.submit(&operator(), &CloseGate { slot });
    world.submit(&operator(), &SealBook { slot });
    let decision = world.decide(&operator(), &Clear { slot }).unwrap();
    println!("{} bytes written and told", bytes(&decision));
    assert!(bytes(&decision) < 2_000_000);
    world.apply(&decision);
    write(&mut world, &[19, 7]);
}
