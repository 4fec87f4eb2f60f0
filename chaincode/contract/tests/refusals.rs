//! Every refused path with its code. A refusal returns no decision, so nothing can be written; the state is compared all the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use std::collections::BTreeMap;

use der_api::reply::Stage;
use der_api::request::*;
use der_api::{ErrorCode, Function, Request, codec};
use der_contract::{Attributes, Caller};
use der_market::paper;
use world::*;

/// A market whose first slot is open.
fn open() -> World {
    let mut world = World::ready();
    world.submit(&operator(), &OpenSlot { slot: slot(0) });
    world
}

fn refused<R: Request>(world: &mut World, caller: &Caller, request: &R, code: ErrorCode) {
    let before = world.state.clone();
    let error = world.try_submit(caller, request).expect_err(R::FUNCTION.name());
    assert_eq!(error.code(), code, "{}", error.message());
    assert!(error.message().starts_with(&format!("{code}: ")) && error.status() >= 400);
    assert_eq!(world.state, before, "the state is unchanged");
}

fn refused_raw(world: &World, caller: &Caller, function: &str, args: &[&[u8]], code: ErrorCode) {
    let error = world.simulate(caller, function, args).expect_err(function);
    assert_eq!(error.code(), code, "{}", error.message());
}

#[test]
fn every_function_is_refused_before_bootstrap() {
    let world = World::default();
    for function in Function::all()
        .iter()
        .filter(|function| **function != Function::Bootstrap)
    {
        refused_raw(
            &world,
            &operator(),
            function.name(),
            &[b"{}"],
            ErrorCode::NotBootstrapped,
        );
    }
}

#[test]
fn bootstrap_is_once_and_by_the_grids_operator() {
    let mut world = World::default();
    refused(
        &mut world,
        &regulator(),
        &bootstrap(),
        ErrorCode::OrganisationNotAllowed,
    );
    refused(&mut world, &grid(), &bootstrap(), ErrorCode::RoleNotAllowed);
    let mut twins = bootstrap();
    twins.organisations.energy = twins.organisations.microgrid.clone();
    refused(&mut world, &operator(), &twins, ErrorCode::OrganisationsInvalid);
    let mut heavy = bootstrap();
    heavy.parameters.weights.price = 31;
    refused(&mut world, &operator(), &heavy, ErrorCode::ParametersInvalid);
    world.submit(&operator(), &bootstrap());
    refused(&mut world, &operator(), &bootstrap(), ErrorCode::AlreadyBootstrapped);
}

#[test]
fn a_user_publishes_only_once_it_is_authenticated() {
    let mut world = open();
    let bob = caller("EnergyMSP", "bob", "participant");
    let sale = offer(slot(0), "sale", 1_000, 500_000);
    refused(&mut world, &bob, &sale, ErrorCode::NotRegistered);
    world.submit(&bob, &registration("pcc-1"));
    refused(&mut world, &bob, &sale, ErrorCode::NotAuthenticated);
    world.submit(
        &grid(),
        &AcceptConnection {
            participant: participant(&bob),
        },
    );
    refused(&mut world, &bob, &sale, ErrorCode::NotAuthenticated);
    world.submit(
        &regulator(),
        &Authenticate {
            participant: participant(&bob),
        },
    );
    world.submit(&bob, &sale);
    world.submit(
        &regulator(),
        &Suspend {
            participant: participant(&bob),
        },
    );
    refused(
        &mut world,
        &bob,
        &offer(slot(0), "other", 1_000, 500_000),
        ErrorCode::Suspended,
    );
    world.submit(
        &regulator(),
        &Reinstate {
            participant: participant(&bob),
        },
    );
    world.submit(&bob, &offer(slot(0), "other", 1_000, 500_000));
}

