use super::*;
use crate::calendar::{Day, Run};
use proptest::prelude::*;

const FIRST: u64 = 1_971_932;

fn price(value: i64) -> Price {
    Price::new(value).unwrap()
}

fn rate<K>(of: K, period: Option<Period>, value: i64) -> Rate<K> {
    Rate {
        of,
        period,
        price: price(value),
    }
}

fn schedule(allowed: bool) -> Schedule {
    Schedule {
        retail: vec![
            rate(CustomerClass::Residential, Some(Period::Valley), 300_000),
            rate(CustomerClass::Residential, Some(Period::Peak), 900_000),
            rate(CustomerClass::Residential, None, 600_000),
            rate(CustomerClass::Industrial, None, 800_000),
        ],
        feed_in: vec![
            rate(Source::Wind, None, 280_000),
            rate(Source::Storage, Some(Period::Peak), 500_000),
        ],
        otherwise: Prices {
            retail: price(700_000),
            feed_in: price(250_000),
        },
        allow_feed_in_above_retail: allowed,
    }
}

/// Two days: valley for 24 slots, peak for 24, flat for the rest.
fn calendar() -> Calendar {
    let run = |period, slots| Run { period, slots };
    let day = |date: &str, first| Day {
        date: date.parse().unwrap(),
        first: Slot::new(first).unwrap(),
        pattern: 0,
    };
    Calendar {
        patterns: vec![vec![
            run(Period::Valley, 24),
            run(Period::Peak, 24),
            run(Period::Flat, 48),
        ]],
        days: vec![day("2026-03-29", FIRST), day("2026-03-30", FIRST + 96)],
    }
}

fn book(allowed: bool) -> PriceBook {
    PriceBook {
        flat: Prices {
            retail: price(657_000),
            feed_in: price(400_000),
        },
        schedule: Some(schedule(allowed)),
        calendar: Some(calendar()),
    }
}

fn at(book: &PriceBook, class: CustomerClass, source: Source, offset: u64) -> (i64, i64) {
    let prices = book.prices(class, source, Slot::new(FIRST + offset).unwrap());
    (prices.retail.get(), prices.feed_in.get())
}

#[test]
fn a_price_is_of_its_class_type_and_period() {
    let book = book(false);
    use CustomerClass::{Commercial, Industrial, Residential};
    assert_eq!(at(&book, Residential, Source::Wind, 0), (300_000, 280_000));
    assert_eq!(at(&book, Residential, Source::Storage, 24), (900_000, 500_000));
    assert_eq!(at(&book, Residential, Source::Storage, 95), (600_000, 250_000));
    assert_eq!(at(&book, Industrial, Source::Wind, 24), (800_000, 280_000));
    assert_eq!(at(&book, Commercial, Source::Hydro, 24), (700_000, 250_000));
    assert_eq!(
        at(&book, Residential, Source::Wind, 192),
        (600_000, 280_000),
        "beyond the calendar"
    );
}

#[test]
fn without_a_schedule_the_parameters_say_it() {
    let flat = PriceBook {
        schedule: None,
        ..book(false)
    };
    assert_eq!(
        at(&flat, CustomerClass::Residential, Source::Wind, 0),
        (657_000, 400_000)
    );
}

#[test]
fn without_a_schedule_a_store_still_earns_no_more_than_it_pays() {
    let flat = |retail, feed_in| PriceBook {
        flat: Prices {
            retail: price(retail),
            feed_in: price(feed_in),
        },
        schedule: None,
        calendar: None,
    };
    let steep = flat(400_000, 500_000);
    assert_eq!(
        at(&steep, CustomerClass::Residential, Source::Storage, 0),
        (400_000, 400_000)
    );
    assert_eq!(
        at(&steep, CustomerClass::Residential, Source::Wind, 0),
        (400_000, 500_000)
    );
    assert!(!steep.is_the_same_for_all() && flat(500_000, 400_000).is_the_same_for_all());
}

#[test]
fn the_highest_retail_price_is_over_all_classes_of_the_slot() {
    let highest = |offset| book(false).highest_retail(Slot::new(FIRST + offset).unwrap()).get();
    assert_eq!([highest(0), highest(24), highest(95)], [800_000, 900_000, 800_000]);
}

#[test]
fn feed_in_above_retail_needs_the_explicit_word() {
    let mut steep = schedule(false);
    assert_eq!(steep.validate(), Ok(()));
    steep.feed_in.push(rate(Source::Hydro, Some(Period::Valley), 300_000));
    assert_eq!(
        steep.validate(),
        Err(ScheduleError::FeedInAboveRetail),
        "equal is too much"
    );
    steep.allow_feed_in_above_retail = true;
    assert_eq!(steep.validate(), Ok(()));
}

#[test]
fn a_rate_stands_once() {
    let mut twice = schedule(false);
    twice.retail.push(rate(CustomerClass::Industrial, None, 1));
    assert_eq!(twice.validate(), Err(ScheduleError::Twice));
    let mut many = schedule(true);
    many.feed_in = vec![rate(Source::Wind, None, 1); RATES_LIMIT + 1];
    assert_eq!(many.validate(), Err(ScheduleError::Size));
}

#[test]
fn a_store_charged_from_the_grid_earns_at_most_its_cheapest_charge() {
    let mut book = book(true);
    // The second day's peak: the valley of 300 000 lies within the last 96 slots.
    assert_eq!(
        at(&book, CustomerClass::Residential, Source::Storage, 96 + 24).1,
        300_000
    );
    assert_eq!(
        at(&book, CustomerClass::Industrial, Source::Storage, 96 + 24).1,
        500_000,
        "its own class counts"
    );
    assert_eq!(
        at(&book, CustomerClass::Residential, Source::Wind, 96 + 24).1,
        280_000,
        "no store"
    );
    // Valley only on the first day: in the second day's last peak slot it is 96 slots ago or more.
    book.calendar.as_mut().unwrap().patterns.push(vec![
        Run {
            period: Period::Peak,
            slots: 96,
        };
        1
    ]);
    book.calendar.as_mut().unwrap().days[1].pattern = 1;
    assert_eq!(
        at(&book, CustomerClass::Residential, Source::Storage, 96 + 22).1,
        300_000
    );
    assert_eq!(
        at(&book, CustomerClass::Residential, Source::Storage, 96 + 23).1,
        500_000
    );
}

proptest! {
    #[test]
    fn storage_never_earns_by_turning_in_a_circle(
        prices in proptest::collection::vec(-1_000_000_000..1_000_000_000_i64, 12),
        offset in 0..192_u64,
    ) {
        let mut book = book(true);
        let schedule = book.schedule.as_mut().unwrap();
        let rates = prices.iter().zip(Period::ALL.into_iter().cycle());
        schedule.retail = rates.clone().take(5).map(|(p, period)| rate(CustomerClass::Residential, Some(period), *p)).collect();
        schedule.feed_in = rates.skip(5).take(5).map(|(p, period)| rate(Source::Storage, Some(period), *p)).collect();
        let feed_in = at(&book, CustomerClass::Residential, Source::Storage, offset).1;
        for earlier in offset.saturating_sub(95)..=offset {
            prop_assert!(feed_in <= at(&book, CustomerClass::Residential, Source::Storage, earlier).0);
        }
    }
}
