//! Random markets and books, the same for a seed.
#![allow(dead_code, unreachable_pub, reason = "each test uses its own part")]

mod feasible;

use der_market::clearing::{ClearingRules, PilotRule, SupplyArea};
use der_market::eligibility::Rules;
use der_market::filters::Filters;
use der_market::grid::{Distances, Point, UsedRoom};
use der_market::id::{OrderId, ParticipantId, PointId};
use der_market::merit::{Merit, Merits};
use der_market::order::Order;
use der_market::paper;
use der_market::parameters::{Parameters, PriceMode, Weights};
use der_market::participant::{Side, Source};
use der_market::slot::Slot;
use der_market::tariff::Tariff;
use der_market::units::{Distance, Energy, Power, Ppm, Price};
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

const SOURCES: [Source; 6] = [
    Source::Thermal,
    Source::Cogeneration,
    Source::Hydro,
    Source::Photovoltaic,
    Source::Wind,
    Source::Storage,
];

/// Choices that a seed repeats.
pub struct Draw(SplitMix64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    pub fn one_in(&mut self, so_many: u64) -> bool {
        self.below(so_many) == 0
    }

    pub fn of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize].clone()
    }

    pub fn shuffled<T: Clone>(&mut self, values: &[T]) -> Vec<T> {
        let mut values = values.to_vec();
        for last in (1..values.len()).rev() {
            let at = self.below(last as u64 + 1) as usize;
            values.swap(last, at);
        }
        values
    }
}

#[derive(Debug)]
pub struct Market {
    pub parameters: Parameters,
    pub distances: Distances,
    pub points: Vec<Point>,
    pub merits: Merits,
    pub used: Vec<UsedRoom>,
    pub slot: Slot,
}

fn user(number: u64) -> ParticipantId {
    format!("M:u{number}").parse().unwrap()
}

fn price(micro: u64) -> Price {
    Price::new(i64::try_from(micro).unwrap()).unwrap()
}

impl Market {
    pub fn random(draw: &mut Draw) -> Self {
        let size = 1 + draw.below(4) as usize;
        let points: Vec<Point> = (0..size).map(|number| point(draw, number)).collect();
        let mut rows = vec![vec![Distance::SAME_POINT; size]; size];
        let pairs = (0..size).flat_map(|one| (0..one).map(move |other| (one, other)));
        for (one, other) in pairs {
            let apart = Distance::new(1 + draw.below(60) as u32).unwrap();
            (rows[one][other], rows[other][one]) = (apart, apart);
        }
        let distances = Distances {
            points: points.iter().map(|point| point.point.clone()).collect(),
            rows,
            reference_mohm: None,
        };
        let known = draw.below(7);
        let merits: Merits = (0..known).map(|number| (user(number), merit(draw))).collect();
        Self {
            parameters: parameters(draw),
            used: points.iter().filter_map(|point| used(draw, point)).collect(),
            distances,
            points,
            merits,
            slot: Slot::new(draw.below(1_000)).unwrap(),
        }
    }

    pub fn rules(&self) -> Rules<'_> {
        Rules {
            slot: self.slot,
            parameters: &self.parameters,
            distances: &self.distances,
            points: &self.points,
            merits: &self.merits,
            used: &self.used,
            book_limit: usize::MAX,
        }
    }

    pub fn merit(&self, order: &Order) -> Merit {
        self.merits.get(&order.participant).copied().unwrap_or_default()
    }

    /// Few users and, often, few prices, so that ties occur.
    pub fn book(&self, draw: &mut Draw) -> Vec<Order> {
        let (orders, prices) = (draw.below(16), draw.of(&[1, 3, 100]));
        (0..orders).map(|number| self.order(draw, number, prices)).collect()
    }

    fn order(&self, draw: &mut Draw, number: u64, prices: u64) -> Order {
        let (side, base) = draw.of(&[(Side::Buyer, 540_000), (Side::Seller, 480_000)]);
        let energy = 1 + draw.below(500);
        let least = match draw.below(4) {
            0 => energy,
            1 => draw.below(energy + 1),
            _ => 0,
        };
        Order {
            participant: user(draw.below(6)),
            order: OrderId::new(format!("o{number}")).unwrap(),
            side,
            point: draw.of(&self.distances.points),
            energy_wh: Energy::new(energy).unwrap(),
            min_wh: Energy::new(least).unwrap(),
            price: price(base + draw.below(prices) * 1_000),
            source: draw.of(&SOURCES),
            filters: draw
                .one_in(3)
                .then(|| self.filters(draw, side))
                .filter(|filters| *filters != Filters::default()),
        }
    }

    fn filters(&self, draw: &mut Draw, side: Side) -> Filters {
        let mut filters = Filters::default();
        if side == Side::Buyer && draw.one_in(2) {
            filters.sources = (0..=draw.below(3)).map(|_| draw.of(&SOURCES)).collect();
        }
        if draw.one_in(2) {
            filters.partners = (0..=draw.below(3)).map(|_| user(draw.below(6))).collect();
        }
        if draw.one_in(2) {
            filters.max_distance_mohm = Distance::new(1 + draw.below(60) as u32).ok();
        }
        if self.parameters.price_mode == PriceMode::Bilateral {
            filters.agreed_price = draw.of(&[None, Some(price(500_000)), Some(price(530_000))]);
        }
        filters
    }
}

