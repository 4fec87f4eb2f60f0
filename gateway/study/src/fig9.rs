//! Figure 9: success by energy type at equal distance.
//!
//! The paper explains it by the order in which OGSC takes energy. A second curve lets cleanliness weigh in direct trade, a third shows what
//! remains without it.

use der_market::cleanliness::Cleanliness;
use der_market::eligibility::Rules;
use der_market::grid::{self, Distances, Rooms};
use der_market::matching::{match_book, sort_book};
use der_market::merit::{Merit, Merits};
use der_market::order::Order;
use der_market::paper;
use der_market::parameters::{Parameters, Weights};
use der_market::participant::{Side, Source};
use der_market::planning::{Planned, plan};
use der_market::slot::Slot;
use der_market::units::{Distance, Energy, Power};

use crate::random::Random;
use crate::stage;
use crate::{BLOCKS, Curve, Figure, Form, Origin, Panel, Point, StudyError, check_runs};

/// Energy types, in the order of the axis.
const SOURCES: [(Source, &str); 4] = [
    (Source::Thermal, "thermal"),
    (Source::Hydro, "hydro"),
    (Source::Photovoltaic, "photovoltaic"),
    (Source::Wind, "wind"),
];
/// What each seller has in a block, Wh.
const SALE_WH: u64 = 1_000;
/// Sellers' limit and the buyer's, µyuan/kWh.
const LIMITS: (i64, i64) = (400_000, 600_000);
/// λ_Q of the second curve, percent; closeness gives it up.
const CLEANLINESS: u8 = 30;

/// Energy sold in a block, by seller.
type Sold = [u64; 4];

/// Figure 9: share of each type's energy that is fed in by the order of OGSC, and that is sold directly with λ_Q = 30
/// and with the default, where the energy type plays no part.
///
/// # Errors
/// [`StudyError::Runs`] for fewer than [`crate::LEAST_RUNS`] or more than [`crate::MOST_RUNS`].
pub fn fig9(seed: u64, runs: u32) -> Result<Figure, StudyError> {
    check_runs(runs)?;
    let (clean, paper) = (parameters()?, paper::parameters()?);
    let curves = vec![
        curve("fed in by the order of OGSC", seed ^ 9, runs, feed_in)?,
        curve("sold directly with λ_Q = 30", seed ^ 90, runs, |random, slot| {
            trade(random, slot, &clean)
        })?,
        curve("sold directly with λ_Q = 0", seed ^ 900, runs, |random, slot| {
            trade(random, slot, &paper)
        })?,
    ];
    let panel = Panel {
        title: "Engine. Room or demand: uniform from 0 to all that is offered".to_owned(),
        axis: "energy type at the same distance and price",
        range: (-0.5, 3.5),
        form: Form::Bars,
        curves,
    };
    Ok(Figure {
        name: "fig9",
        title: "Figure 9, success by energy type: consistent with the paper's note; shape and order from the engine",
        panels: vec![panel],
        seed,
        runs,
    })
}

fn curve(
    name: &'static str,
    seed: u64,
    runs: u32,
    mut block: impl FnMut(&mut Random, Slot) -> Result<Sold, StudyError>,
) -> Result<Curve, StudyError> {
    let mut random = Random::new(seed);
    let mut shares: [Vec<f64>; 4] = Default::default();
    for run in 0..runs {
        let mut total = [0_u64; 4];
        for number in 0..BLOCKS {
            let sold = block(&mut random, Slot::new(u64::from(run * BLOCKS + number))?)?;
            total.iter_mut().zip(sold).for_each(|(total, sold)| *total += sold);
        }
        for (shares, total) in shares.iter_mut().zip(total) {
            let kwh = u32::try_from(total).map_err(|e| StudyError::Market(e.to_string()))?;
            shares.push(f64::from(kwh) / f64::from(BLOCKS) / 1_000.0);
        }
    }
    let places = SOURCES.iter().zip(0_u32..).zip(shares);
    let points = places.map(|(((_, name), place), values)| Point::of_runs(f64::from(place), *name, values));
    Ok(Curve {
        name,
        origin: Origin::Engine,
        points: points.collect(),
    })
}

fn sales() -> Result<Vec<Order>, StudyError> {
    let sale = |(number, (source, _)): (usize, &(Source, &str))| {
        stage::order(number, Side::Seller, *source, SALE_WH, LIMITS.0)
    };
    SOURCES.iter().enumerate().map(sale).collect()
}