#[test]
fn an_order_after_gate_closure() {
    let mut world = open();
    let sale = offer(slot(0), "sale", 1_000, 500_000);
    refused(
        &mut world,
        &seller(),
        &offer(slot(1), "sale", 1_000, 500_000),
        ErrorCode::SlotNotOpened,
    );
    let first = world.submit(&seller(), &sale);
    world.submit(&operator(), &CloseGate { slot: slot(0) });
    refused(
        &mut world,
        &seller(),
        &offer(slot(0), "late", 1_000, 500_000),
        ErrorCode::GateClosed,
    );
    refused(
        &mut world,
        &buyer(),
        &bid(slot(0), "late", 1_000, 500_000),
        ErrorCode::GateClosed,
    );
    let withdrawal = Withdraw {
        participant: participant(&seller()),
        order: sale.order.clone(),
    };
    refused(&mut world, &seller(), &withdrawal, ErrorCode::GateClosed);
    assert_eq!(
        world.submit(&seller(), &sale),
        first,
        "asking again for what was accepted is answered as before"
    );
}

#[test]
fn withdrawing() {
    let mut world = open();
    let sale = offer(slot(0), "sale", 1_000, 500_000);
    world.submit(&seller(), &sale);
    let withdrawal = Withdraw {
        participant: participant(&seller()),
        order: sale.order.clone(),
    };
    refused(&mut world, &buyer(), &withdrawal, ErrorCode::NotOwner);
    let unknown = Withdraw {
        participant: participant(&seller()),
        order: id("nothing"),
    };
    refused(&mut world, &seller(), &unknown, ErrorCode::RecordNotFound);
    world.submit(&seller(), &withdrawal);
    refused(&mut world, &seller(), &withdrawal, ErrorCode::OrderNotOpen);
    let mut changed = sale;
    changed.energy_wh = energy(2_000);
    refused(&mut world, &seller(), &changed, ErrorCode::OrderIdReused);
    world.submit(&operator(), &CloseGate { slot: slot(0) });
    let sealed = world.submit(&operator(), &SealBook { slot: slot(0) });
    assert_eq!(sealed.seal.map(|seal| seal.orders), Some(0), "it left the book");
}