fn point(draw: &mut Draw, number: usize) -> Point {
    Point {
        point: PointId::new(format!("p{number}")).unwrap(),
        capacity_w: Power::new(draw.of(&[0, 400, 2_000, 1_000_000])).unwrap(),
        area: PointId::new(draw.of(&["north", "south"])).unwrap(),
        level: draw.below(3) as u8,
    }
}

/// Of every other point some room is used, of some more than there is now.
fn used(draw: &mut Draw, point: &Point) -> Option<UsedRoom> {
    let mut part = || Energy::new(draw.of(&[0, 50, 400, 10_000])).unwrap();
    let (import_wh, export_wh) = (part(), part());
    draw.one_in(2).then(|| UsedRoom {
        point: point.point.clone(),
        import_wh,
        export_wh,
    })
}

fn merit(draw: &mut Draw) -> Merit {
    let mut share = || Ppm::new(draw.below(5) as u32 * 250_000).unwrap();
    let (cleanliness, stability, credit) = (Some(share()), share(), share());
    Merit {
        cleanliness: cleanliness.filter(|_| draw.one_in(2)),
        stability,
        credit,
        capacity_w: Power::new(draw.of(&[1_000_000, 20_000_000, 30_000_000, 60_000_000])).ok(),
    }
}

fn parameters(draw: &mut Draw) -> Parameters {
    let mut parameters = paper::parameters().unwrap();
    let weights = draw.of(&[
        [70, 30, 0, 0, 0],
        [0, 100, 0, 0, 0],
        [100, 0, 0, 0, 0],
        [40, 20, 20, 10, 10],
        [0, 0, 30, 30, 40],
    ]);
    let [distance, price_weight, cleanliness, stability, credit] = weights;
    parameters.weights = Weights {
        distance,
        price: price_weight,
        cleanliness,
        stability,
        credit,
    };
    parameters.reach_mohm = Distance::new(draw.of(&[20, 1_000])).unwrap();
    parameters.price_mode = draw.of(&[
        PriceMode::Midpoint,
        PriceMode::PayAsBid,
        PriceMode::PayAsOffer,
        PriceMode::Bilateral,
        PriceMode::Uniform,
    ]);
    parameters.tariff = draw.of(&[
        parameters.tariff.clone(),
        Tariff::Distance {
            numerator: 1_001,
            denominator: 2,
            least: price(5_000),
            most: price(20_000),
        },
        Tariff::Level {
            fees: (0..3)
                .map(|row| (0..3).map(|column| price(10_000 * row + 4_000 * column)).collect())
                .collect(),
        },
    ]);
    parameters.clearing = draw.one_in(2).then(|| rules(draw));
    parameters
}

fn rules(draw: &mut Draw) -> ClearingRules {
    let mut area = |name: &str| {
        let area = SupplyArea {
            installed_w: Power::new(draw.below(3)).unwrap(),
            average_w: Power::new(1).unwrap(),
        };
        (PointId::new(name).unwrap(), area)
    };
    let areas = [area("north"), area("south")].into();
    let pilot = draw.one_in(2).then(|| PilotRule {
        volts: vec![10_000, 35_000, 110_000],
    });
    ClearingRules { areas, pilot }
}