/// What four sellers of one point may feed in through a room drawn at random.
fn feed_in(random: &mut Random, slot: Slot) -> Result<Sold, StudyError> {
    let mut orders = sales()?;
    let place = grid::Point {
        capacity_w: Power::new(4 * random.between(0, 4 * SALE_WH))?,
        ..stage::point(0)?
    };
    for order in &mut orders {
        order.point = place.point.clone();
    }
    let planned: Vec<Planned> = orders
        .into_iter()
        .map(|order| Planned {
            order,
            direct_wh: Energy::ZERO,
            merit: Merit::default(),
            table: Cleanliness::default(),
            consumption_index: 1,
        })
        .collect();
    let mut sold = [0; 4];
    for (sold, line) in sold.iter_mut().zip(plan(slot, &planned, Rooms::whole([&place]))) {
        *sold = line.grid_wh.get();
    }
    Ok(sold)
}

fn parameters() -> Result<Parameters, StudyError> {
    let weights = Weights {
        distance: 70 - CLEANLINESS,
        cleanliness: CLEANLINESS,
        ..Weights::default()
    };
    Ok(Parameters {
        weights,
        ..paper::parameters()?
    })
}

/// What four sellers, equally far and equally dear, sell to one buyer whose demand is drawn at random.
fn trade(random: &mut Random, slot: Slot, parameters: &Parameters) -> Result<Sold, StudyError> {
    let buyer = SOURCES.len();
    let mut book = sales()?;
    let demand = random.between(1, 4 * SALE_WH);
    book.push(stage::order(buyer, Side::Buyer, Source::Wind, demand, LIMITS.1)?);
    sort_book(&mut book);
    let points: Vec<_> = (0..=buyer).map(stage::point).collect::<Result<_, _>>()?;
    let apart = |one: usize, other: usize| {
        if one == other {
            Ok(Distance::SAME_POINT)
        } else {
            Distance::new(10)
        }
    };
    let row = |one: usize| (0..=buyer).map(|other| apart(one, other)).collect();
    let distances = Distances {
        points: points.iter().map(|point| point.point.clone()).collect(),
        rows: (0..=buyer).map(row).collect::<Result<_, _>>()?,
        ..Distances::default()
    };
    let rules = Rules {
        slot,
        parameters,
        distances: &distances,
        points: &points,
        merits: &Merits::new(),
        used: &[],
        book_limit: usize::MAX,
    };
    let mut sold = [0; 4];
    for fill in match_book(&book, &rules) {
        // Users are numbered below ten: the sorted book has them in the order of their numbers.
        let seller = usize::try_from(fill.offer).ok().and_then(|place| sold.get_mut(place));
        if let Some(seller) = seller {
            *seller += fill.energy_wh.get();
        }
    }
    Ok(sold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LEAST_RUNS;

    const SEED: u64 = 20_210_202;

    #[test]
    fn cleaner_energy_succeeds_more_often() {
        let figure = fig9(SEED, LEAST_RUNS).unwrap();
        let [fed_in, clean, default] = &figure.panels[0].curves[..] else {
            panic!("three curves")
        };
        assert!(
            default.points.iter().all(|point| (point.mean - 0.5).abs() < 0.03),
            "luck alone: {default:?}"
        );
        for curve in [fed_in, clean] {
            let [thermal, hydro, sun, wind] = &curve.points[..] else {
                panic!("four types")
            };
            assert!(
                thermal.mean + 0.1 < hydro.mean,
                "{}, seed {SEED}: {curve:?}",
                curve.name
            );
            assert!(hydro.mean + 0.1 < sun.mean, "{}, seed {SEED}: {curve:?}", curve.name);
            assert!(
                (sun.mean - wind.mean).abs() < 0.03,
                "luck rotates between equals, seed {SEED}: {curve:?}"
            );
        }
    }

    #[test]
    fn what_is_fed_in_never_exceeds_the_room() {
        let mut random = Random::new(SEED);
        for slot in 0..500 {
            let sold = feed_in(&mut random, Slot::new(slot).unwrap()).unwrap();
            assert!(sold.iter().all(|wh| *wh <= SALE_WH));
            assert!(
                sold[0] == 0 || sold[3] == SALE_WH && sold[2] == SALE_WH,
                "clean energy first: {sold:?}"
            );
        }
    }
}
