//! Confirmations, readings, stages and records.

use super::*;

#[test]
fn contracts_are_confirmed_once_by_their_parties_with_their_own_keys() {
    let mut world = open();
    let slot = slot(0);
    world.submit(&seller(), &offer(slot, "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot, "need", 200_000, 590_000));
    let contract = world.close_and_clear(slot).contracts.remove(0);
    let good = world.confirmation(&seller(), slot, &contract);
    let others = world.confirmation(&buyer(), slot, &contract);
    let stranger = caller("EnergyMSP", "mallory", "participant");
    refused(&mut world, &stranger, &good, ErrorCode::NotParty);
    let forged = Confirm {
        signature: others.signature.clone(),
        ..good.clone()
    };
    refused(&mut world, &seller(), &forged, ErrorCode::BadContractSignature);
    let renewed = Caller {
        public_key: public_key("renewed"),
        ..seller()
    };
    let with_new_key = world.confirmation(&renewed, slot, &contract);
    refused(&mut world, &renewed, &with_new_key, ErrorCode::KeyNotRegistered);
    let missing = Confirm {
        contract: id("nothing"),
        ..good.clone()
    };
    refused(&mut world, &seller(), &missing, ErrorCode::RecordNotFound);
    world.submit(&renewed, &AddKey {});
    refused(&mut world, &renewed, &AddKey {}, ErrorCode::KeyExists);
    world.submit(&renewed, &with_new_key);
    refused(&mut world, &seller(), &good, ErrorCode::AlreadyConfirmed);
    refused(
        &mut world,
        &seller(),
        &Refuse {
            slot: slot.into(),
            contract: contract.clone(),
            participant: None,
        },
        ErrorCode::AlreadyConfirmed,
    );
    world.submit(&operator(), &Plan { slot });
    refused(&mut world, &buyer(), &others, ErrorCode::ContractClosed);
}

#[test]
fn readings_that_a_meter_did_not_send_now() {
    let mut world = open();
    let slot = slot(1);
    let one = |signed| RecordReadings { readings: vec![signed] };
    let good = reading("meter-2", slot, 200_000, 0, 1);
    refused(
        &mut world,
        &metering(),
        &one(good.clone()),
        ErrorCode::ReadingOfWrongSlot,
    );
    world.planned(&paper::CASES[0], slot);
    let mut forged = good.clone();
    forged.reading.consumed_wh = energy(1);
    refused(&mut world, &metering(), &one(forged), ErrorCode::BadReadingSignature);
    refused(
        &mut world,
        &metering(),
        &one(reading("meter-9", slot, 1, 0, 1)),
        ErrorCode::UnknownMeter,
    );
    let mut foreign = good.clone();
    foreign.reading.market = id("other");
    refused(&mut world, &metering(), &one(foreign), ErrorCode::ReadingOfOtherMarket);
    let early = der_market::slot::Slot::new(SLOT - 1).unwrap();
    refused(
        &mut world,
        &metering(),
        &one(reading("meter-2", early, 1, 0, 1)),
        ErrorCode::MeterKeyNotValid,
    );
    refused(
        &mut world,
        &metering(),
        &RecordReadings { readings: vec![] },
        ErrorCode::EmptyBatch,
    );
    let twice = RecordReadings {
        readings: vec![good.clone(), reading("meter-2", slot, 1, 0, 2)],
    };
    refused(&mut world, &metering(), &twice, ErrorCode::ReplayedReading);
    let batch = RecordReadings {
        readings: vec![good.clone(), reading("meter-9", slot, 1, 0, 1)],
    };
    refused(&mut world, &metering(), &batch, ErrorCode::UnknownMeter);
    world.submit(&metering(), &one(good.clone()));
    refused(&mut world, &metering(), &one(good), ErrorCode::ReplayedReading);
    refused(
        &mut world,
        &metering(),
        &one(reading("meter-2", slot, 5, 0, 3)),
        ErrorCode::BadCorrection,
    );
    world.submit(&metering(), &one(reading("meter-2", slot, 180_000, 0, 2)));
}

#[test]
fn settling_once_with_all_readings() {
    let mut world = World::ready();
    let slot = slot(0);
    refused(&mut world, &operator(), &Settle { slot }, ErrorCode::SlotNotOpened);
    world.planned(&paper::CASES[0], slot);
    refused(&mut world, &operator(), &Settle { slot }, ErrorCode::ReadingMissing);
    let readings = vec![
        reading("meter-1", slot, 0, 200_000, 1),
        reading("meter-2", slot, 200_000, 0, 1),
    ];
    world.submit(&metering(), &RecordReadings { readings });
    world.submit(&operator(), &Settle { slot });
    refused(&mut world, &operator(), &Settle { slot }, ErrorCode::AlreadySettled);
    let late = RecordReadings {
        readings: vec![reading("meter-2", slot, 1, 0, 2)],
    };
    refused(&mut world, &metering(), &late, ErrorCode::AlreadySettled);
}

#[test]
fn stages_follow_each_other() {
    let mut world = World::ready();
    let slot = slot(0);
    refused(
        &mut world,
        &operator(),
        &CloseGate { slot: slot.into() },
        ErrorCode::SlotNotOpened,
    );
    world.submit(&operator(), &OpenSlot { slot: slot.into() });
    refused(
        &mut world,
        &operator(),
        &OpenSlot { slot: slot.into() },
        ErrorCode::WrongStage,
    );
    refused(
        &mut world,
        &operator(),
        &SealBook { slot: slot.into() },
        ErrorCode::WrongStage,
    );
    refused(
        &mut world,
        &operator(),
        &Clear { slot: slot.into() },
        ErrorCode::WrongStage,
    );
    world.submit(&operator(), &CloseGate { slot: slot.into() });
    refused(
        &mut world,
        &operator(),
        &CloseGate { slot: slot.into() },
        ErrorCode::WrongStage,
    );
    refused(
        &mut world,
        &operator(),
        &Clear { slot: slot.into() },
        ErrorCode::WrongStage,
    );
    world.submit(&operator(), &SealBook { slot: slot.into() });
    refused(&mut world, &operator(), &Plan { slot }, ErrorCode::WrongStage);
    world.submit(&operator(), &Clear { slot: slot.into() });
    refused(
        &mut world,
        &operator(),
        &Clear { slot: slot.into() },
        ErrorCode::WrongStage,
    );
    refused(&mut world, &operator(), &Settle { slot }, ErrorCode::WrongStage);
    world.submit(&operator(), &Plan { slot });
    refused(&mut world, &operator(), &Plan { slot }, ErrorCode::WrongStage);
    assert_eq!(world.query(&QuerySlot { slot: slot.into() }).stage, Stage::Planned);
}

#[test]
fn a_book_that_differs_from_its_seal_is_not_matched() {
    let mut world = open();
    world.submit(&seller(), &offer(slot(0), "sale", 1_000, 500_000));
    world.submit(&operator(), &CloseGate { slot: slot(0).into() });
    world.submit(&operator(), &SealBook { slot: slot(0).into() });
    let row = world
        .state
        .0
        .keys()
        .find(|key| key.starts_with("\0book\0"))
        .unwrap()
        .clone();
    world.state.0.remove(&row);
    refused(
        &mut world,
        &operator(),
        &Clear { slot: slot(0).into() },
        ErrorCode::SealBroken,
    );
}

#[test]
fn records_are_made_once_over_points_that_exist() {
    let mut world = World::ready();
    refused(&mut world, &seller(), &registration("pcc-1"), ErrorCode::RecordExists);
    let bob = caller("EnergyMSP", "bob", "participant");
    refused(&mut world, &bob, &registration("nowhere"), ErrorCode::UnknownPoint);
    let who = participant(&seller());
    refused(
        &mut world,
        &grid(),
        &AcceptConnection {
            participant: who.clone(),
        },
        ErrorCode::RecordExists,
    );
    refused(
        &mut world,
        &regulator(),
        &Authenticate {
            participant: who.clone(),
        },
        ErrorCode::RecordExists,
    );
    refused(
        &mut world,
        &regulator(),
        &Authenticate {
            participant: participant(&bob),
        },
        ErrorCode::NotRegistered,
    );
    let distances = PublishDistances {
        points: vec![id("pcc-1"), id("pcc-2")],
        rows: vec![],
    };
    refused(&mut world, &grid(), &distances, ErrorCode::DistancesInvalid);
    let keyless = Caller {
        public_key: vec![4; 64],
        ..bob
    };
    refused(&mut world, &keyless, &registration("pcc-1"), ErrorCode::BadPublicKey);
}

#[test]
fn a_damaged_row_is_told_and_not_trusted() {
    let mut world = open();
    let key = format!("\0gate\0{SLOT:010}\0");
    assert!(world.state.0.contains_key(&key));
    for damaged in [&b"{"[..], br#"{"v":2,"row":{}}"#, br#"{"v":1,"row":{}}"#] {
        world.state.0.insert(key.clone(), damaged.to_vec());
        refused(
            &mut world,
            &operator(),
            &CloseGate { slot: slot(0).into() },
            ErrorCode::CorruptState,
        );
    }
}
