//! Figure 8: success rate against distance.
//!
//! Left, the paper's note beside the rule that is inferred from it; right, what this market's matching gives, uncalibrated.

use der_market::eligibility::Rules;
use der_market::grid::Distances;
use der_market::matching::{match_book, sort_book};
use der_market::merit::Merits;
use der_market::order::Order;
use der_market::paper;
use der_market::parameters::Parameters;
use der_market::participant::{Side, Source};
use der_market::slot::Slot;
use der_market::tariff::Tariff;
use der_market::units::{Distance, Price};

use crate::random::Random;
use crate::stage;
use crate::{BLOCKS, Curve, Figure, Form, Origin, Panel, Point, StudyError, check_runs};

/// The figure's note: distance coefficients with their success rates.
const NOTE: [(u32, f64); 6] = [(14, 0.8), (12, 0.7), (10, 0.6), (8, 0.5), (6, 0.4), (4, 0.3)];
/// The paper's N.
const ENTITIES: usize = 10;
/// Width of a place on the axis of distances, mΩ.
const STEP: u32 = 100;
/// Farthest distance drawn, mΩ; beyond D_max.
const FARTHEST: u32 = 1_400;
/// D_max of the study, mΩ.
const REACH: u32 = 1_000;
/// τ, µyuan/kWh for each mΩ.
const TARIFF: u32 = 200;

/// Success of a block by the inferred rule p = 1/N + x/B, in ppm.
fn inferred_ppm(coefficient: u32) -> u64 {
    let entities = u64::try_from(ENTITIES).unwrap_or(1);
    1_000_000 / entities + u64::from(coefficient) * 1_000_000 / u64::from(BLOCKS)
}

/// Success rates of one run of 20 blocks, by coefficient.
fn inferred_run(random: &mut Random) -> [f64; 6] {
    NOTE.map(|(coefficient, _)| {
        let successes = (0..BLOCKS)
            .filter(|_| random.happens(inferred_ppm(coefficient)))
            .count();
        f64::from(u32::try_from(successes).unwrap_or(0)) / f64::from(BLOCKS)
    })
}

/// Share of single runs in which no smaller coefficient has a higher rate than a larger one.
#[must_use]
pub fn runs_in_order(seed: u64, runs: u32) -> f64 {
    let mut random = Random::new(seed);
    let falls = |rates: [f64; 6]| rates.windows(2).all(|pair| pair[0] >= pair[1]);
    let ordered = (0..runs).filter(|_| falls(inferred_run(&mut random))).count();
    f64::from(u32::try_from(ordered).unwrap_or(0)) / f64::from(runs.max(1))
}

/// Figure 8: the paper's note by an inferred rule, and this market's success rate against distance.
///
/// # Errors
/// [`StudyError::Runs`] for fewer than [`crate::LEAST_RUNS`] or more than [`crate::MOST_RUNS`].
pub fn fig8(seed: u64, runs: u32) -> Result<Figure, StudyError> {
    check_runs(runs)?;
    let share = runs_in_order(seed, runs) * 100.0;
    let left = Panel {
        title: format!("Inferred: p = 1/N + x/B, N = 10, B = 20. {share:.0} % of single runs keep the order"),
        axis: "distance coefficient x = w/D",
        range: (2.0, 16.0),
        form: Form::Lines,
        curves: vec![inferred(seed, runs), note()],
    };
    let right = Panel {
        title: format!("Engine, uncalibrated: pairs within D_max = {REACH} mΩ only"),
        axis: "electrical distance in mΩ",
        range: (0.0, f64::from(FARTHEST)),
        form: Form::Lines,
        curves: vec![engine(seed, runs)?],
    };
    Ok(Figure {
        name: "fig8",
        title: "Figure 8, success rate against distance: consistent with the paper's note; shape and order from the engine",
        panels: vec![left, right],
        seed,
        runs,
    })
}

fn note() -> Curve {
    let given =
        |(coefficient, rate): (u32, f64)| Point::given(f64::from(coefficient), format!("x = {coefficient}"), rate);
    Curve {
        name: "the six values of the note",
        origin: Origin::Paper,
        points: NOTE.map(given).to_vec(),
    }
}

fn inferred(seed: u64, runs: u32) -> Curve {
    let mut random = Random::new(seed);
    let rates: Vec<[f64; 6]> = (0..runs).map(|_| inferred_run(&mut random)).collect();
    let place = |(place, (coefficient, _)): (usize, (u32, f64))| {
        let values = rates.iter().filter_map(|run| run.get(place).copied()).collect();
        Point::of_runs(f64::from(coefficient), format!("x = {coefficient}"), values)
    };
    Curve {
        name: "success rate by that rule",
        origin: Origin::Inferred,
        points: NOTE.into_iter().enumerate().map(place).collect(),
    }
}

/// Pairs of one place on the axis: how many there were, and how many traded.
type Tally = Vec<(u32, u32)>;

fn engine(seed: u64, runs: u32) -> Result<Curve, StudyError> {
    let mut random = Random::new(seed ^ 8);
    let parameters = parameters()?;
    let places = usize::try_from(FARTHEST / STEP).unwrap_or(0);
    let mut rates: Vec<Vec<f64>> = vec![Vec::new(); places];
    for run in 0..runs {
        let mut tally: Tally = vec![(0, 0); places];
        for block in 0..BLOCKS {
            trade(&mut random, &parameters, u64::from(run * BLOCKS + block), &mut tally)?;
        }
        for (rates, (pairs, traded)) in rates.iter_mut().zip(tally) {
            if pairs > 0 {
                rates.push(f64::from(traded) / f64::from(pairs));
            }
        }
    }
    let starts = (0..).map(|place: u32| place * STEP);
    let points = starts.zip(rates).map(|(start, values)| {
        let centre = start + STEP / 2;
        Point::of_runs(f64::from(centre), format!("{start} to {}", start + STEP), values)
    });
    Ok(Curve {
        name: "share of pairs that trade (der-market)",
        origin: Origin::Engine,
        points: points.collect(),
    })
}

