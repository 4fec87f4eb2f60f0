//! Laws of clearing on random markets and books: every price mode, both tariffs, filters, minima, rooms, ties.
//!
//! 256 cases each; `PROPTEST_CASES=100000 cargo test --release -p der-market --test clearing_laws` is the long run.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

mod books;

use std::collections::BTreeMap;

use books::{Draw, Market};
use der_market::grid::Rooms;
use der_market::id::PointId;
use der_market::matching::{Fill, match_book, sort_book, verify_fills};
use der_market::order::Order;
use der_market::participant::Side;
use der_market::planning::{Direct, PlanLine, Sellers, left_to_plan, plan};
use der_market::slot::Auction;
use der_market::units::{Energy, Price};
use proptest::prelude::*;

struct Cleared {
    market: Market,
    book: Vec<Order>,
    fills: Vec<Fill>,
}

/// A random market with its sorted book and fills.
fn cleared(seed: u64) -> Cleared {
    let mut draw = Draw::new(seed);
    let market = Market::random(&mut draw);
    let mut book = market.book(&mut draw);
    sort_book(&mut book);
    let fills = match_book(&book, &market.rules());
    Cleared { market, book, fills }
}

fn energy(wh: u64) -> Energy {
    Energy::new(wh).unwrap()
}

/// Every fill removed, doubled, moved behind the next, and each of its numbers one off; and one fill more.
fn altered(fills: &[Fill]) -> Vec<Vec<Fill>> {
    let mut all = Vec::new();
    for (at, fill) in fills.iter().enumerate() {
        let mut with = |change: &dyn Fn(&mut Vec<Fill>)| {
            let mut other = fills.to_vec();
            change(&mut other);
            all.push(other);
        };
        with(&|fills| _ = fills.remove(at));
        with(&|fills| fills.insert(at, *fill));
        with(&|fills| fills[at].energy_wh = energy(fill.energy_wh.get() + 1));
        with(&|fills| fills[at].energy_wh = energy(fill.energy_wh.get() - 1));
        for step in [-1, 1] {
            with(&|fills| fills[at].price = Price::new(fill.price.get() + step).unwrap());
            with(&|fills| fills[at].tariff = Price::new(fill.tariff.get() + step).unwrap());
        }
        with(&|fills| fills[at].bid += 1);
        with(&|fills| fills[at].offer += 1);
        if at + 1 < fills.len() {
            with(&|fills| fills.swap(at, at + 1));
        }
    }
    let more = Fill {
        bid: 0,
        offer: 1,
        energy_wh: energy(1),
        price: Price::ZERO,
        tariff: Price::ZERO,
    };
    all.push([fills, &[more]].concat());
    all
}

/// The plan after some of the contracts were confirmed.
fn planned(cleared: &Cleared, draw: &mut Draw) -> (Vec<PlanLine>, Rooms) {
    let Cleared { market, book, fills } = cleared;
    let auction = Auction::from(market.slot);
    let mut rooms = Rooms::left(&market.points, &market.used);
    let mut direct = Direct::default();
    for fill in fills.iter().filter(|_| !draw.one_in(3)) {
        let (bid, offer) = (&book[fill.bid as usize], &book[fill.offer as usize]);
        rooms.take_trade(&offer.point, &bid.point, fill.energy_wh);
        for order in [bid, offer] {
            direct
                .add(auction, &order.participant, &order.order, fill.energy_wh)
                .unwrap();
        }
    }
    let sellers = Sellers {
        table: market.parameters.cleanliness(),
        merits: &market.merits,
        consumption: &[],
    };
    let orders = left_to_plan(vec![(auction, book.clone())], &direct, &sellers);
    (plan(market.slot, &orders, rooms.clone()), rooms)
}

proptest! {
    #[test]
    fn filled_is_at_most_what_was_ordered(seed in any::<u64>()) {
        let Cleared { book, fills, .. } = cleared(seed);
        let mut filled = vec![0_u64; book.len()];
        for fill in &fills {
            filled[fill.bid as usize] += fill.energy_wh.get();
            filled[fill.offer as usize] += fill.energy_wh.get();
        }
        for (order, filled) in book.iter().zip(filled) {
            prop_assert!(filled <= order.energy_wh.get());
        }
    }

    #[test]
    fn no_trade_is_infeasible(seed in any::<u64>()) {
        let Cleared { market, book, fills } = cleared(seed);
        market.check(&book, &fills);
    }

    #[test]
    fn the_result_does_not_depend_on_the_order_of_the_input(seed in any::<u64>(), shuffle in any::<u64>()) {
        let Cleared { market, book, fills } = cleared(seed);
        let mut shuffled = Draw::new(shuffle).shuffled(&book);
        sort_book(&mut shuffled);
        prop_assert_eq!(match_book(&shuffled, &market.rules()), fills);
    }

    #[test]
    fn the_proof_of_priority_accepts_the_match_and_rejects_every_altered_one(seed in any::<u64>()) {
        let Cleared { market, book, fills } = cleared(seed);
        prop_assert_eq!(verify_fills(&book, &market.rules(), &fills), Ok(()));
        for other in altered(&fills) {
            prop_assert!(verify_fills(&book, &market.rules(), &other).is_err(), "{other:?}");
        }
    }

    #[test]
    fn energy_balances_in_every_slot(seed in any::<u64>()) {
        let cleared = cleared(seed);
        let (lines, rooms) = planned(&cleared, &mut Draw::new(seed ^ 1));
        let mut with_grid: BTreeMap<(PointId, bool), u64> = BTreeMap::new();
        for buys in [true, false] {
            let mine = || lines.iter().filter(|line| (line.side == Side::Buyer) == buys);
            let ordered = cleared.book.iter().filter(|order| (order.side == Side::Buyer) == buys);
            let told: u64 = mine().map(|line| line.direct_wh.get() + line.grid_wh.get() + line.left_wh.get()).sum();
            prop_assert_eq!(told, ordered.map(|order| order.energy_wh.get()).sum::<u64>());
            for line in mine() {
                *with_grid.entry((line.point.clone(), buys)).or_default() += line.grid_wh.get();
            }
        }
        let direct = |side| lines.iter().filter(|line| line.side == side).map(|line| line.direct_wh.get()).sum::<u64>();
        prop_assert_eq!(direct(Side::Buyer), direct(Side::Seller), "every contract has two sides");
        for ((point, buys), energy) in with_grid {
            let room = rooms.at(&point);
            prop_assert!(energy <= if buys { room.import } else { room.export }.get(), "within the room that contracts left");
        }
    }
}
