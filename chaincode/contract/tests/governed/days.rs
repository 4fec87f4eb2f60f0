//! Days of 92 and 100 slots wherever a day or a month is meant.

use der_market::billing::{BillingDay, Month};

use super::*;

/// A calendar from slot 0 on, whose days have so many slots.
fn calendar(first: &str, counts: &[u8]) -> Calendar {
    let pattern = |slots| {
        vec![Run {
            period: Period::Flat,
            slots,
        }]
    };
    let (mut date, mut begin, mut days) = (first.parse::<Date>().unwrap(), 0, Vec::new());
    for count in counts {
        days.push(Day {
            date,
            first: slot(begin),
            pattern: (count - 92) / 4,
        });
        date = date.next();
        begin += u64::from(*count);
    }
    Calendar {
        patterns: [92, 96, 100].map(pattern).to_vec(),
        days,
    }
}

fn number(date: &str) -> BillingDay {
    BillingDay::new(date.parse::<Date>().unwrap().days()).unwrap()
}

/// A slot in which the buyer takes 1 kWh from the grid.
fn consumed(world: &mut World, offset: u64) {
    record(world, offset, 1_000, 0, 1);
    world.submit(&operator(), &Settle { slot: slot(offset) });
}

fn folded(world: &mut World, date: &str) -> i128 {
    let account = Account::Participant(participant(&buyer()));
    let before = world
        .query(&QueryAccount {
            account: account.clone(),
        })
        .unbilled
        .get();
    let fold = FoldAccounts {
        day: number(date),
        accounts: vec![account.clone()],
    };
    world.submit(&operator(), &fold);
    world.query(&QueryAccount { account }).unbilled.get() - before
}

#[test]
fn trap_daylight_saving_accounts_fold_days_of_92_and_100_slots() {
    let mut world = market();
    world.enact(slot(0), Content::Calendar(calendar("2026-06-29", &[92, 100, 96])));
    for offset in [0, 91, 92, 191, 192] {
        consumed(&mut world, offset);
    }
    let cost = -1_000 * 657_000;
    assert_eq!(folded(&mut world, "2026-06-29"), 2 * cost, "slots 0 and 91");
    assert_eq!(folded(&mut world, "2026-06-30"), 2 * cost, "slots 92 and 191");
    assert_eq!(folded(&mut world, "2026-07-01"), cost, "slot 192");
}

#[test]
fn a_month_ends_with_the_calendar_s_day() {
    let mut world = market();
    world.enact(slot(0), Content::Calendar(calendar("2026-06-30", &[100, 96])));
    consumed(&mut world, 99);
    let close = |at| CloseStatements {
        month: "2026-06".parse::<Month>().unwrap(),
        at: slot(at),
        accounts: vec![Account::Participant(participant(&buyer()))],
    };
    assert_eq!(
        world.refusal(&operator(), &close(99)),
        ErrorCode::NotThatFar,
        "96 slots after midnight it is June"
    );
    consumed(&mut world, 100);
    folded(&mut world, "2026-06-30");
    world.submit(&operator(), &close(100));
}

#[test]
fn credit_rolls_when_the_calendar_s_day_is_over() {
    let mut world = market();
    world.enact(slot(0), Content::Calendar(calendar("2026-06-29", &[100, 96])));
    consumed(&mut world, 98);
    consumed(&mut world, 100);
    let roll = |at| RollCredit {
        day: number("2026-06-29"),
        at: slot(at),
        participants: vec![participant(&buyer())],
    };
    assert_eq!(world.refusal(&operator(), &roll(98)), ErrorCode::DayNotOver);
    assert_eq!(world.submit(&operator(), &roll(100)).rolled, 1);
}

#[test]
fn trap_daylight_saving_a_plant_accrues_the_calendar_s_day() {
    let mut world = market();
    world.enact(slot(0), Content::Calendar(calendar("2026-06-29", &[92, 100])));
    let plant = RegisterPlant {
        plant: id("sun"),
        capacity_w: registration("pcc-1").capacity_w,
        point: id("pcc-1"),
        source: Source::Photovoltaic,
    };
    world.submit(&seller(), &plant);
    let meter = RegisterMeter {
        meter: id("sun-meter"),
        participant: participant(&seller()),
        public_key: der_api::bytes::HexBytes::new(public_key("sun-meter")).unwrap(),
        valid_from: slot(0),
        plant: Some(id("sun")),
    };
    world.submit(&metering(), &meter);
    for offset in [91, 92, 191] {
        let mut readings = vec![reading("sun-meter", slot(offset), 0, 1_000, 1)];
        readings.push(reading("meter-1", slot(offset), 0, 0, 1));
        world.submit(&metering(), &RecordReadings { readings });
        world.submit(&operator(), &Settle { slot: slot(offset) });
    }
    let mut accrued = |date: &str| {
        let request = AccrueCertificates {
            plant: id("sun"),
            date: date.parse().unwrap(),
        };
        world.submit(&operator(), &request).accrued_wh
    };
    assert_eq!(accrued("2026-06-29"), 1_000);
    assert_eq!(accrued("2026-06-30"), 3_000);
}

/// The code with which enacting an approved calendar is refused.
fn refused(world: &mut World, from: u64, calendar: Calendar) -> ErrorCode {
    let content = Content::Calendar(calendar);
    let digest = content.digest().unwrap();
    let proposal: der_market::id::ProposalId = id(&format!("days-{}", &digest.to_string()[..8]));
    let propose = Propose {
        proposal: proposal.clone(),
        from: slot(from),
        content,
    };
    world.submit(&operator(), &propose);
    for msp in ["EnergyMSP", "MicrogridMSP"] {
        let proposal = proposal.clone();
        world.submit(&caller(msp, "clock", "operator"), &Approve { proposal, digest });
    }
    world.refusal(&operator(), &Enact { proposal })
}

#[test]
fn a_calendar_that_tears_days_apart_is_not_enacted() {
    let mut world = market();
    let within = calendar("2026-06-21", &[96, 96]);
    assert_eq!(
        refused(&mut world, 1, within),
        ErrorCode::CalendarInvalid,
        "within a day"
    );
    let again = calendar("2026-06-20", &[96, 96]);
    assert_eq!(refused(&mut world, 0, again), ErrorCode::CalendarInvalid, "a day again");
    consumed(&mut world, 50);
    let late = calendar("2026-06-21", &[96]);
    assert_eq!(
        refused(&mut world, 0, late),
        ErrorCode::VersionTooLate,
        "slot 50 is settled"
    );
}

#[test]
fn without_a_calendar_the_offset_of_days_stays_as_it_was_founded() {
    let world = market();
    let mut rules = world.query(&QueryMarket {}).parameters;
    rules.billing = Some(der_market::billing::Billing {
        day_offset: 4,
        ..Default::default()
    });
    let propose = Propose {
        proposal: id("offset"),
        from: slot(0),
        content: Content::Parameters(rules),
    };
    assert_eq!(world.refusal(&operator(), &propose), ErrorCode::ParametersInvalid);
}
