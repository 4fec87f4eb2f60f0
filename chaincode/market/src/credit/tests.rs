use proptest::prelude::*;

use super::*;
use crate::id::ParticipantId;
use crate::parameters::{Prices, Profile};
use crate::participant::Side;
use crate::units::{Energy, Money, Ppm, Price};

fn points(value: u32) -> Points {
    Points::new(value).unwrap()
}

fn ppm(value: u32) -> Ppm {
    Ppm::new(value).unwrap()
}

fn kept(counterparty: &str, energy: u64, short: u64) -> Kept {
    Kept {
        counterparty: format!("M:{counterparty}").parse().unwrap(),
        side: Side::Seller,
        energy_wh: Energy::new(energy).unwrap(),
        short_wh: Energy::new(short).unwrap(),
    }
}

/// Credit after one side of a slot that was never counted.
fn after_slot(before: Points, side: &[Kept], band: Ppm, month: &mut MonthWeights) -> Points {
    Counted::at(before).recount(before, &news(side, &[]), band, month)
}

fn news(kept: &[Kept], taken_back: &[Kept]) -> News {
    News {
        kept: kept.to_vec(),
        taken_back: taken_back.to_vec(),
    }
}

fn after(before: u32, energy: u64, short: u64) -> u32 {
    let mut month = MonthWeights::default();
    after_slot(points(before), &[kept("a", energy, short)], ppm(50_000), &mut month).get()
}

fn who(name: &str) -> ParticipantId {
    format!("M:{name}").parse().unwrap()
}

#[test]
fn keeping_a_contract_raises_and_breaking_it_lowers() {
    assert_eq!(after(700_000, 200_000, 0), 700_000 + 300_000 * 21 / 1_024);
    assert_eq!(
        after(700_000, 200_000, 100_000),
        700_000 - 14_356,
        "floored towards the lower score"
    );
    assert_eq!(after(700_000, 99, 99), 700_000, "below 100 Wh nothing moves");
}

#[test]
fn within_the_band_is_perfect_and_one_half_is_nothing() {
    assert_eq!(after(0, 100_000, 5_000), 1_000_000 * 11 / 1_024);
    assert_eq!(after(0, 100_000, 50_000), 0);
    assert_eq!(after(0, 100_000, 27_500), 500_000 * 11 / 1_024, "half way between");
}

#[test]
fn the_weight_of_an_update_is_shared_by_energy() {
    let mut month = MonthWeights::default();
    let side = [kept("a", 300_000, 0), kept("b", 100_000, 0), kept("b", 200_000, 0)];
    let moved = after_slot(Points::START, &side, ppm(50_000), &mut month);
    assert_eq!(
        (month.spent(&who("a")), month.spent(&who("b"))),
        (31, 30),
        "61 of at most 64"
    );
    assert_eq!(moved.get(), 700_000 + 300_000 * 61 / 1_024);
}

#[test]
fn one_counterparty_moves_no_more_than_512_a_month() {
    let mut month = MonthWeights::default();
    let mut score = Points::LEAST;
    for _ in 0..20 {
        score = after_slot(score, &[kept("a", 1_000_000, 0)], ppm(50_000), &mut month);
    }
    assert_eq!(month.spent(&who("a")), MONTHLY_WEIGHT);
    let stuck = after_slot(score, &[kept("a", 1_000_000, 1_000_000)], ppm(50_000), &mut month);
    assert_eq!(stuck, score, "neither up nor down");
    let other = after_slot(score, &[kept("b", 1_000_000, 0)], ppm(50_000), &mut month);
    assert!(other > score, "another counterparty still counts");
    assert!(!month.is_idle());
}

#[test]
fn a_correction_replaces_what_the_slot_moved() {
    let (band, mut month) = (ppm(50_000), MonthWeights::default());
    let (wrong, right) = ([kept("a", 200_000, 100_000)], [kept("a", 200_000, 0)]);
    let mut slot = Counted::at(Points::START);
    let broken = slot.recount(Points::START, &news(&wrong, &[]), band, &mut month);
    assert_eq!(broken.get(), 700_000 - 14_356);
    assert_eq!(slot.is_within(band), Some(false));
    let later = after_slot(broken, &[kept("b", 50_000, 0)], band, &mut month);
    let mended = slot.recount(later, &news(&right, &wrong), band, &mut month);
    assert_eq!(
        mended.get(),
        later.get() + 14_356 + 300_000 * 21 / 1_024,
        "no second update: the first one's move is taken back"
    );
    assert_eq!(
        (month.spent(&who("a")), slot.is_within(band)),
        (21, Some(true)),
        "its weight is spent once"
    );
    let again = slot.recount(mended, &news(&wrong, &right), band, &mut month);
    assert_eq!(again, later, "and the other way");
}

