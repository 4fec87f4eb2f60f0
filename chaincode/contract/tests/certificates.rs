//! Certificates of origin on the ledger: what earns one, who holds it, what a correction does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::ErrorCode;
use der_api::bytes::HexBytes;
use der_api::metering::{SignedReading, canonical_bytes};
use der_api::reply::OriginView;
use der_api::request::*;
use der_market::billing::Billing;
use der_market::calendar::Date;
use der_market::metering::Quality;
use der_market::origin::OriginMonth;
use der_market::participant::Source;
use der_market::units::Power;
use world::*;

/// A market at schema 3 whose seller has a wind plant with a meter of its own, and a store.
fn with_plants() -> World {
    let mut world = whole_market();
    for (plant, source) in [("wind-1", Source::Wind), ("store-1", Source::Storage)] {
        let request = RegisterPlant {
            plant: id(plant),
            capacity_w: Power::new(1_000).unwrap(),
            point: id("pcc-1"),
            source,
        };
        world.submit(&seller(), &request);
    }
    world.submit(&metering(), &meter_of("wind-1", "wind-meter"));
    world
}

fn meter_of(plant: &str, meter: &str) -> RegisterMeter {
    RegisterMeter {
        meter: id(meter),
        participant: participant(&seller()),
        public_key: HexBytes::new(public_key(meter)).unwrap(),
        valid_from: slot(0),
        plant: Some(id(plant)),
    }
}

fn estimated(mut signed: SignedReading) -> SignedReading {
    signed.reading.quality = Quality::Estimated;
    let bytes = canonical_bytes(&signed.reading).unwrap();
    signed.signature = sign(&public_key(signed.reading.meter.as_str()), &bytes);
    signed
}

/// Plays a slot to its settlement with these readings.
fn settled(world: &mut World, offset: u64, mut readings: Vec<SignedReading>) {
    world.planned(&der_market::paper::CASES[0], slot(offset));
    readings.push(reading("meter-1", slot(offset), 0, 0, 1));
    readings.push(reading("meter-2", slot(offset), 200_000, 0, 1));
    world.submit(&metering(), &RecordReadings { readings });
    world.submit(&operator(), &Settle { slot: slot(offset) });
}

fn accrue(plant: &str) -> AccrueCertificates {
    AccrueCertificates {
        plant: id(plant),
        date: today(),
    }
}

/// The day of slot 0, where no calendar is governed.
fn today() -> Date {
    Date::of_days(Billing::default().day_of(slot(0)).get()).unwrap()
}

fn told(view: &OriginView) -> (u64, u64, u64) {
    (view.accrued_wh, view.issued, view.deficit_wh)
}

#[test]
fn settled_metered_energy_of_the_plant_s_own_meter_earns_certificates() {
    let mut world = with_plants();
    assert_eq!(world.refusal(&operator(), &accrue("wind-1")), ErrorCode::NothingSettled);
    settled(&mut world, 0, vec![reading("wind-meter", slot(0), 0, 1_700_000, 1)]);
    // Recorded, not settled: it does not count yet.
    world.planned(&der_market::paper::CASES[0], slot(1));
    let later = reading("wind-meter", slot(1), 0, 500_000, 1);
    world.submit(&metering(), &RecordReadings { readings: vec![later] });
    let first = world.submit(&operator(), &accrue("wind-1"));
    assert_eq!(told(&first), (1_700_000, 1, 0));
    assert_eq!(
        world.submit(&seller(), &accrue("wind-1")),
        first,
        "repeating it changes nothing"
    );
    let readings = vec![
        reading("meter-1", slot(1), 0, 0, 1),
        reading("meter-2", slot(1), 1, 0, 1),
    ];
    world.submit(&metering(), &RecordReadings { readings });
    world.submit(&operator(), &Settle { slot: slot(1) });
    let both = world.submit(&operator(), &accrue("wind-1"));
    assert_eq!(
        told(&both),
        (2_200_000, 2, 0),
        "the remainder of 700 kWh was carried over"
    );
    assert_eq!(world.query(&QueryOrigin { plant: id("wind-1") }), both);
    let (plant, month) = (id("wind-1"), OriginMonth::of(today()));
    assert_eq!(world.query(&QueryAccrual { plant, month }).total_wh, 2_200_000);
}

#[test]
fn storage_and_estimates_earn_nothing() {
    let mut world = with_plants();
    let estimate = estimated(reading("wind-meter", slot(0), 0, 5_000_000, 1));
    settled(&mut world, 0, vec![estimate]);
    assert_eq!(told(&world.submit(&operator(), &accrue("wind-1"))), (0, 0, 0));
    assert_eq!(
        world.refusal(&operator(), &accrue("store-1")),
        ErrorCode::NoCertificateForStorage
    );
}

