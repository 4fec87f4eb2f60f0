//! Proposals of the greatest welfare: what the solver finds is always proved, nothing altered is, and no fills are worth more.
//!
//! 256 cases each; `PROPTEST_CASES=100000 cargo test --release -p der-client --test welfare` is the long run.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

#[path = "../../../chaincode/market/tests/books/mod.rs"]
mod books;

use books::{Draw, Market};
use der_client::welfare::{Unsolved, solve};
use der_market::matching::{Links, sort_book};
use der_market::order::Order;
use der_market::parameters::PriceMode;
use der_market::participant::Side;
use der_market::units::{Energy, Price};
use der_market::welfare::{WelfareProposal, prove, worth};
use proptest::prelude::*;

struct Case {
    market: Market,
    book: Vec<Order>,
    grid_prices: Vec<Price>,
}

/// A random market whose slot clears by welfare: orders without minimum, of at most so much energy.
fn case(seed: u64, orders: usize, most_wh: u64) -> Case {
    let mut draw = Draw::new(seed);
    let mut market = Market::random(&mut draw);
    market.parameters.price_mode = PriceMode::Welfare;
    let mut book = market.book(&mut draw);
    book.truncate(orders);
    for order in &mut book {
        order.energy_wh = Energy::new(1 + order.energy_wh.get() % most_wh).unwrap();
        order.min_wh = Energy::ZERO;
        if let Some(filters) = &mut order.filters {
            filters.agreed_price = None;
        }
    }
    sort_book(&mut book);
    let price = |order: &Order| {
        let base = if order.side == Side::Buyer { 560_000 } else { 380_000 };
        Price::new(base + i64::try_from(draw.below(4)).unwrap() * 40_000).unwrap()
    };
    Case {
        grid_prices: book.iter().map(price).collect(),
        market,
        book,
    }
}

impl Case {
    fn proved(&self, proposal: &WelfareProposal) -> Option<i128> {
        let proved = prove(&self.book, &self.market.rules(), &self.grid_prices, proposal);
        proved.ok().map(|proved| proved.welfare.get())
    }

    /// The greatest welfare of whole fills, by trying them all.
    fn best(&self) -> i128 {
        let rules = self.market.rules();
        let links = Links::of(&self.book, &rules);
        let places = |side| (0..self.book.len()).filter(move |place| self.book[*place].side == side);
        let pairs = places(Side::Buyer).flat_map(|bid| places(Side::Seller).map(move |offer| (bid, offer)));
        let worth = |(bid, offer): (usize, usize)| {
            let worth = worth(&self.book, &rules, &links, &self.grid_prices, bid as u32, offer as u32).ok()?;
            (worth > 0).then_some((bid, offer, worth))
        };
        let pairs: Vec<_> = pairs.filter_map(worth).collect();
        let open = self.book.iter().map(|order| order.energy_wh.get()).collect();
        let rooms = self.market.points.iter().map(|point| self.market.room(point)).unzip();
        self.best_of(&pairs, open, rooms)
    }

    fn best_of(&self, pairs: &[(usize, usize, i64)], open: Vec<u64>, rooms: (Vec<u64>, Vec<u64>)) -> i128 {
        let Some(((bid, offer, worth), rest)) = pairs.split_first() else {
            return 0;
        };
        let (to, from) = (
            self.market.place(&self.book[*bid]),
            self.market.place(&self.book[*offer]),
        );
        let room = if to == from {
            u64::MAX
        } else {
            rooms.0[to].min(rooms.1[from])
        };
        let most = open[*bid].min(open[*offer]).min(room);
        let tried = (0..=most).map(|energy| {
            let (mut open, mut rooms) = (open.clone(), rooms.clone());
            open[*bid] -= energy;
            open[*offer] -= energy;
            if to != from {
                rooms.0[to] -= energy;
                rooms.1[from] -= energy;
            }
            i128::from(energy) * i128::from(*worth) + self.best_of(rest, open, rooms)
        });
        tried.max().unwrap()
    }
}

/// One Wh, one dual or the scale off, a fill left out, doubled or moved to the next offer; and whether it might be another optimum.
fn altered(proposal: &WelfareProposal) -> Vec<(WelfareProposal, bool)> {
    let mut all = Vec::new();
    let mut change = |may_hold: bool, change: &dyn Fn(&mut WelfareProposal)| {
        let mut other = proposal.clone();
        change(&mut other);
        all.push((other, may_hold));
    };
    for (at, fill) in proposal.fills.iter().enumerate() {
        change(true, &|other| other.fills[at].1 = fill.1 + 1);
    }
    // A point without any room may have duals of its own choice.
    for (at, room) in proposal.duals.rooms.iter().enumerate() {
        change(true, &|other| {
            other.duals.rooms[at].import = room.import.saturating_sub(1)
        });
        change(true, &|other| {
            other.duals.rooms[at].export = room.export.saturating_sub(1)
        });
    }
    let mut with = |of: &dyn Fn(&mut WelfareProposal)| change(false, of);
    for (at, fill) in proposal.fills.iter().enumerate() {
        with(&|other| _ = other.fills.remove(at));
        with(&|other| other.fills.insert(at, *fill));
        with(&|other| other.fills[at].2 = Energy::new(fill.2.get() + 1).unwrap());
        with(&|other| other.fills[at].2 = Energy::new(fill.2.get() - 1).unwrap());
    }
    for (at, dual) in proposal.duals.orders.iter().enumerate() {
        with(&|other| other.duals.orders[at] = dual + 1);
        if *dual > 0 {
            with(&|other| other.duals.orders[at] = dual - 1);
        }
    }
    if !proposal.fills.is_empty() {
        with(&|other| other.duals.scale += 1);
    }
    with(&|other| other.duals.scale = 0);
    with(&|other| other.duals.orders.push(0));
    all
}

proptest! {
    #[test]
    fn what_the_solver_finds_is_proved(seed in any::<u64>()) {
        let case = case(seed, 16, 500);
        match solve(&case.book, &case.market.rules(), &case.grid_prices) {
            Ok(proposal) => prop_assert!(case.proved(&proposal).is_some(), "{proposal:?}"),
            Err(unsolved) => prop_assert_eq!(unsolved, Unsolved::Fractional),
        }
    }

    /// Another optimum is as good and may be proved; nothing else is.
    #[test]
    fn every_altered_fill_or_dual_is_rejected(seed in any::<u64>()) {
        let case = case(seed, 16, 500);
        let Ok(proposal) = solve(&case.book, &case.market.rules(), &case.grid_prices) else { return Ok(()) };
        let welfare = case.proved(&proposal);
        for (other, may_hold) in altered(&proposal) {
            match case.proved(&other) {
                None => {}
                told => prop_assert!(may_hold && told == welfare, "{other:?}"),
            }
        }
    }

    #[test]
    fn no_fills_are_worth_more(seed in any::<u64>()) {
        let case = case(seed, 6, 4);
        match solve(&case.book, &case.market.rules(), &case.grid_prices) {
            Ok(proposal) => prop_assert_eq!(case.proved(&proposal), Some(case.best())),
            Err(unsolved) => prop_assert_eq!(unsolved, Unsolved::Fractional),
        }
    }
}