#[test]
fn what_settles_late_joins_its_slot_s_one_update() {
    let (band, mut month) = (ppm(50_000), MonthWeights::default());
    let (early, late) = ([kept("a", 100_000, 0)], [kept("b", 100_000, 50_000)]);
    let mut slot = Counted::at(Points::START);
    let first = slot.recount(Points::START, &news(&early, &[]), band, &mut month);
    let both = slot.recount(first, &news(&late, &[]), band, &mut month);
    let at_once = after_slot(
        Points::START,
        &[early, late].concat(),
        band,
        &mut MonthWeights::default(),
    );
    assert_eq!(both, at_once);
}

#[test]
fn a_month_without_contracts_leads_back_to_600_points() {
    assert_eq!(points(200_000).after_idle_month().get(), 250_000);
    assert_eq!(points(599_999).after_idle_month().get(), 599_999, "floored");
    assert_eq!(points(600_001).after_idle_month().get(), 600_001);
}

#[test]
fn a_default_costs_200_points_and_never_goes_below_zero() {
    assert_eq!(Points::START.less(Points::DEFAULT).get(), 500_000);
    assert_eq!(points(100_000).less(Points::DEFAULT), Points::LEAST);
}

#[test]
fn tiers_begin_where_the_model_says() {
    let rules = CreditRules::default();
    for (score, tier, hold) in [
        (1_000_000, Tier::Excellent, 0),
        (900_000, Tier::Excellent, 0),
        (899_999, Tier::Good, 100_000),
        (750_000, Tier::Good, 100_000),
        (749_999, Tier::Fair, 300_000),
        (600_000, Tier::Fair, 300_000),
        (599_999, Tier::Poor, 1_000_000),
        (400_000, Tier::Poor, 1_000_000),
        (399_999, Tier::Barred, 1_000_000),
    ] {
        assert_eq!(
            (Tier::of(points(score)), rules.hold(tier).get()),
            (tier, hold),
            "{score}"
        );
        assert_eq!(tier.may_trade(), score >= 400_000);
        assert!(tier.ppm().get() <= score, "T is never above the credit");
    }
    assert!(rules.is_ordered());
}

fn rates(tier: u32, profile: Profile) -> HoldRates {
    let price = |value| Price::new(value).unwrap();
    HoldRates {
        tier: ppm(tier),
        prices: Prices {
            retail: price(657_000),
            feed_in: price(400_000),
        },
        profile,
    }
}

#[test]
fn holds_are_what_an_order_may_cost() {
    let (energy, price) = (Energy::new(200_001).unwrap(), |value| Price::new(value).unwrap());
    let at = |side, limit, tier, profile| {
        at_entry(side, price(limit), energy, &rates(tier, profile))
            .unwrap()
            .get()
    };
    let third = 300_000;
    assert_eq!(
        at(Side::Buyer, 590_001, third, Profile::Paper),
        35_400_237_001,
        "rounded up"
    );
    assert_eq!(
        at(Side::Buyer, -5, 1_000_000, Profile::Market),
        0,
        "a negative price costs nothing"
    );
    assert_eq!(
        at(Side::Seller, 530_000, third, Profile::Paper),
        0,
        "the paper's case has no penalty"
    );
    assert_eq!(
        at(Side::Seller, 530_000, third, Profile::Market),
        127_000 * 200_001 * 3 / 10
    );
    assert_eq!(
        at(Side::Seller, 700_000, third, Profile::Market),
        0,
        "above R a shortfall costs nobody"
    );
}

#[test]
fn trap_splitting_contracts_to_farm_credit() {
    splitting_contracts_to_farm_credit(&[20_000; 3_000]);
    splitting_contracts_to_farm_credit(&[100; 2_880]);
}

/// However a month's energy with one counterparty is cut, it moves no more than one half of the gap.
fn splitting_contracts_to_farm_credit(slots: &[u64]) {
    let mut month = MonthWeights::default();
    let mut score = Points::LEAST;
    for energy in slots {
        score = after_slot(score, &[kept("friend", *energy, 0)], ppm(50_000), &mut month);
    }
    assert!(month.spent(&who("friend")) <= MONTHLY_WEIGHT);
    assert!(score.get() <= 500_000, "{score}");
}

fn sides() -> impl Strategy<Value = Vec<Kept>> {
    let one = (0..4_u8, 0..2_000_000_u64, 0..=1_000_u64)
        .prop_map(|(who, energy, part)| kept(&format!("u{who}"), energy, energy * part / 1_000));
    proptest::collection::vec(one, 0..8)
}

