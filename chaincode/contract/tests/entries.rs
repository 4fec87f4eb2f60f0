//! Order entry at schema 3: a participant's orders in an auction are one row, alone or in batches.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::reply::{ClearingView, OrderStatus};
use der_api::request::*;
use der_api::schema::WHOLE_MARKET;
use der_api::{ErrorCode, codec};
use der_market::participant::Side;
use der_market::slot::Slot;
use der_market::units::Price;
use world::*;

fn open() -> World {
    let mut world = whole_market();
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    world
}

fn new(order: &str, side: Side, slot: Slot, wh: u64, price: i64) -> NewOrder {
    NewOrder {
        participant: None,
        order: id(order),
        side,
        slot: slot.into(),
        energy_wh: energy(wh),
        min_wh: energy(0),
        price: Price::new(price).unwrap(),
        filters: None,
    }
}

fn sales(orders: &[(&str, u64)]) -> PostMany {
    let sale = |(order, wh): &(&str, u64)| new(order, Side::Seller, slot(0), *wh, 500_000);
    PostMany {
        orders: orders.iter().map(sale).collect(),
    }
}

#[test]
fn one_order_writes_one_row_and_is_found_again() {
    let mut world = open();
    let sale = offer(slot(0), "sale", 1_000, 500_000);
    let decision = world.decide(&seller(), &sale).unwrap();
    assert_eq!(decision.puts().len(), 1);
    let accepted = world.submit(&seller(), &sale);
    assert!(
        world.decide(&seller(), &sale).unwrap().is_read_only(),
        "the same again writes nothing"
    );
    let query = QueryOrder {
        participant: participant(&seller()),
        order: sale.order.clone(),
        slot: Some(sale.slot),
    };
    let view = world.query(&query);
    assert_eq!((view.status, view.digest), (OrderStatus::Open, accepted.digest));
    let withdrawal = Withdraw {
        participant: participant(&seller()),
        order: sale.order.clone(),
        slot: Some(sale.slot),
    };
    world.submit(&seller(), &withdrawal);
    assert_eq!(world.query(&query).status, OrderStatus::Withdrawn);
    assert_eq!(world.refusal(&seller(), &withdrawal), ErrorCode::OrderNotOpen);
    let mut other = sale.clone();
    other.energy_wh = energy(2_000);
    assert_eq!(world.refusal(&seller(), &other), ErrorCode::OrderIdReused);
    assert_eq!(
        world.submit(&seller(), &sale),
        accepted,
        "asking again is answered as before"
    );
    let taken = bid(slot(0), "need", 1_000, 500_000);
    let taken = PostBid {
        point: id("pcc-1"),
        ..taken
    };
    world.submit(&seller(), &taken);
    assert_eq!(
        world.refusal(&seller(), &offer(slot(0), "more", 1, 1)),
        ErrorCode::OppositeSide
    );
}

#[test]
fn entries_are_cleared_and_planned_as_rows_of_their_own_are() {
    let mut world = open();
    world.submit(&seller(), &sales(&[("a", 60_000), ("b", 40_000)]));
    let need = new("n", Side::Buyer, slot(0), 80_000, 590_000);
    world.submit(&buyer(), &PostMany { orders: vec![need] });
    let cleared = world.close_and_clear(slot(0));
    assert_eq!((cleared.orders, cleared.matched_wh), (3, energy(80_000)));
    let mut old = World::ready();
    old.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    for (order, wh) in [("a", 60_000), ("b", 40_000)] {
        let mut sale = offer(slot(0), order, wh, 500_000);
        sale.order = id(order);
        old.submit(&seller(), &sale);
    }
    let mut need = bid(slot(0), "n", 80_000, 590_000);
    need.order = id("n");
    old.submit(&buyer(), &need);
    let without_proof = ClearingView { proof: None, ..cleared };
    assert_eq!(
        old.close_and_clear(slot(0)),
        without_proof,
        "a proof came with schema 3"
    );
    let plan = |world: &mut World| world.submit(&operator(), &Plan { slot: slot(0) });
    assert_eq!(plan(&mut old), plan(&mut world));
}