fn parameters() -> Result<Parameters, StudyError> {
    Ok(Parameters {
        reach_mohm: Distance::new(REACH)?,
        tariff: Tariff::Distance {
            numerator: TARIFF,
            denominator: 1,
            least: Price::ZERO,
            most: Price::new(1_000_000)?,
        },
        ..paper::parameters()?
    })
}

/// One block: ten users, half of them selling, at random distances and limits; every pair is counted at its distance.
fn trade(random: &mut Random, parameters: &Parameters, slot: u64, tally: &mut Tally) -> Result<(), StudyError> {
    let distances = distances(random)?;
    let mut book = book(random)?;
    sort_book(&mut book);
    let points: Vec<_> = (0..ENTITIES).map(stage::point).collect::<Result<_, _>>()?;
    let rules = Rules {
        slot: Slot::new(slot)?,
        parameters,
        distances: &distances,
        points: &points,
        merits: &Merits::new(),
        used: &[],
        book_limit: ENTITIES,
    };
    let fills = match_book(&book, &rules);
    let place = |one: &Order, other: &Order| {
        let distance = distances
            .between(&one.point, &other.point)
            .map_or(u32::MAX, Distance::get);
        usize::try_from(distance.saturating_sub(1) / STEP).unwrap_or(usize::MAX)
    };
    for seller in book.iter().filter(|order| order.side == Side::Seller) {
        for buyer in book.iter().filter(|order| order.side == Side::Buyer) {
            if let Some(cell) = tally.get_mut(place(seller, buyer)) {
                cell.0 += 1;
            }
        }
    }
    let at = |place: u32| usize::try_from(place).ok().and_then(|place| book.get(place));
    for fill in &fills {
        if let (Some(buyer), Some(seller)) = (at(fill.bid), at(fill.offer))
            && let Some(cell) = tally.get_mut(place(seller, buyer))
        {
            cell.1 += 1;
        }
    }
    Ok(())
}

fn distances(random: &mut Random) -> Result<Distances, StudyError> {
    let mut rows = vec![vec![Distance::SAME_POINT; ENTITIES]; ENTITIES];
    for one in 0..ENTITIES {
        for other in 0..one {
            let apart = random.between(1, u64::from(FARTHEST));
            let apart = Distance::new(u32::try_from(apart).unwrap_or(FARTHEST))?;
            for (row, column) in [(one, other), (other, one)] {
                if let Some(cell) = rows.get_mut(row).and_then(|row: &mut Vec<_>| row.get_mut(column)) {
                    *cell = apart;
                }
            }
        }
    }
    Ok(Distances {
        points: (0..ENTITIES).map(stage::point_id).collect::<Result<_, _>>()?,
        rows,
        ..Distances::default()
    })
}

fn book(random: &mut Random) -> Result<Vec<Order>, StudyError> {
    let order = |number: usize| {
        let (side, least, most) = if number.is_multiple_of(2) {
            (Side::Seller, 300_000, 500_000)
        } else {
            (Side::Buyer, 450_000, 650_000)
        };
        let price = i64::try_from(random.between(least, most)).unwrap_or(0);
        stage::order(number, side, Source::Photovoltaic, 1_000, price)
    };
    (0..ENTITIES).map(order).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;
    use crate::LEAST_RUNS;

    const SEED: u64 = 20_210_202;

    fn figure() -> &'static Figure {
        static FIGURE: OnceLock<Figure> = OnceLock::new();
        FIGURE.get_or_init(|| fig8(SEED, LEAST_RUNS).unwrap())
    }

    fn means(curve: &Curve) -> Vec<f64> {
        curve.points.iter().map(|point| point.mean).collect()
    }

    #[test]
    fn the_inferred_rule_meets_all_six_values_of_the_note() {
        let figure = figure();
        for (mean, (coefficient, rate)) in means(&figure.panels[0].curves[0]).into_iter().zip(NOTE) {
            assert!(
                (inferred_ppm(coefficient) as f64 / 1e6 - rate).abs() < 1e-9,
                "{coefficient}"
            );
            assert!((mean - rate).abs() < 0.03, "seed {SEED}: {mean} for {rate}");
        }
    }

    #[test]
    fn one_run_alone_seldom_keeps_the_order() {
        let share = runs_in_order(SEED, 20_000);
        assert!((0.2..0.3).contains(&share), "seed {SEED}: {share}");
    }

    #[test]
    fn the_engine_s_rate_falls_and_is_nothing_beyond_the_reach() {
        let figure = figure();
        let curve = &figure.panels[1].curves[0];
        let (near, far): (Vec<_>, Vec<_>) = curve.points.iter().partition(|point| point.x < f64::from(REACH));
        assert!(
            near.windows(2).all(|pair| pair[0].mean >= pair[1].mean),
            "seed {SEED}: {near:?}"
        );
        assert!(
            near[0].mean > 2.0 * near[near.len() - 1].mean,
            "it falls fast: {near:?}"
        );
        assert!(far.len() >= 4 && far.iter().all(|point| point.mean == 0.0), "{far:?}");
        assert!(
            curve
                .points
                .iter()
                .all(|point| point.low <= point.mean && point.mean <= point.high)
        );
    }

    #[test]
    fn a_seed_gives_one_figure() {
        assert_eq!(fig8(SEED, LEAST_RUNS).unwrap(), *figure());
        assert!(matches!(fig8(1, LEAST_RUNS - 1), Err(StudyError::Runs)));
    }
}
