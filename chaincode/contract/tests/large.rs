//! No book holds its slot: not by the number of its orders, and not by their energy.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::reply::{ClearingView, PlanView};
use der_api::request::*;
use der_contract::Caller;
use der_market::settlement::Branch;
use der_market::units::Energy;
use world::*;

/// Orders of one participant at a point and slot.
const EACH: usize = 100;

/// A slot with this many bids of 1 Wh, and one offer that all of them could take.
fn book(bids: usize) -> World {
    let mut world = World::ready();
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
