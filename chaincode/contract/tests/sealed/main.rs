//! Sealed orders: a salted hash before the gate, the order after it, then clearing as over an open book.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod laws;
mod money;
mod revealing;
mod sealing;
#[path = "../world/mod.rs"]
mod world;

use der_api::bytes::{Digest, HexBytes};
use der_api::reply::{SealStatus, Stage};
use der_api::request::*;
use der_api::schema::WHOLE_MARKET;
use der_api::seal;
use der_contract::Caller;
use der_market::order_rules::{Book, OrderRules};
use der_market::participant::Side;
use der_market::slot::Auction;
use der_market::units::Price;
use sha2::{Digest as _, Sha256};
use world::*;

/// The paper's two users on a whole market that seals its orders, slot 0 open.
fn sealing() -> World {
    let mut founding = bootstrap();
    founding.schema = WHOLE_MARKET;
    founding.parameters.orders = Some(OrderRules { book: Book::Sealed });
    let mut world = World::founded(&founding);
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    world
}

fn auction() -> Auction {
    slot(0).into()
}

fn order(id_: &str, side: Side, wh: u64, price: i64) -> NewOrder {
    NewOrder {
        participant: None,
        order: id(id_),
        side,
        slot: auction(),
        energy_wh: energy(wh),
        min_wh: energy(0),
        price: Price::new(price).unwrap(),
        filters: None,
    }
}

fn sale(id: &str, wh: u64, price: i64) -> NewOrder {
    order(id, Side::Seller, wh, price)
}

fn need(id: &str, wh: u64, price: i64) -> NewOrder {
    order(id, Side::Buyer, wh, price)
}

/// A salt that a test can find again; a client draws it.
fn salt(order: &NewOrder) -> HexBytes {
    HexBytes::new(Sha256::digest(order.order.as_str()).to_vec()).unwrap()
}

fn seal_of(who: &Caller, order: &NewOrder) -> Digest {
    let owner = order.participant.clone().unwrap_or_else(|| participant(who));
    seal::seal(&id("paper"), &owner, order, &salt(order)).unwrap()
}

fn sealed(who: &Caller, orders: &[NewOrder]) -> Seal {
    let seal = |order: &NewOrder| NewSeal {
        participant: order.participant.clone(),
        order: order.order.clone(),
        slot: order.slot,
        seal: seal_of(who, order),
        replaces: None,
    };
    Seal {
        orders: orders.iter().map(seal).collect(),
    }
}

fn revealed(orders: &[NewOrder]) -> Reveal {
    let open = |order: &NewOrder| Opened {
        order: order.clone(),
        salt: salt(order),
    };
    Reveal {
        orders: orders.iter().map(open).collect(),
    }
}

fn close(world: &mut World) {
    world.submit(&operator(), &CloseGate { slot: auction() });
}

fn end(world: &mut World) {
    world.submit(&operator(), &EndReveal { slot: auction() });
}

/// From the closed gate to the cleared book.
fn clear(world: &mut World) -> der_api::reply::ClearingView {
    end(world);
    world.submit(&operator(), &SealBook { slot: auction() });
    world.submit(&operator(), &Clear { slot: auction() })
}

fn statuses(world: &World, who: &Caller) -> Vec<SealStatus> {
    let query = QuerySeals {
        participant: participant(who),
        slot: auction(),
    };
    world.query(&query).orders.iter().map(|order| order.status).collect()
}

fn penalties(world: &World) -> Vec<String> {
    let rows = world.state.0.iter().filter(|(key, _)| key.starts_with("\0penalty\0"));
    rows.map(|(_, value)| String::from_utf8(value.clone()).unwrap())
        .collect()
}

#[test]
fn a_sealed_slot_goes_from_its_seals_to_its_contract() {
    let mut world = sealing();
    let (sale, need) = (sale("s", 200_000, 530_000), need("n", 200_000, 590_000));
    world.submit(&seller(), &sealed(&seller(), std::slice::from_ref(&sale)));
    world.submit(&buyer(), &sealed(&buyer(), std::slice::from_ref(&need)));
    close(&mut world);
    world.submit(&buyer(), &revealed(&[need]));
    world.submit(&seller(), &revealed(&[sale]));
    let stage = |world: &World| world.query(&QuerySlot { slot: auction() });
    assert_eq!(
        (stage(&world).stage, stage(&world).book),
        (Stage::Closed, Some(Book::Sealed))
    );
    end(&mut world);
    assert_eq!(stage(&world).stage, Stage::Revealed);
    world.submit(&operator(), &SealBook { slot: auction() });
    let cleared = world.submit(&operator(), &Clear { slot: auction() });
    assert_eq!((cleared.orders, cleared.matched_wh), (2, energy(200_000)));
    let contract = cleared.contracts[0].clone();
    let terms = world
        .query(&QueryContract {
            slot: auction(),
            contract,
        })
        .terms;
    assert_eq!(terms.price.get(), 550_000);
    assert!(penalties(&world).is_empty());
}

#[test]
fn the_default_is_sealed_and_the_papers_profile_open() {
    use der_market::parameters::Profile;
    let book = |profile: Profile, orders: Option<OrderRules>| {
        let mut founding = bootstrap();
        founding.schema = WHOLE_MARKET;
        (founding.parameters.profile, founding.parameters.orders) = (profile, orders);
        let mut world = World::founded(&founding);
        world.submit(&operator(), &OpenSlot { slot: auction() }).book
    };
    let open = Some(OrderRules { book: Book::Open });
    assert_eq!(book(Profile::Market, None), Some(Book::Sealed));
    assert_eq!(book(Profile::Market, open), Some(Book::Open));
    assert_eq!(book(Profile::Paper, None), Some(Book::Open));
    assert_eq!(book(Profile::Paper, Some(OrderRules::default())), Some(Book::Sealed));
}