#[test]
fn certificates_move_and_are_claimed_in_parts() {
    let mut world = with_plants();
    settled(&mut world, 0, vec![reading("wind-meter", slot(0), 0, 3_000_000, 1)]);
    world.submit(&operator(), &accrue("wind-1"));
    let transfer = |to: &der_contract::Caller, certificates| TransferCertificates {
        plant: id("wind-1"),
        to: participant(to),
        certificates,
    };
    let claim = |wh| ClaimCertificates {
        plant: id("wind-1"),
        energy_wh: energy(wh),
    };
    let stranger = caller("MicrogridMSP", "nobody", "participant");
    let refused = [
        (seller(), transfer(&buyer(), 4), ErrorCode::TooFewCertificates),
        (seller(), transfer(&buyer(), 0), ErrorCode::ZeroQuantity),
        (seller(), transfer(&seller(), 1), ErrorCode::TransferToOneself),
        (seller(), transfer(&stranger, 1), ErrorCode::NotRegistered),
        (buyer(), transfer(&seller(), 1), ErrorCode::TooFewCertificates),
        (operator(), transfer(&buyer(), 1), ErrorCode::OrganisationNotAllowed),
    ];
    for (who, request, code) in refused {
        assert_eq!(world.refusal(&who, &request), code);
    }
    assert_eq!(world.submit(&seller(), &transfer(&buyer(), 2)).certificates, 1);
    assert_eq!(world.submit(&buyer(), &claim(250_000)).claimed_wh, 250_000);
    assert_eq!(world.refusal(&buyer(), &claim(1_750_001)), ErrorCode::ClaimTooLarge);
    assert_eq!(world.refusal(&buyer(), &claim(0)), ErrorCode::ZeroQuantity);
    assert_eq!(
        world.refusal(&buyer(), &transfer(&seller(), 2)),
        ErrorCode::TooFewCertificates
    );
    let holding = QueryHolding {
        plant: id("wind-1"),
        holder: participant(&buyer()),
    };
    let view = world.query(&holding);
    assert_eq!((view.certificates, view.claimed_wh), (2, 250_000));
}

#[test]
fn a_replaced_meter_s_successor_goes_on_earning() {
    let mut world = with_plants();
    let replace = ReplaceMeter {
        meter: id("wind-meter"),
        by: id("wind-meter-2"),
        public_key: HexBytes::new(public_key("wind-meter-2")).unwrap(),
        from: slot(1),
    };
    world.submit(&metering(), &replace);
    settled(&mut world, 0, vec![reading("wind-meter", slot(0), 0, 600_000, 1)]);
    settled(&mut world, 1, vec![reading("wind-meter-2", slot(1), 0, 600_000, 1)]);
    assert_eq!(told(&world.submit(&operator(), &accrue("wind-1"))), (1_200_000, 1, 0));
}

#[test]
fn a_retired_plant_earns_up_to_its_last_slot() {
    let mut world = with_plants();
    for offset in 0..2 {
        settled(
            &mut world,
            offset,
            vec![reading("wind-meter", slot(offset), 0, 600_000, 1)],
        );
    }
    let (plant, last) = (id("wind-1"), slot(0));
    world.submit(&seller(), &RetirePlant { plant, last });
    assert_eq!(told(&world.submit(&operator(), &accrue("wind-1"))), (600_000, 0, 0));
}

#[test]
fn accruals_are_refused() {
    let world = with_plants();
    assert_eq!(world.refusal(&operator(), &accrue("none")), ErrorCode::RecordNotFound);
    let mut meterless = with_plants();
    let request = RegisterPlant {
        plant: id("wind-2"),
        capacity_w: Power::new(1_000).unwrap(),
        point: id("pcc-1"),
        source: Source::Wind,
    };
    meterless.submit(&seller(), &request);
    assert_eq!(
        meterless.refusal(&operator(), &accrue("wind-2")),
        ErrorCode::UnknownMeter
    );
    let holding = QueryHolding {
        plant: id("wind-1"),
        holder: participant(&buyer()),
    };
    assert_eq!(world.refusal(&operator(), &holding), ErrorCode::RecordNotFound);
}

#[test]
fn the_regulator_s_index_orders_feed_in() {
    let mut world = with_plants();
    let set = |index| SetIndex {
        plant: id("wind-1"),
        index,
    };
    assert_eq!(world.refusal(&regulator(), &set(0)), ErrorCode::ZeroQuantity);
    assert_eq!(world.refusal(&seller(), &set(3)), ErrorCode::OrganisationNotAllowed);
    let born = world.decide(&regulator(), &set(3)).unwrap();
    assert_eq!(born.guards().values().next().unwrap().guardians(), [id("RegulatorMSP")]);
    world.apply(&born);
    assert!(world.decide(&regulator(), &set(2)).unwrap().guards().is_empty());
    // Two equal sales at one point whose room is for one of them: the seller with an index of 3 comes last, whatever the tie rule says.
    let other = caller("EnergyMSP", "wind2", "participant");
    world.join(&other, "pcc-1", "meter-9");
    let room = der_market::paper::CAPACITY_W / 4;
    for offset in 0..4 {
        world.submit(
            &operator(),
            &OpenSlot {
                slot: slot(offset).into(),
            },
        );
        for who in [seller(), other.clone()] {
            world.submit(&who, &offer(slot(offset), "sale", room, 500_000));
        }
        world.close_and_clear(slot(offset));
        let plan = world.submit(&operator(), &Plan { slot: slot(offset) });
        let exported = |who: &der_contract::Caller| {
            let line = plan
                .lines
                .iter()
                .find(|line| line.participant == participant(who))
                .unwrap();
            line.grid_wh.get()
        };
        assert_eq!((exported(&other), exported(&seller())), (room, 0));
    }
}
