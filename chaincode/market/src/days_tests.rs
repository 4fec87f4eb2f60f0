use proptest::prelude::*;

use super::*;
use crate::billing::DAY_SLOTS;
use crate::calendar::{Day, Period, Run};

/// 2026-03-29 00:00 in Central Europe, when clocks go forward.
const SPRING: u64 = 1_774_738_800 / 900;

fn slot(value: u64) -> Slot {
    Slot::new(value).unwrap()
}

fn day(date: &str) -> BillingDay {
    numbered(date.parse().unwrap())
}

/// Days from a date on, each of so many slots.
fn calendar(date: &str, first: u64, counts: &[u8]) -> Calendar {
    let pattern = |slots| {
        vec![Run {
            period: Period::Flat,
            slots,
        }]
    };
    let (mut date, mut first, mut days) = (date.parse::<Date>().unwrap(), first, Vec::new());
    for count in counts {
        let pattern = (count - 92) / 4;
        days.push(Day {
            date,
            first: slot(first),
            pattern,
        });
        date = date.next();
        first += u64::from(*count);
    }
    let calendar = Calendar {
        patterns: [92, 96, 100].map(pattern).to_vec(),
        days,
    };
    calendar.validate().unwrap();
    calendar
}

/// Central European days from two weeks before clocks go forward.
fn spring() -> Days {
    let counts = [[96; 14].as_slice(), &[92], &[96; 3]].concat();
    let calendar = calendar("2026-03-15", SPRING - 14 * 96, &counts);
    Days::new(Billing::default(), vec![(slot(SPRING - 14 * 96), calendar)])
}

#[test]
fn trap_daylight_saving_a_day_of_92_slots_is_billed_as_one_day() {
    let days = spring();
    let (first, end) = days.slots_of(day("2026-03-29"));
    assert_eq!((first.get(), end.get()), (SPRING, SPRING + 92));
    assert_eq!(days.day_of(slot(SPRING + 91)), day("2026-03-29"));
    assert_eq!(days.day_of(slot(SPRING + 92)), day("2026-03-30"));
    assert_eq!(
        days.later(slot(SPRING - 96 + 40), 2).get(),
        SPRING + 92 + 40,
        "ten in the morning, two days later"
    );
    assert_eq!(
        days.later(slot(SPRING - 1), 1).get(),
        SPRING + 91,
        "the last slot of a shorter day"
    );
    assert_eq!(
        days.week_before(slot(SPRING + 92 + 40)).unwrap().get(),
        SPRING - 6 * 96 + 40
    );
}

#[test]
fn trap_daylight_saving_a_day_of_100_slots_is_billed_as_one_day() {
    let first = 1_792_879_200 / 900;
    let days = Days::new(
        Billing::default(),
        vec![(slot(first - 96), calendar("2026-10-24", first - 96, &[96, 100, 96]))],
    );
    let (from, end) = days.slots_of(day("2026-10-25"));
    assert_eq!((from.get(), end.get()), (first, first + 100));
    assert_eq!(days.day_of(slot(first + 99)), day("2026-10-25"));
    assert_eq!(days.later(slot(first + 99), 1).get(), first + 100 + 95);
}

#[test]
fn days_go_on_where_a_calendar_ends() {
    let days = spring();
    let end = SPRING + 92 + 3 * 96;
    assert_eq!(days.day_of(slot(end + 95)), day("2026-04-02"));
    assert_eq!(days.slots_of(day("2026-04-03")).0.get(), end + 96);
}

#[test]
fn where_no_calendar_is_governed_days_have_96_slots() {
    let days = Days::new(Billing::default(), Vec::new());
    let (first, end) = days.slots_of(day("2026-11-28"));
    assert_eq!((first.get() + 32).rem_euclid(96), 0);
    assert_eq!(end.get() - first.get(), DAY_SLOTS);
    assert_eq!(days.week_before(slot(600)), None);
}

proptest! {
    /// Whatever calendars follow one another, if dates do not go back, every slot is of one day, and a day's slots are those.
    #[test]
    fn every_slot_is_of_one_day_through_all_versions(
        counts in proptest::collection::vec(proptest::sample::select(vec![92_u8, 96, 100]), 4..12),
        cut in 1..4_usize,
        at in 0..2_000_u64,
    ) {
        let start = SPRING - 3 * 96;
        let first = calendar("2026-03-26", start, &counts);
        let from = first.day("2026-03-26".parse::<Date>().map(|date| (0..cut).fold(date, |date, _| date.next())).unwrap()).unwrap();
        let second = calendar(&from.date.to_string(), from.first.get(), &[100, 92, 96, 96]);
        let days = Days::new(Billing::default(), vec![(from.first, second), (slot(start), first)]);
        let slot = slot(start - 400 + at);
        let (begin, end) = days.slots_of(days.day_of(slot));
        prop_assert!(begin <= slot && slot < end);
        prop_assert_eq!(days.day_of(minus(end, 1)), days.day_of(slot));
        prop_assert!(days.day_of(end) > days.day_of(slot) && days.day_of(minus(begin, 1)) < days.day_of(slot));
        let (lo, hi) = Days::around(&Billing::default(), days.day_of(slot));
        prop_assert!(lo <= begin && end <= hi);
    }
}
