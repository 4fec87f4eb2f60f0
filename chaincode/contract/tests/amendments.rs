//! Orders that are replaced by their next versions before the gate closes, and many withdrawn at once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::ErrorCode;
use der_api::reply::OrderVersion;
use der_api::request::*;
use der_api::schema::WHOLE_MARKET;
use der_contract::Caller;
use der_market::credit::CreditRules;
use der_market::journal::Account;
use der_market::order_rules::{Book, OrderRules};
use der_market::parameters::Profile;
use der_market::slot::Auction;
use der_market::units::Price;
use world::*;

fn auction() -> Auction {
    slot(0).into()
}

/// A whole market with rules of credit, slots 0 and 1 open.
fn open() -> World {
    let mut founding = bootstrap();
    founding.schema = WHOLE_MARKET;
    founding.parameters.profile = Profile::Market;
    founding.parameters.credit = Some(CreditRules::default());
    founding.parameters.orders = Some(OrderRules { book: Book::Open });
    let mut world = World::founded(&founding);
    for offset in [0, 1] {
        world.submit(
            &operator(),
            &OpenSlot {
                slot: slot(offset).into(),
            },
        );
    }
    world
}

fn need(world: &mut World) -> PostBid {
    let need = bid(slot(0), "need", 200_000, 590_000);
    world.submit(&buyer(), &need);
    need
}

fn amended(order: &PostBid, version: u32, wh: u64, price: i64) -> Amend {
    Amend {
        orders: vec![Amendment {
            participant: None,
            order: order.order.clone(),
            slot: auction(),
            version,
            energy_wh: energy(wh),
            min_wh: energy(0),
            price: Price::new(price).unwrap(),
            filters: None,
        }],
    }
}

fn held(world: &World, user: &Caller) -> i128 {
    let account = Account::Participant(participant(user));
    world.query(&QueryAccount { account }).funds.unwrap().held.get()
}

fn view(world: &World, order: &PostBid) -> der_api::reply::OrderView {
    world.query(&QueryOrder {
        participant: participant(&buyer()),
        order: order.order.clone(),
        slot: Some(auction()),
    })
}

#[test]
fn an_amendment_replaces_the_order_moves_its_hold_and_keeps_what_was() {
    let mut world = open();
    let need = need(&mut world);
    assert_eq!(held(&world, &buyer()), 35_400_000_000);
    let first = world.submit(&buyer(), &amended(&need, 2, 100_000, 600_000));
    assert_eq!((first.accepted, first.known), (1, 0));
    assert_eq!(held(&world, &buyer()), 18_000_000_000);
    let now = view(&world, &need);
    assert_eq!((now.energy_wh, now.price.get()), (energy(100_000), 600_000));
    let before = OrderVersion {
        energy_wh: energy(200_000),
        min_wh: energy(0),
        price: Price::new(590_000).unwrap(),
        filters: None,
    };
    assert_eq!(now.earlier, [before]);
    let again = world.decide(&buyer(), &amended(&need, 2, 100_000, 600_000)).unwrap();
    assert!(again.is_read_only() && again.event().is_none());
    let late = world.decide(&buyer(), &need).unwrap();
    assert!(
        late.is_read_only(),
        "the first posting sent again is answered as before and brings nothing back"
    );
    world.submit(&buyer(), &amended(&need, 3, 150_000, 590_000));
    world.submit(&seller(), &offer(slot(0), "sale", 200_000, 530_000));
    assert_eq!(world.close_and_clear(slot(0)).matched_wh, energy(150_000));
}

#[test]
fn an_amendment_is_of_the_version_that_stands() {
    let mut world = open();
    let need = need(&mut world);
    for version in [0, 1, 3] {
        let refused = world.refusal(&buyer(), &amended(&need, version, 1, 1));
        assert_eq!(refused, ErrorCode::OtherVersion, "{version}");
    }
    world.submit(&buyer(), &amended(&need, 2, 1_000, 1));
    assert_eq!(
        world.refusal(&buyer(), &amended(&need, 2, 2_000, 1)),
        ErrorCode::OtherVersion
    );
    for version in 3..=21 {
        world.submit(&buyer(), &amended(&need, version, 1_000, i64::from(version)));
    }
    assert_eq!(
        world.refusal(&buyer(), &amended(&need, 22, 1, 1)),
        ErrorCode::TooManyAmendments
    );
}

