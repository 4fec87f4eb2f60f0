//! Plants and meters: changed, retired, replaced.

use super::*;

#[test]
fn a_plant_changes_and_retires_by_its_owner() {
    let mut world = whole_market();
    plant(&mut world, &seller(), "w-1", "pcc-1");
    let change = ChangePlant {
        plant: id("w-1"),
        capacity_w: Power::new(2_000).unwrap(),
    };
    assert_eq!(world.refusal(&buyer(), &change), ErrorCode::NotOwner);
    assert_eq!(world.submit(&seller(), &change).capacity_w.get(), 2_000);
    let retire = RetirePlant {
        plant: id("w-1"),
        last: slot(5),
    };
    assert_eq!(world.submit(&seller(), &retire).last, Some(slot(5)));
    assert_eq!(world.refusal(&seller(), &change), ErrorCode::PlantRetired);
    let nothing = ChangePlant {
        plant: id("none"),
        ..change
    };
    assert_eq!(world.refusal(&seller(), &nothing), ErrorCode::RecordNotFound);
    assert_eq!(world.query(&QueryPlant { plant: id("w-1") }).last, Some(slot(5)));
}

#[test]
fn a_meter_of_a_plant_measures_its_owner_at_its_point() {
    let mut world = whole_market();
    plant(&mut world, &seller(), "w-1", "pcc-1");
    plant(&mut world, &seller(), "w-2", "pcc-2");
    let meter = |plant: &str, of: &Caller| RegisterMeter {
        meter: id("m-9"),
        participant: participant(of),
        public_key: HexBytes::new(public_key("m-9")).unwrap(),
        valid_from: slot(0),
        plant: Some(id(plant)),
    };
    assert_eq!(
        world.refusal(&metering(), &meter("w-1", &buyer())),
        ErrorCode::PlantElsewhere
    );
    assert_eq!(
        world.refusal(&metering(), &meter("w-2", &seller())),
        ErrorCode::PlantElsewhere,
        "the plant is at another point"
    );
    let row = world.submit(&metering(), &meter("w-1", &seller()));
    assert_eq!(row.plant, Some(id("w-1")));
    assert_eq!(
        World::ready().refusal(&metering(), &meter("w-1", &seller())),
        ErrorCode::SchemaTooOld
    );
}

#[test]
fn a_replaced_meter_leaves_no_gap_and_no_overlap() {
    let mut world = whole_market();
    for offset in 0..4 {
        world.planned(&der_market::paper::CASES[0], slot(offset));
    }
    let begun = world.submit(&metering(), &replacement("meter-2", "meter-3", 2));
    let ended = world.query(&QueryMeter { meter: id("meter-2") });
    let replaced = ended.replaced.unwrap();
    assert_eq!(replaced.last.get() + 1, begun.keys[0].valid_from.get());
    assert_eq!((replaced.by, begun.follows), (id("meter-3"), Some(id("meter-2"))));
    for offset in 0..4 {
        let of = |meter: &str| record(vec![reading(meter, slot(offset), 1, 0, 1)]);
        let (old, new) = (
            world.decide(&metering(), &of("meter-2")),
            world.decide(&metering(), &of("meter-3")),
        );
        assert_ne!(old.is_ok(), new.is_ok(), "exactly one of the two reports slot {offset}");
        let late = offset >= 2;
        assert_eq!(new.is_ok(), late);
        let code = old.err().or(new.err()).unwrap().code();
        let expected = if late {
            ErrorCode::MeterReplaced
        } else {
            ErrorCode::MeterKeyNotValid
        };
        assert_eq!(code, expected);
    }
}

#[test]
fn replacements_are_refused() {
    let mut world = whole_market();
    let table = [
        (replacement("meter-2", "meter-1", 2), ErrorCode::RecordExists),
        (replacement("meter-2", "meter-2", 2), ErrorCode::RecordExists),
        (replacement("none", "meter-3", 2), ErrorCode::RecordNotFound),
        (replacement("meter-2", "meter-3", 0), ErrorCode::BadReplacement),
    ];
    for (request, code) in &table {
        assert_eq!(world.refusal(&metering(), request), *code);
    }
    let mut same_key = replacement("meter-2", "meter-3", 2);
    same_key.public_key = HexBytes::new(public_key("meter-2")).unwrap();
    assert_eq!(world.refusal(&metering(), &same_key), ErrorCode::BadReplacement);
    let mut no_key = same_key;
    no_key.public_key = HexBytes::new(vec![4; 64]).unwrap();
    assert_eq!(world.refusal(&metering(), &no_key), ErrorCode::BadPublicKey);
    world.submit(&metering(), &replacement("meter-2", "meter-3", 2));
    assert_eq!(
        world.refusal(&metering(), &replacement("meter-2", "meter-4", 3)),
        ErrorCode::MeterReplaced
    );
    let next_key = RegisterMeter {
        meter: id("meter-2"),
        participant: participant(&buyer()),
        public_key: HexBytes::new(public_key("next")).unwrap(),
        valid_from: slot(9),
        plant: None,
    };
    assert_eq!(world.refusal(&metering(), &next_key), ErrorCode::MeterReplaced);
}