#[test]
fn a_book_opened_before_the_migration_is_kept_to_its_end() {
    let mut world = World::ready();
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    let sale = offer(slot(0), "sale", 1_000, 500_000);
    let accepted = world.submit(&seller(), &sale);
    world.submit(&operator(), &Migrate { to: WHOLE_MARKET });
    assert_eq!(world.submit(&seller(), &sale), accepted);
    assert_eq!(world.refusal(&seller(), &sales(&[("a", 1)])), ErrorCode::WrongStage);
    world.submit(&seller(), &offer(slot(0), "second", 1_000, 500_000));
    let cleared = world.close_and_clear(slot(0));
    assert_eq!(cleared.orders, 2);
}

#[test]
fn a_batch_is_entered_whole_or_not_at_all_and_the_first_refused_is_named() {
    let mut world = open();
    let before = world.state.clone();
    let batch = sales(&[("a", 100), ("b", 0), ("c", 0)]);
    let error = world.try_submit(&seller(), &batch).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ZeroQuantity);
    assert!(
        error.message().contains("order b of EnergyMSP:solar1"),
        "{}",
        error.message()
    );
    assert_eq!(world.state, before);
    let crowded = sales(&[("a", 200_000), ("b", 50_001)]);
    assert_eq!(
        world.refusal(&seller(), &crowded),
        ErrorCode::CapacityExceeded,
        "both together"
    );
    let twice = sales(&[("a", 100), ("a", 200)]);
    assert_eq!(world.refusal(&seller(), &twice), ErrorCode::OrderIdReused);
    let mut unopened = sales(&[("a", 100)]);
    unopened.orders[0].slot = slot(9).into();
    assert_eq!(world.refusal(&seller(), &unopened), ErrorCode::SlotNotOpened);
    let mut others = sales(&[("a", 100)]);
    others.orders[0].participant = Some(participant(&buyer()));
    assert_eq!(world.refusal(&seller(), &others), ErrorCode::NotOwner);
    assert_eq!(
        world.refusal(&seller(), &PostMany { orders: vec![] }),
        ErrorCode::EmptyBatch
    );
    let crowd = PostMany {
        orders: vec![new("a", Side::Seller, slot(0), 1, 1); 5_001],
    };
    assert_eq!(world.refusal(&seller(), &crowd), ErrorCode::TooManyItems);
    let hundred: Vec<String> = (0..101).map(|n| format!("o{n}")).collect();
    let many: Vec<(&str, u64)> = hundred.iter().map(|order| (order.as_str(), 1)).collect();
    assert_eq!(world.refusal(&seller(), &sales(&many)), ErrorCode::TooManyOrders);
}

#[test]
fn a_batch_sent_again_writes_nothing_and_a_longer_one_only_what_is_new() {
    let mut world = open();
    let first = world.submit(&seller(), &sales(&[("a", 100), ("b", 200)]));
    assert_eq!((first.accepted, first.known), (2, 0));
    let again = world.decide(&seller(), &sales(&[("a", 100), ("b", 200)])).unwrap();
    assert!(again.is_read_only() && again.event().is_none());
    let longer = world.submit(&seller(), &sales(&[("a", 100), ("b", 200), ("c", 300)]));
    assert_eq!((longer.accepted, longer.known), (1, 2));
}

#[test]
fn an_order_of_a_batch_costs_one_key_at_most_and_two_hundred_bytes() {
    let mut world = open();
    for n in 1..96 {
        world.submit(&operator(), &OpenSlot { slot: slot(n).into() });
    }
    let day = PostMany {
        orders: (0..96)
            .map(|n| new("s1", Side::Seller, slot(n), 1_000, 500_000))
            .collect(),
    };
    let argument = codec::encode(&day).unwrap().len();
    let decision = world.decide(&seller(), &day).unwrap();
    assert_eq!(
        decision.puts().len(),
        96,
        "one row for an auction, however many orders it holds"
    );
    let bytes: usize = decision
        .puts()
        .iter()
        .map(|(key, value)| key.composite().len() + value.len())
        .sum();
    assert!(argument / 96 <= 90, "{} bytes of argument an order", argument / 96);
    assert!(bytes / 96 <= 220, "{} bytes written an order", bytes / 96);
}