#[test]
fn what_may_not_be_amended() {
    let mut world = open();
    let need = need(&mut world);
    assert_eq!(
        world.refusal(&buyer(), &amended(&need, 2, 0, 1)),
        ErrorCode::ZeroQuantity
    );
    let beyond = amended(&need, 2, 2_000_000, 590_000);
    assert_eq!(world.refusal(&buyer(), &beyond), ErrorCode::InsufficientFunds);
    let sale = offer(slot(0), "sale", 200_000, 530_000);
    world.submit(&seller(), &sale);
    let mut more = amended(&need, 2, 250_001, 530_000);
    more.orders[0].order = sale.order;
    assert_eq!(world.refusal(&seller(), &more), ErrorCode::CapacityExceeded);
    assert_eq!(
        world.refusal(&seller(), &amended(&need, 2, 1, 1)),
        ErrorCode::RecordNotFound
    );
    let mut others = amended(&need, 2, 1, 1);
    others.orders[0].participant = Some(participant(&buyer()));
    assert_eq!(world.refusal(&seller(), &others), ErrorCode::NotOwner);
    let withdrawal = Withdrawal {
        participant: None,
        slot: auction(),
        order: Some(need.order.clone()),
    };
    let mut without = world.clone();
    without.submit(
        &buyer(),
        &WithdrawMany {
            orders: vec![withdrawal],
        },
    );
    assert_eq!(
        without.refusal(&buyer(), &amended(&need, 2, 1, 1)),
        ErrorCode::OrderNotOpen
    );
    world.submit(&operator(), &CloseGate { slot: auction() });
    assert_eq!(world.refusal(&buyer(), &amended(&need, 2, 1, 1)), ErrorCode::GateClosed);
}

#[test]
fn many_are_withdrawn_at_once_by_name_or_by_slot() {
    let mut world = open();
    let orders = ["a", "b", "c"].map(|name| bid(slot(0), name, 10_000, 590_000));
    for order in &orders {
        world.submit(&buyer(), order);
    }
    world.submit(&buyer(), &bid(slot(1), "d", 10_000, 590_000));
    assert_eq!(held(&world, &buyer()), 4 * 1_770_000_000);
    let one = |offset: u64, order: Option<&PostBid>| Withdrawal {
        participant: None,
        slot: slot(offset).into(),
        order: order.map(|order| order.order.clone()),
    };
    let named = WithdrawMany {
        orders: vec![one(0, Some(&orders[0])), one(0, Some(&orders[1]))],
    };
    assert_eq!(world.submit(&buyer(), &named).accepted, 2);
    let again = world.decide(&buyer(), &named).unwrap();
    assert!(again.is_read_only() && again.event().is_none());
    let all = WithdrawMany {
        orders: vec![one(0, None), one(1, None)],
    };
    let decision = world.decide(&buyer(), &all).unwrap();
    assert_eq!(decision.event().unwrap().name(), "OrdersWithdrawn");
    assert_eq!(world.submit(&buyer(), &all).accepted, 2);
    assert_eq!(held(&world, &buyer()), 0);
    let unknown = WithdrawMany {
        orders: vec![one(9, None)],
    };
    assert!(
        world.decide(&buyer(), &unknown).unwrap().is_read_only(),
        "nothing is there"
    );
    world.submit(&operator(), &CloseGate { slot: auction() });
    world.submit(&seller(), &offer(slot(1), "s", 1_000, 500_000));
    let half = WithdrawMany {
        orders: vec![one(1, None), one(0, Some(&bid(slot(0), "x", 1, 1)))],
    };
    assert_eq!(world.refusal(&buyer(), &half), ErrorCode::RecordNotFound);
}
