//! What settlement says of stores and of sellers reaches the order of feed-in: Q by lots, S by the daily roll.

use der_market::billing::Billing;
use der_market::participant::DeviceKind;
use der_market::units::{Energy, Ppm};

use super::*;

/// All that one user may sell, and all that its point has room for.
const ALL: u64 = paper::CAPACITY_W / 4;

fn joined(world: &mut World, name: &str, source: Source, point: &str, meter: &str) -> Caller {
    let user = caller("MicrogridMSP", name, "participant");
    let registration = RegisterUser {
        source,
        ..registration(point)
    };
    world.join_as(&user, &registration, meter, slot(0));
    user
}

fn sale(offset: u64, point: &str) -> PostOffer {
    PostOffer {
        point: id(point),
        ..offer(slot(offset), "rest", ALL, 530_000)
    }
}

/// What each of two sellers at one point may feed in, where there is room for one.
fn fed_in(world: &mut World, offset: u64, sellers: [&Caller; 2], point: &str) -> [u64; 2] {
    world.submit(
        &operator(),
        &OpenSlot {
            slot: slot(offset).into(),
        },
    );
    for seller in sellers {
        world.submit(seller, &sale(offset, point));
    }
    world.close_and_clear(slot(offset));
    let plan = world.submit(&operator(), &Plan { slot: slot(offset) });
    sellers.map(|seller| {
        let line = plan.lines.iter().find(|line| line.participant == participant(seller));
        line.unwrap().grid_wh.get()
    })
}

/// The sun charges a store with 200 kWh, by contract.
fn charged(world: &mut World, store: &Caller) {
    let case = &paper::CASES[0];
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    world.submit(&seller(), &offer(slot(0), "sale", paper::CONTRACT_WH, case.offer_price));
    world.submit(store, &bid(slot(0), "charge", paper::CONTRACT_WH, case.bid_price));
    let contract = world.close_and_clear(slot(0)).contracts.remove(0);
    for user in [&seller(), store] {
        let confirmation = world.confirmation(user, slot(0), &contract);
        world.submit(user, &confirmation);
    }
    world.submit(&operator(), &Plan { slot: slot(0) });
    let readings = vec![
        reading("meter-1", slot(0), 0, paper::CONTRACT_WH, 1),
        reading("meter-3", slot(0), paper::CONTRACT_WH, 0, 1),
    ];
    world.submit(&metering(), &RecordReadings { readings });
    world.submit(&operator(), &Settle { slot: slot(0) });
}

fn lots(world: &World) -> Option<String> {
    let row = world.state.0.get("\0store\0MicrogridMSP\0battery\0")?;
    Some(String::from_utf8(row.clone()).unwrap())
}

#[test]
fn a_store_feeds_in_as_clean_as_what_charged_it() {
    let mut world = market();
    let store = joined(&mut world, "battery", Source::Storage, "pcc-2", "meter-3");
    let river = joined(&mut world, "river", Source::Hydro, "pcc-2", "meter-4");
    let battery = RegisterDevice {
        device: id("cell"),
        kind: DeviceKind::Storage,
        capacity_w: registration("pcc-2").capacity_w,
        plant: None,
        efficiency: Some(Ppm::new(900_000).unwrap()),
    };
    world.submit(&store, &battery);
    assert_eq!(
        fed_in(&mut world, 2, [&store, &river], "pcc-2"),
        [0, ALL],
        "empty: energy of the grid"
    );
    charged(&mut world, &store);
    assert_eq!(
        fed_in(&mut world, 3, [&store, &river], "pcc-2"),
        [ALL, 0],
        "charged by the sun, not folded yet"
    );
    let fold = FoldAccounts {
        day: Billing::default().day_of(slot(0)),
        accounts: vec![Account::Participant(participant(&store))],
    };
    world.submit(&operator(), &fold);
    let kept = Energy::new(paper::CONTRACT_WH)
        .unwrap()
        .share(Ppm::new(900_000).unwrap());
    let lot = format!(r#"[{{"source":"photovoltaic","energy_wh":{kept}}}]"#);
    assert!(lots(&world).unwrap().contains(&lot), "{:?}", lots(&world));
    assert!(
        !world.state.0.keys().any(|key| key.starts_with("\0store-flow\0")),
        "folded once"
    );
    assert_eq!(fed_in(&mut world, 4, [&store, &river], "pcc-2"), [ALL, 0]);
}

#[test]
fn a_correction_leaves_the_lots_of_the_right_reading() {
    let mut world = market();
    let store = joined(&mut world, "battery", Source::Storage, "pcc-2", "meter-3");
    let account = Account::Participant(participant(&store));
    let fold = |world: &mut World| {
        let day = Billing::default().day_of(slot(0));
        let accounts = vec![account.clone()];
        world.submit(&operator(), &FoldAccounts { day, accounts });
    };
    let mut told = Vec::new();
    for readings in [[(50_000, 0), (80_000, 10_000)], [(80_000, 10_000), (80_000, 10_000)]] {
        let mut world = world.clone();
        for (sequence, (consumed, injected)) in (1..).zip(readings) {
            let readings = vec![reading("meter-3", slot(0), consumed, injected, sequence)];
            world.submit(&metering(), &RecordReadings { readings });
            match sequence {
                1 => _ = world.submit(&operator(), &Settle { slot: slot(0) }),
                _ => _ = world.submit(&operator(), &CorrectSlot { slot: slot(0) }),
            }
        }
        fold(&mut world);
        told.push(lots(&world).unwrap());
    }
    assert_eq!(told[0], told[1]);
}

#[test]
fn of_two_alike_the_one_that_broke_its_contracts_feeds_in_last() {
    for breaks in [true, false] {
        let mut world = market();
        let other = joined(&mut world, "solar2", Source::Photovoltaic, "pcc-1", "meter-3");
        let breaker = if breaks { seller() } else { other.clone() };
        let meter = if breaks { "meter-1" } else { "meter-3" };
        let case = &paper::CASES[0];
        world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
        world.submit(&breaker, &offer(slot(0), "sale", paper::CONTRACT_WH, case.offer_price));
        world.submit(&buyer(), &bid(slot(0), "need", paper::CONTRACT_WH, case.bid_price));
        let contract = world.close_and_clear(slot(0)).contracts.remove(0);
        for user in [breaker.clone(), buyer()] {
            let confirmation = world.confirmation(&user, slot(0), &contract);
            world.submit(&user, &confirmation);
        }
        world.submit(&operator(), &Plan { slot: slot(0) });
        let readings = vec![
            reading(meter, slot(0), 0, 100_000, 1),
            reading("meter-2", slot(0), paper::CONTRACT_WH, 0, 1),
        ];
        world.submit(&metering(), &RecordReadings { readings });
        world.submit(&operator(), &Settle { slot: slot(0) });
        record(&mut world, 96, 1_000, 0, 1);
        world.submit(&operator(), &Settle { slot: slot(96) });
        let roll = RollCredit {
            day: Billing::default().day_of(slot(0)),
            at: slot(96),
            participants: vec![participant(&seller()), participant(&other)],
        };
        world.submit(&operator(), &roll);
        let expected = if breaks { [0, ALL] } else { [ALL, 0] };
        assert_eq!(fed_in(&mut world, 100, [&seller(), &other], "pcc-1"), expected);
    }
}