proptest! {
    #[test]
    fn credit_stays_in_range(before in 0..=1_000_000_u32, slots in proptest::collection::vec(sides(), 0..20)) {
        let (mut score, mut month) = (points(before), MonthWeights::default());
        for side in &slots {
            score = after_slot(score, side, ppm(50_000), &mut month);
            prop_assert!(score <= Points::MOST);
        }
        for number in 0..4 {
            let spent = month.spent(&who(&format!("u{number}")));
            prop_assert!(spent <= MONTHLY_WEIGHT);
        }
    }

    /// Corrections in any number and order leave the score that the last of them would have left alone.
    #[test]
    fn corrections_leave_the_score_of_the_right_reading(
        energy in 100..1_000_000_u64, parts in proptest::collection::vec(0..=1_000_u64, 1..6), beside in proptest::collection::vec(0..=1_000_u64, 6),
    ) {
        let (band, mut month) = (ppm(50_000), MonthWeights::default());
        let line = |part: u64| [kept("a", energy, energy * part / 1_000)];
        let others = |mut score: Points, from: usize, month: &mut MonthWeights| {
            for part in &beside[from..=from] {
                score = after_slot(score, &[kept("b", 10_000, 10 * part)], band, month);
            }
            score
        };
        let mut slot = Counted::at(Points::START);
        let mut score = slot.recount(Points::START, &news(&line(parts[0]), &[]), band, &mut month);
        let mut alone = Counted::at(Points::START);
        let mut straight = alone.recount(Points::START, &news(&line(parts[0]), &[]), band, &mut MonthWeights::default());
        let mut moved = 0;
        for (number, pair) in parts.windows(2).enumerate() {
            let before = score;
            score = others(score, number, &mut month);
            moved += i64::from(score.get()) - i64::from(before.get());
            score = slot.recount(score, &news(&line(pair[1]), &line(pair[0])), band, &mut month);
        }
        let last = *parts.last().unwrap();
        if parts.len() > 1 {
            straight = alone.recount(straight, &news(&line(last), &line(parts[0])), band, &mut MonthWeights::default());
        }
        prop_assert_eq!(alone, slot);
        prop_assert_eq!(i64::from(score.get()), i64::from(straight.get()) + moved, "what others moved is untouched");
        let right = Counted::at(Points::START).recount(Points::START, &news(&line(last), &[]), band, &mut MonthWeights::default());
        prop_assert_eq!(straight, right);
    }

    #[test]
    fn more_shortfall_never_gives_more_credit(before in 0..=1_000_000_u32, energy in 100..1_000_000_u64, a in 0..1_000_000_u64, b in 0..1_000_000_u64) {
        let (less, more) = (a.min(b).min(energy), a.max(b).min(energy));
        prop_assert!(after(before, energy, less) >= after(before, energy, more));
    }

    #[test]
    fn a_better_credit_stays_the_better_one(a in 0..=1_000_000_u32, b in 0..=1_000_000_u32, energy in 0..1_000_000_u64, part in 0..=1_000_u64) {
        let short = energy * part / 1_000;
        prop_assert!(after(a.min(b), energy, short) <= after(a.max(b), energy, short));
    }

    #[test]
    fn cutting_contracts_with_one_counterparty_gains_no_more_than_the_cap(slots in proptest::collection::vec(100..1_000_000_u64, 1..400)) {
        splitting_contracts_to_farm_credit(&slots);
    }

    #[test]
    fn cutting_a_slots_contract_changes_nothing(energy in 2..1_000_000_u64, cut in 1..1_000_u64) {
        let first = (energy * cut / 1_000).max(1);
        let update = |side: &[Kept]| after_slot(Points::START, side, ppm(50_000), &mut MonthWeights::default());
        prop_assert_eq!(update(&[kept("a", energy, 0)]), update(&[kept("a", first, 0), kept("a", energy - first, 0)]));
    }

    #[test]
    fn a_match_never_holds_more_than_its_order(
        limit in -1_000_000..1_000_000_i64, energy in 0..1_000_000_u64, tier in 0..=1_000_000_u32, price in -1_000_000..1_000_000_i64, tariff in 0..100_000_i64,
    ) {
        let (energy, rates) = (Energy::new(energy).unwrap(), rates(tier, Profile::Market));
        let at = |value| Price::new(value).unwrap();
        let entry = |side| at_entry(side, at(limit), energy, &rates).unwrap();
        let matched = |side| at_match(side, at(price), at(tariff), energy, &rates).unwrap();
        if price + tariff <= limit {
            prop_assert!(matched(Side::Buyer) <= entry(Side::Buyer));
        }
        if price >= limit {
            prop_assert!(matched(Side::Seller) <= entry(Side::Seller));
        }
        prop_assert!(matched(Side::Seller) >= Money::ZERO && entry(Side::Buyer) >= Money::ZERO);
    }
}
