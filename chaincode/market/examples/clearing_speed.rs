//! How long a book takes to match on one core: `cargo run --release -p der-market --example clearing_speed`.
#![allow(clippy::disallowed_types, reason = "a stopwatch beside the library, not in it")]

use std::time::{Duration, Instant};

use der_market::eligibility::Rules;
use der_market::grid::{Distances, Point};
use der_market::id::{OrderId, ParticipantId, PointId};
use der_market::matching::{match_book, sort_book};
use der_market::merit::Merits;
use der_market::order::Order;
use der_market::paper;
use der_market::participant::{Side, Source};
use der_market::slot::Slot;
use der_market::units::{Distance, Energy, Power, Price};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// How a book's orders differ.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    orders_per_side: usize,
    points: usize,
    /// Different prices of a side.
    prices: u64,
    /// One order in so many is all-or-none; none for 0.
    whole: u64,
    /// W of a point.
    capacity_w: u64,
    /// What bids want more than offers, Wh.
    bid_wh: u64,
    /// One large offer, too dear for every bid.
    decoy: bool,
}

const AMPLE_W: u64 = 4_000_000_000;

const KINDS: [Kind; 11] = [
    kind("1 000 × 1 000, one point", 1_000, 1, 50_000),
    kind("10 000 × 10 000, 100 points", 10_000, 100, 50_000),
    kind("20 000 × 20 000, 100 points", 20_000, 100, 50_000),
    kind("50 000 × 50 000, 100 points", 50_000, 100, 50_000),
    kind("10 000 × 10 000, one price", 10_000, 100, 1),
    kind("10 000 × 10 000, ten prices, one point", 10_000, 1, 10),
    Kind {
        capacity_w: 20_000,
        ..kind("10 000 × 10 000, little room", 10_000, 100, 50_000)
    },
    Kind {
        whole: 2,
        ..kind("10 000 × 10 000, half all-or-none", 10_000, 100, 50_000)
    },
    Kind {
        whole: 1,
        ..kind("10 000 × 10 000, all all-or-none", 10_000, 100, 50_000)
    },
    Kind {
        whole: 1,
        bid_wh: 1_000_000,
        ..kind("10 000 × 10 000, none fits", 10_000, 100, 50_000)
    },
    Kind {
        whole: 1,
        bid_wh: 1_000_000,
        decoy: true,
        ..kind("5 000 × 5 000, none fits but by its size", 5_000, 100, 50_000)
    },
];

const fn kind(name: &'static str, orders_per_side: usize, points: usize, prices: u64) -> Kind {
    Kind {
        name,
        orders_per_side,
        points,
        prices,
        whole: 0,
        capacity_w: AMPLE_W,
        bid_wh: 0,
        decoy: false,
    }
}

fn main() -> Outcome<()> {
    println!("{:<42} {:>9} {:>9} {:>9}", "book", "fills", "ms", "CPU ms");
    for kind in KINDS {
        let (book, points, distances) = (book(kind)?, points(kind)?, distances(kind)?);
        let parameters = paper::parameters()?;
        let rules = Rules {
            slot: Slot::new(7)?,
            parameters: &parameters,
            distances: &distances,
            points: &points,
            merits: &Merits::new(),
            used: &[],
            book_limit: usize::MAX,
        };
        let (start, cpu) = (Instant::now(), cpu_time());
        let fills = match_book(&book, &rules);
        println!(
            "{:<42} {:>9} {:>9} {:>9}",
            kind.name,
            fills.len(),
            start.elapsed().as_millis(),
            cpu_time().saturating_sub(cpu).as_millis()
        );
    }
    Ok(())
}

/// What this process has had of a core, which other processes do not stretch; zero where Linux does not tell it.
fn cpu_time() -> Duration {
    let told = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

/// A small reproducible generator (Lehmer, modulus 2³¹ − 1).
struct Lehmer(u64);

impl Lehmer {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 % bound
    }
}

fn book(kind: Kind) -> Outcome<Vec<Order>> {
    let mut random = Lehmer(1);
    let mut book = Vec::with_capacity(2 * kind.orders_per_side + 1);
    if kind.decoy {
        book.push(Order {
            participant: "E:decoy".parse::<ParticipantId>()?,
            order: OrderId::new("o")?,
            side: Side::Seller,
            point: name(0)?,
            energy_wh: Energy::new(10_000_000)?,
            min_wh: Energy::ZERO,
            price: Price::new(900_000)?,
            source: Source::Photovoltaic,
            filters: None,
        });
    }
    for number in 0..kind.orders_per_side {
        for (side, msp, base, more) in [
            (Side::Buyer, "M", 600_000, kind.bid_wh),
            (Side::Seller, "E", 450_000, 0),
        ] {
            let energy = 500 + more + random.below(2_000);
            let whole = kind.whole > 0 && random.below(kind.whole) == 0;
            book.push(Order {
                participant: format!("{msp}:u{number}").parse::<ParticipantId>()?,
                order: OrderId::new(format!("o{number}"))?,
                side,
                point: name(usize::try_from(random.below(u64::try_from(kind.points)?))?)?,
                energy_wh: Energy::new(energy)?,
                min_wh: Energy::new(if whole { energy } else { 0 })?,
                price: Price::new(base + i64::try_from(random.below(kind.prices))?)?,
                source: Source::Photovoltaic,
                filters: None,
            });
        }
    }
    sort_book(&mut book);
    Ok(book)
}

fn name(point: usize) -> Outcome<PointId> {
    Ok(PointId::new(format!("p{point:03}"))?)
}

fn points(kind: Kind) -> Outcome<Vec<Point>> {
    let point = |number| {
        Ok(Point {
            point: name(number)?,
            capacity_w: Power::new(kind.capacity_w)?,
            area: PointId::new("a")?,
            level: 0,
        })
    };
    (0..kind.points).map(point).collect()
}

/// Points in a row; every pair within reach.
fn distances(kind: Kind) -> Outcome<Distances> {
    let apart = |one: usize, other: usize| Ok(Distance::new(1 + u32::try_from(one.abs_diff(other))?)?);
    Ok(Distances {
        points: (0..kind.points).map(name).collect::<Outcome<_>>()?,
        rows: (0..kind.points)
            .map(|one| (0..kind.points).map(|other| apart(one, other)).collect())
            .collect::<Outcome<_>>()?,
        reference_mohm: None,
    })
}
