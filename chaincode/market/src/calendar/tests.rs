//! A calendar of Central European Time, where clocks change; the first slot of a day is local midnight in UTC.

use super::*;

/// 2026-03-29 00:00 CET = 2026-03-28 23:00 UTC.
const SPRING: u64 = 1_774_738_800 / 900;
/// 2026-10-25 00:00 CEST = 2026-10-24 22:00 UTC.
const AUTUMN: u64 = 1_792_879_200 / 900;

fn run(period: Period, slots: u8) -> Run {
    Run { period, slots }
}

/// Valley to 06:00, peak 08:00 to 20:00, flat otherwise, by the clock on the wall; the night lasts `night` quarters.
fn pattern(night: u8) -> Vec<Run> {
    vec![
        run(Period::Valley, night),
        run(Period::Flat, 8),
        run(Period::Peak, 48),
        run(Period::Flat, 16),
    ]
}

fn day(date: &str, first: u64, pattern: u8) -> Day {
    Day {
        date: date.parse().unwrap(),
        first: Slot::new(first).unwrap(),
        pattern,
    }
}

fn calendar(days: Vec<Day>) -> Calendar {
    Calendar {
        patterns: vec![pattern(24), pattern(20), pattern(28)],
        days,
    }
}

fn spring() -> Calendar {
    calendar(vec![
        day("2026-03-28", SPRING - 96, 0),
        day("2026-03-29", SPRING, 1),
        day("2026-03-30", SPRING + 92, 0),
    ])
}

fn autumn() -> Calendar {
    calendar(vec![
        day("2026-10-24", AUTUMN - 96, 0),
        day("2026-10-25", AUTUMN, 2),
        day("2026-10-26", AUTUMN + 100, 0),
    ])
}

fn count(calendar: &Calendar, date: &str) -> u64 {
    calendar.day(date.parse().unwrap()).unwrap().count
}

/// Quarters of an hour after local midnight at which the period of a date changes to another.
fn changes(calendar: &Calendar, date: &str) -> Vec<(u64, Period)> {
    let day = calendar.day(date.parse().unwrap()).unwrap();
    let mut changes: Vec<(u64, Period)> = Vec::new();
    for place in 0..day.count {
        let period = calendar.period(Slot::new(day.first.get() + place).unwrap()).unwrap();
        if changes.last().is_none_or(|(_, last)| *last != period) {
            changes.push((place, period));
        }
    }
    changes
}

#[test]
fn trap_daylight_saving_a_day_of_92_slots() {
    let spring = spring();
    spring.validate().unwrap();
    assert_eq!(
        ["2026-03-28", "2026-03-29", "2026-03-30"].map(|date| count(&spring, date)),
        [96, 92, 96]
    );
    // The hour from two to three is missing: peak still begins at eight on the wall, an hour earlier after midnight.
    assert_eq!(changes(&spring, "2026-03-28")[2], (32, Period::Peak));
    assert_eq!(changes(&spring, "2026-03-29")[2], (28, Period::Peak));
    let last = Slot::new(SPRING + 91).unwrap();
    assert_eq!(spring.day_of(last).unwrap().date, "2026-03-29".parse().unwrap());
    let next = Slot::new(SPRING + 92).unwrap();
    assert_eq!(spring.day_of(next).unwrap().date, "2026-03-30".parse().unwrap());
}

#[test]
fn trap_daylight_saving_a_day_of_100_slots() {
    let autumn = autumn();
    autumn.validate().unwrap();
    assert_eq!(
        ["2026-10-24", "2026-10-25", "2026-10-26"].map(|date| count(&autumn, date)),
        [96, 100, 96]
    );
    assert_eq!(changes(&autumn, "2026-10-25")[2], (36, Period::Peak));
    // Each of the 292 slots belongs to one day, the repeated hour included.
    let days = (AUTUMN - 96..AUTUMN + 196).map(|slot| autumn.day_of(Slot::new(slot).unwrap()).unwrap().date);
    let mut days: Vec<Date> = days.collect();
    days.dedup();
    assert_eq!(days.len(), 3);
}

#[test]
fn trap_daylight_saving_a_day_counted_as_96_leaves_a_gap() {
    for (mut calendar, wrong) in [(spring(), SPRING + 96), (autumn(), AUTUMN + 96)] {
        let date = calendar.days[2].date;
        calendar.days[2].first = Slot::new(wrong).unwrap();
        assert_eq!(calendar.validate(), Err(CalendarError::Gap(date)));
    }
}

#[test]
fn outside_the_calendar_there_is_no_day() {
    let spring = spring();
    for slot in [SPRING - 97, SPRING + 92 + 96] {
        assert_eq!(spring.day_of(Slot::new(slot).unwrap()), None);
        assert_eq!(spring.period(Slot::new(slot).unwrap()), None);
    }
    assert_eq!(spring.day("2026-03-27".parse().unwrap()), None);
    assert_eq!(Calendar::default().period(Slot::new(SPRING).unwrap()), None);
}

#[test]
fn a_calendar_that_is_not_whole_is_refused() {
    let mut broken = spring();
    broken.patterns[1] = pattern(21);
    assert_eq!(broken.validate(), Err(CalendarError::Pattern(1)));
    let mut broken = spring();
    broken.days[1].pattern = 3;
    assert_eq!(
        broken.validate(),
        Err(CalendarError::UnknownPattern(broken.days[1].date))
    );
    let mut broken = spring();
    broken.days.remove(1);
    assert_eq!(broken.validate(), Err(CalendarError::Gap(broken.days[1].date)));
    assert_eq!(Calendar::default().validate(), Err(CalendarError::Size));
}

#[test]
fn its_text_is_short() {
    let json = serde_json::to_string(&spring()).unwrap();
    assert!(
        json.contains(r#"{"date":"2026-03-29","first":1971932,"pattern":1}"#),
        "{json}"
    );
    assert_eq!(serde_json::from_str::<Calendar>(&json).unwrap(), spring());
}
