//! Settlement and holds at the prices of the schedule and calendar that a slot keeps.

use super::*;

/// Peak in the second half of the day of slot 0.
fn calendar() -> Calendar {
    let run = |period| Run { period, slots: 48 };
    Calendar {
        patterns: vec![vec![run(Period::Valley), run(Period::Peak)]],
        days: vec![Day {
            date: "2026-06-21".parse().unwrap(),
            first: slot(0),
            pattern: 0,
        }],
    }
}

fn rate<K>(of: K, period: Option<Period>, value: i64) -> Rate<K> {
    Rate {
        of,
        period,
        price: price(value),
    }
}

/// Industry pays 0.7 in the valley and `peak` in the peak; the sun earns 0.45 in the peak.
fn schedule(peak: i64) -> Content {
    Content::Schedule(Schedule {
        retail: vec![
            rate(CustomerClass::Industrial, Some(Period::Valley), 700_000),
            rate(CustomerClass::Industrial, Some(Period::Peak), peak),
            rate(CustomerClass::Residential, None, 990_000),
        ],
        feed_in: vec![rate(Source::Photovoltaic, Some(Period::Peak), 450_000)],
        otherwise: Prices {
            retail: price(600_000),
            feed_in: price(350_000),
        },
        allow_feed_in_above_retail: false,
    })
}

fn priced() -> World {
    let mut world = market();
    world.enact(slot(0), Content::Calendar(calendar()));
    world.enact(slot(0), schedule(900_000));
    world
}

#[test]
fn a_place_settles_at_its_class_s_and_its_type_s_price_of_the_period() {
    let mut world = priced();
    for (offset, retail, feed_in) in [(10, 700_000, 350_000), (60, 900_000, 450_000)] {
        world.planned(&paper::CASES[0], slot(offset));
        record(&mut world, offset, 220_000, 230_000, 1);
        world.submit(&operator(), &Settle { slot: slot(offset) });
        let (bought, sold) = (booked(&world, &buyer(), offset), booked(&world, &seller(), offset));
        assert_eq!(bought[&Purpose::GridSupply], -20_000 * retail, "slot {offset}");
        assert_eq!(sold[&Purpose::FeedIn], 30_000 * feed_in, "slot {offset}");
    }
}

#[test]
fn penalties_follow_r_and_f_of_the_counterparty_s_place() {
    let mut world = priced();
    let (p, tariff) = (paper::CASES[0].price, paper::TARIFF);
    world.planned(&paper::CASES[0], slot(60));
    record(&mut world, 60, 200_000, 150_000, 1);
    world.submit(&operator(), &Settle { slot: slot(60) });
    let beyond = 50_000 - 10_000;
    let penalty = i128::from(beyond * (900_000 - p - tariff));
    assert_eq!(booked(&world, &seller(), 60)[&Purpose::Penalty], -penalty);
    world.planned(&paper::CASES[0], slot(61));
    record(&mut world, 61, 150_000, 200_000, 1);
    world.submit(&operator(), &Settle { slot: slot(61) });
    let penalty = i128::from(beyond * (p - 450_000));
    assert_eq!(booked(&world, &buyer(), 61)[&Purpose::Penalty], -penalty);
}

#[test]
fn a_correction_keeps_the_prices_that_its_slot_was_opened_under() {
    let mut world = priced();
    world.planned(&paper::CASES[0], slot(60));
    record(&mut world, 60, 200_000, 200_000, 1);
    world.submit(&operator(), &Settle { slot: slot(60) });
    world.enact(slot(0), schedule(950_000));
    record(&mut world, 60, 210_000, 200_000, 2);
    world.submit(&operator(), &CorrectSlot { slot: slot(60) });
    assert_eq!(booked(&world, &buyer(), 60)[&Purpose::GridSupply], -10_000 * 900_000);
}

#[test]
fn a_slot_that_was_never_opened_keeps_what_was_in_force_when_it_was_settled() {
    let mut world = priced();
    record(&mut world, 61, 1_000, 0, 1);
    world.submit(&operator(), &Settle { slot: slot(61) });
    assert_eq!(booked(&world, &buyer(), 61)[&Purpose::GridSupply], -1_000 * 900_000);
    world.enact(slot(0), schedule(950_000));
    record(&mut world, 61, 2_000, 0, 2);
    world.submit(&operator(), &CorrectSlot { slot: slot(61) });
    assert_eq!(booked(&world, &buyer(), 61)[&Purpose::GridSupply], -2_000 * 900_000);
}

#[test]
fn rules_that_come_into_force_later_do_not_settle_a_slot_before_them() {
    let mut world = market();
    let mut later = world.query(&QueryMarket {}).parameters;
    later.prices.retail = price(800_000);
    world.enact(slot(50), Content::Parameters(later));
    for (offset, retail) in [(49, 657_000), (50, 800_000)] {
        record(&mut world, offset, 1_000, 0, 1);
        world.submit(&operator(), &Settle { slot: slot(offset) });
        assert_eq!(booked(&world, &buyer(), offset)[&Purpose::GridSupply], -1_000 * retail);
    }
}

#[test]
fn a_sale_holds_by_the_highest_r_of_its_slot_and_at_match_by_its_buyer_s() {
    let mut world = priced();
    let contract = world.planned(&paper::CASES[0], slot(60));
    let own = Account::Participant(participant(&seller()));
    let held = |world: &World| {
        let funds = world.query(&QueryAccount { account: own.clone() }).funds.unwrap();
        funds.held.get()
    };
    let case = &paper::CASES[0];
    let third = |rate: i64| i128::from(rate) * i128::from(paper::CONTRACT_WH) * 3 / 10;
    assert_eq!(
        held(&world),
        third(990_000 - case.offer_price),
        "a household may buy it"
    );
    let release = ReleaseHolds {
        auctions: vec![slot(60).into()],
        contracts: vec![contract],
        days: vec![],
    };
    world.submit(&seller(), &release);
    assert_eq!(
        held(&world),
        third(900_000 - case.price - paper::TARIFF),
        "industry bought it"
    );
}

#[test]
fn a_store_that_may_feed_in_above_retail_earns_its_cheapest_charge_at_most() {
    let mut world = market();
    let store = caller("MicrogridMSP", "battery", "participant");
    let registration = RegisterUser {
        source: Source::Storage,
        ..registration("pcc-2")
    };
    world.join_as(&store, &registration, "meter-3", slot(0));
    world.enact(slot(0), Content::Calendar(calendar()));
    let Content::Schedule(mut steep) = schedule(900_000) else {
        panic!("a schedule");
    };
    steep.feed_in.push(rate(Source::Storage, None, 1_000_000));
    let refused = Propose {
        proposal: id("steep"),
        from: slot(0),
        content: Content::Schedule(steep.clone()),
    };
    assert_eq!(world.refusal(&operator(), &refused), ErrorCode::ScheduleInvalid);
    steep.allow_feed_in_above_retail = true;
    world.enact(slot(0), Content::Schedule(steep));
    let readings = vec![reading("meter-3", slot(60), 0, 1_000, 1)];
    world.submit(&metering(), &RecordReadings { readings });
    world.submit(&operator(), &Settle { slot: slot(60) });
    assert_eq!(
        booked(&world, &store, 60)[&Purpose::FeedIn],
        1_000 * 600_000,
        "before the calendar R was 0.6"
    );
}