#[test]
fn quantities_that_are_none() {
    let world = open();
    let post = |energy: &str, code| {
        let json =
            format!(r#"{{"order":"o1","slot":{SLOT},"point":"pcc-1","energy_wh":{energy},"min_wh":0,"price":5}}"#);
        refused_raw(&world, &seller(), "DTSC:PostOffer", &[json.as_bytes()], code);
        let json = json.replace("pcc-1", "pcc-2");
        refused_raw(&world, &buyer(), "DTSC:PostBid", &[json.as_bytes()], code);
    };
    post("-1", ErrorCode::NegativeQuantity);
    post("0", ErrorCode::ZeroQuantity);
    post("1000000000001", ErrorCode::QuantityOutOfRange);
    post("340282366920938463463374607431768211456", ErrorCode::QuantityOutOfRange);
    post("1.5", ErrorCode::QuantityNotAnInteger);
    post("1e3", ErrorCode::QuantityNotAnInteger);
    post("NaN", ErrorCode::MalformedArgument);
    post("\"5\"", ErrorCode::MalformedArgument);
    let mut greedy = offer(slot(0), "sale", 10, 500_000);
    greedy.min_wh = energy(11);
    assert_eq!(world.refusal(&seller(), &greedy), ErrorCode::MinimumAboveQuantity);
}

#[test]
fn orders_beyond_capacity_elsewhere_or_on_both_sides() {
    let mut world = open();
    world.submit(&seller(), &offer(slot(0), "sale", 250_000, 500_000));
    refused(
        &mut world,
        &seller(),
        &offer(slot(0), "more", 1, 500_000),
        ErrorCode::CapacityExceeded,
    );
    let mut elsewhere = offer(slot(0), "else", 1, 500_000);
    elsewhere.point = id("pcc-2");
    refused(&mut world, &seller(), &elsewhere, ErrorCode::NotConnectedHere);
    let mut opposite = bid(slot(0), "own", 1, 600_000);
    opposite.point = id("pcc-1");
    refused(&mut world, &seller(), &opposite, ErrorCode::OppositeSide);
    for number in 0..100 {
        world.submit(&buyer(), &bid(slot(0), &format!("need{number}"), 1, 500_000));
    }
    refused(
        &mut world,
        &buyer(),
        &bid(slot(0), "need100", 1, 500_000),
        ErrorCode::TooManyOrders,
    );
}

#[test]
fn arguments_that_are_too_long_too_many_or_not_the_requests() {
    let world = open();
    let ten_megabytes = vec![b' '; 10 * 1024 * 1024];
    for function in Function::all() {
        refused_raw(
            &world,
            &seller(),
            function.name(),
            &[&ten_megabytes],
            ErrorCode::ArgumentTooLarge,
        );
        refused_raw(&world, &seller(), function.name(), &[], ErrorCode::WrongArgumentCount);
        refused_raw(
            &world,
            &seller(),
            function.name(),
            &[b"{}", b"{}"],
            ErrorCode::WrongArgumentCount,
        );
    }
    refused_raw(
        &world,
        &seller(),
        "DTSC:Postoffer",
        &[b"{}"],
        ErrorCode::UnknownFunction,
    );
    refused_raw(
        &world,
        &seller(),
        "DTSC:PostOffer",
        &[b"\xff\xfe"],
        ErrorCode::MalformedArgument,
    );
    for part in [r"a\u0000b", r"\u0000", "a:b", "a/b", "", "\u{10ffff}"] {
        let json = format!(r#"{{"order":"{part}","slot":{SLOT},"point":"pcc-1","energy_wh":1,"min_wh":0,"price":5}}"#);
        refused_raw(
            &world,
            &seller(),
            "DTSC:PostOffer",
            &[json.as_bytes()],
            ErrorCode::BadIdentifier,
        );
    }
}

#[test]
fn attributes_come_from_the_certificate_alone() {
    let world = open();
    let close = codec::encode(&CloseGate { slot: slot(0) }).unwrap();
    let claimed = format!(r#"{{"slot":{SLOT},"der.role":"operator"}}"#);
    refused_raw(
        &world,
        &seller(),
        "Market:CloseGate",
        &[claimed.as_bytes()],
        ErrorCode::OrganisationNotAllowed,
    );
    refused_raw(
        &world,
        &grid(),
        "Market:CloseGate",
        &[claimed.as_bytes()],
        ErrorCode::RoleNotAllowed,
    );
    refused_raw(
        &world,
        &operator(),
        "Market:CloseGate",
        &[claimed.as_bytes()],
        ErrorCode::MalformedArgument,
    );
    let with = |attributes| Caller {
        attributes,
        ..operator()
    };
    let named = |name: &str, value: &str| Attributes::Present(BTreeMap::from([(name.to_owned(), value.to_owned())]));
    let cases = [
        (with(Attributes::Absent), ErrorCode::MissingRole),
        (with(Attributes::Malformed), ErrorCode::MalformedAttributes),
        (with(named("role", "operator")), ErrorCode::MissingRole),
        (with(named("der.role", "")), ErrorCode::RoleNotAllowed),
        (with(named("der.role", "Operator")), ErrorCode::RoleNotAllowed),
        (with(named("der.role", "operators")), ErrorCode::RoleNotAllowed),
        (
            Caller {
                msp_id: "OtherMSP".into(),
                ..operator()
            },
            ErrorCode::OrganisationNotAllowed,
        ),
        (
            Caller {
                msp_id: "Grid\0MSP".into(),
                ..operator()
            },
            ErrorCode::CallerUnidentified,
        ),
        (
            Caller {
                enrollment_id: String::new(),
                ..operator()
            },
            ErrorCode::CallerUnidentified,
        ),
        (
            Caller {
                enrollment_id: "a\0b".into(),
                ..operator()
            },
            ErrorCode::CallerUnidentified,
        ),
    ];
    for (caller, code) in cases {
        refused_raw(&world, &caller, "Market:CloseGate", &[&close], code);
    }
    let both = with(named("der.role", "metering, operator"));
    assert!(world.simulate(&both, "Market:CloseGate", &[&close]).is_ok());
}

#[test]
fn each_function_is_refused_to_everybody_else() {
    let world = open();
    let roles = [
        "participant",
        "registrar",
        "grid",
        "retail",
        "regulator",
        "operator",
        "metering",
        "nobody",
    ];
    for function in Function::all().iter().filter(|function| !function.is_query()) {
        let allowed = |msp: &str, role: &str| {
            let outcome = world.simulate(&caller(msp, "somebody", role), function.name(), &[b"{"]);
            let code = outcome.expect_err(function.name()).code();
            let refusals = [ErrorCode::RoleNotAllowed, ErrorCode::OrganisationNotAllowed];
            let beyond = [ErrorCode::MalformedArgument, ErrorCode::AlreadyBootstrapped];
            assert!(refusals.contains(&code) || beyond.contains(&code), "{code}");
            beyond.contains(&code)
        };
        let organisations = ["GridMSP", "RegulatorMSP", "EnergyMSP", "MicrogridMSP", "OtherMSP"];
        let callers: Vec<String> = organisations
            .iter()
            .flat_map(|msp| {
                roles
                    .iter()
                    .filter(|role| allowed(msp, role))
                    .map(move |role| format!("{msp}/{role}"))
            })
            .collect();
        insta::with_settings!({snapshot_suffix => function.name().replace(':', "-")}, {
            insta::assert_snapshot!("callers", callers.join("\n"));
        });
    }
}

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
            slot,
            contract: contract.clone(),
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
    refused(&mut world, &operator(), &CloseGate { slot }, ErrorCode::SlotNotOpened);
    world.submit(&operator(), &OpenSlot { slot });
    refused(&mut world, &operator(), &OpenSlot { slot }, ErrorCode::WrongStage);
    refused(&mut world, &operator(), &SealBook { slot }, ErrorCode::WrongStage);
    refused(&mut world, &operator(), &Clear { slot }, ErrorCode::WrongStage);
    world.submit(&operator(), &CloseGate { slot });
    refused(&mut world, &operator(), &CloseGate { slot }, ErrorCode::WrongStage);
    refused(&mut world, &operator(), &Clear { slot }, ErrorCode::WrongStage);
    world.submit(&operator(), &SealBook { slot });
    refused(&mut world, &operator(), &Plan { slot }, ErrorCode::WrongStage);
    world.submit(&operator(), &Clear { slot });
    refused(&mut world, &operator(), &Clear { slot }, ErrorCode::WrongStage);
    refused(&mut world, &operator(), &Settle { slot }, ErrorCode::WrongStage);
    world.submit(&operator(), &Plan { slot });
    refused(&mut world, &operator(), &Plan { slot }, ErrorCode::WrongStage);
    assert_eq!(world.query(&QuerySlot { slot }).stage, Stage::Planned);
}

#[test]
fn a_book_that_differs_from_its_seal_is_not_matched() {
    let mut world = open();
    world.submit(&seller(), &offer(slot(0), "sale", 1_000, 500_000));
    world.submit(&operator(), &CloseGate { slot: slot(0) });
    world.submit(&operator(), &SealBook { slot: slot(0) });
    let row = world
        .state
        .0
        .keys()
        .find(|key| key.starts_with("\0book\0"))
        .unwrap()
        .clone();
    world.state.0.remove(&row);
    refused(&mut world, &operator(), &Clear { slot: slot(0) }, ErrorCode::SealBroken);
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
            &CloseGate { slot: slot(0) },
            ErrorCode::CorruptState,
        );
    }
}
