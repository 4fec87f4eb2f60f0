//! Devices, plants, meters and participants through their lives, at schema 3.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::bytes::HexBytes;
use der_api::reply::GuardedKey;
use der_api::request::*;
use der_api::{ErrorCode, Function, codec};
use der_contract::Caller;
use der_market::participant::{DeviceKind, Source, StoreState};
use der_market::units::{Power, Ppm};
use world::*;

const KINDS: [DeviceKind; 8] = [
    DeviceKind::Photovoltaic,
    DeviceKind::Wind,
    DeviceKind::Hydro,
    DeviceKind::Thermal,
    DeviceKind::Cogeneration,
    DeviceKind::Storage,
    DeviceKind::EvCharger,
    DeviceKind::Load,
];

fn whole_market() -> World {
    let mut world = World::ready();
    world.submit(&operator(), &Migrate { to: 3 });
    world
}

fn device(name: &str, kind: DeviceKind) -> RegisterDevice {
    RegisterDevice {
        device: id(name),
        kind,
        capacity_w: Power::new(5_000).unwrap(),
        plant: None,
        efficiency: None,
    }
}

fn plant(world: &mut World, owner: &Caller, name: &str, point: &str) {
    let request = RegisterPlant {
        plant: id(name),
        capacity_w: Power::new(1_000).unwrap(),
        point: id(point),
        source: Source::Wind,
    };
    world.submit(owner, &request);
}

fn replacement(old: &str, new: &str, from: u64) -> ReplaceMeter {
    ReplaceMeter {
        meter: id(old),
        by: id(new),
        public_key: HexBytes::new(public_key(new)).unwrap(),
        from: slot(from),
    }
}

fn record(readings: Vec<der_api::metering::SignedReading>) -> RecordReadings {
    RecordReadings { readings }
}

#[test]
fn a_device_of_every_kind_lives_and_retires() {
    let mut world = whole_market();
    for kind in KINDS {
        let name = format!("{kind:?}");
        let born = world.submit(&buyer(), &device(&name, kind));
        assert_eq!(born.state.is_some(), kind.stores(), "{name}");
        let (device, capacity_w) = (id(&name), Power::new(6_000).unwrap());
        let changed = world.submit(
            &buyer(),
            &ChangeDevice {
                device,
                capacity_w,
                efficiency: None,
            },
        );
        assert_eq!((changed.capacity_w, changed.efficiency), (capacity_w, born.efficiency));
        if kind.stores() {
            let (device, state) = (id(&name), StoreState::Charging);
            assert_eq!(world.submit(&buyer(), &SetState { device, state }).state, Some(state));
        }
        assert!(world.submit(&buyer(), &RetireDevice { device: id(&name) }).retired);
        let (participant, device) = (participant(&buyer()), id(&name));
        assert!(
            world.query(&QueryDevice { participant, device }).retired,
            "the record is kept"
        );
    }
}

#[test]
fn a_device_is_guarded_by_its_owner_s_organisation_from_its_birth() {
    let mut world = whole_market();
    let born = world.decide(&buyer(), &device("battery", DeviceKind::Storage)).unwrap();
    let guard = born.guards().values().next().unwrap();
    assert_eq!(guard.guardians(), [id("MicrogridMSP")]);
    world.apply(&born);
    let (device, state) = (id("battery"), StoreState::Charging);
    let changed = world.decide(&buyer(), &SetState { device, state }).unwrap();
    assert!(changed.guards().is_empty(), "a change leaves the guard as it is");
}

#[test]
fn devices_are_refused() {
    let mut world = whole_market();
    plant(&mut world, &seller(), "w-1", "pcc-1");
    world.submit(&buyer(), &device("old", DeviceKind::Load));
    world.submit(&buyer(), &RetireDevice { device: id("old") });
    world.submit(&buyer(), &device("panel", DeviceKind::Photovoltaic));
    let efficiency = Some(Ppm::HALF);
    let refused: [(Caller, RegisterDevice, ErrorCode); 5] = [
        (buyer(), device("panel", DeviceKind::Wind), ErrorCode::RecordExists),
        (
            caller("MicrogridMSP", "nobody", "participant"),
            device("a", DeviceKind::Load),
            ErrorCode::NotRegistered,
        ),
        (
            buyer(),
            RegisterDevice {
                efficiency,
                ..device("a", DeviceKind::Load)
            },
            ErrorCode::NotAStore,
        ),
        (
            buyer(),
            RegisterDevice {
                plant: Some(id("w-1")),
                ..device("a", DeviceKind::Wind)
            },
            ErrorCode::PlantElsewhere,
        ),
        (
            operator(),
            device("a", DeviceKind::Load),
            ErrorCode::OrganisationNotAllowed,
        ),
    ];
    for (who, request, code) in refused {
        assert_eq!(world.refusal(&who, &request), code);
    }
    let capacity_w = Power::new(1).unwrap();
    let change = |name: &str, efficiency| ChangeDevice {
        device: id(name),
        capacity_w,
        efficiency,
    };
    assert_eq!(world.refusal(&buyer(), &change("old", None)), ErrorCode::DeviceRetired);
    assert_eq!(
        world.refusal(&buyer(), &change("panel", efficiency)),
        ErrorCode::NotAStore
    );
    assert_eq!(
        world.refusal(&seller(), &change("panel", None)),
        ErrorCode::RecordNotFound
    );
    let (device, state) = (id("panel"), StoreState::Charging);
    assert_eq!(
        world.refusal(&buyer(), &SetState { device, state }),
        ErrorCode::NotAStore
    );
    assert_eq!(
        world.refusal(&buyer(), &RetireDevice { device: id("none") }),
        ErrorCode::RecordNotFound
    );
}

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
    for request in [&change] {
        assert_eq!(world.refusal(&seller(), request), ErrorCode::PlantRetired);
    }
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

#[test]
fn who_moves_out_trades_no_more_and_its_contracts_run_out() {
    let mut world = whole_market();
    let contract = world.planned(&der_market::paper::CASES[0], slot(0));
    world.submit(&operator(), &OpenSlot { slot: slot(1).into() });
    world.submit(&seller(), &offer(slot(1), "sale", 1_000, 500_000));
    for order in ["one", "two", "three"] {
        world.submit(&buyer(), &bid(slot(1), order, 1_000, 600_000));
    }
    let orders = ["one", "two", "one"]
        .map(|order| id(&format!("{order}-{}", slot(1))))
        .to_vec();
    let view = world.submit(&buyer(), &MoveOut { orders });
    assert_eq!((view.moved_out, view.suspended), (Some(true), true));
    let more = bid(slot(1), "four", 1_000, 600_000);
    assert_eq!(world.refusal(&buyer(), &more), ErrorCode::MovedOut);
    let clearing = world.close_and_clear(slot(1));
    assert_eq!(clearing.orders, 2, "the named orders left the book");
    assert!(clearing.contracts.is_empty(), "the order that was left is not matched");
    let readings = record(vec![
        reading("meter-1", slot(0), 0, 200_000, 1),
        reading("meter-2", slot(0), 200_000, 0, 1),
    ]);
    world.submit(&metering(), &readings);
    let settled = world.submit(&operator(), &Settle { slot: slot(0) });
    assert_eq!(settled.trades[0].contract, contract);
    let participant = participant(&buyer());
    assert_eq!(
        world.refusal(
            &regulator(),
            &Reinstate {
                participant: participant.clone()
            }
        ),
        ErrorCode::MovedOut
    );
    assert_eq!(
        world.refusal(&buyer(), &MoveOut { orders: vec![] }),
        ErrorCode::MovedOut
    );
    assert_eq!(
        world.refusal(&buyer(), &device("late", DeviceKind::Load)),
        ErrorCode::MovedOut
    );
    assert!(
        world.query(&QueryParticipant { participant }).accredited,
        "records are kept"
    );
}

#[test]
fn moving_out_is_refused() {
    let mut world = whole_market();
    let carol = caller("MicrogridMSP", "carol", "participant");
    let none = MoveOut { orders: vec![] };
    assert_eq!(world.refusal(&carol, &none), ErrorCode::NotRegistered);
    world.submit(&carol, &registration("pcc-2"));
    assert_eq!(world.refusal(&carol, &none), ErrorCode::NotAuthenticated);
    let many = MoveOut {
        orders: (0..101).map(|n| id(&format!("o-{n}"))).collect(),
    };
    assert_eq!(world.refusal(&buyer(), &many), ErrorCode::TooManyItems);
    let unknown = MoveOut { orders: vec![id("x")] };
    assert_eq!(world.refusal(&buyer(), &unknown), ErrorCode::RecordNotFound);
}

#[test]
fn lives_wait_for_the_migration() {
    let world = World::ready();
    let three = Function::all()
        .iter()
        .filter(|function| function.schema() == 3 && !function.is_query());
    for function in three {
        let error = world.simulate(&buyer(), function.name(), &[b"{}"]).unwrap_err();
        let refused = [
            ErrorCode::SchemaTooOld,
            ErrorCode::OrganisationNotAllowed,
            ErrorCode::RoleNotAllowed,
        ];
        assert!(refused.contains(&error.code()), "{}: {error}", function.name());
    }
    let argument = codec::encode(&device("a", DeviceKind::Load)).unwrap();
    let error = world
        .simulate(&buyer(), "User:RegisterDevice", &[&argument])
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::SchemaTooOld);
}

#[test]
fn each_chain_is_read_by_page_and_by_key_with_its_guards() {
    use der_api::reply::{ChainPage, GuardState};
    let mut world = whole_market();
    plant(&mut world, &seller(), "w-1", "pcc-1");
    world.submit(&buyer(), &device("battery", DeviceKind::Storage));
    world.planned(&der_market::paper::CASES[0], slot(0));
    let mut rows = Vec::new();
    let mut read = |ask: &dyn Fn(&World, Option<GuardedKey>) -> ChainPage| {
        let mut after = None;
        loop {
            let page = ask(&world, after);
            assert!(page.rows.len() <= 3);
            rows.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    };
    read(&|world, after| world.query(&QueryUserChain { after, page: 3 }));
    read(&|world, after| world.query(&QueryGridChain { after, page: 3 }));
    read(&|world, after| world.query(&QueryEnergyChain { after, page: 3 }));
    let tables: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.key.table.as_str()).collect();
    for table in [
        "user",
        "device",
        "meter",
        "point",
        "connection",
        "distances",
        "plant",
        "plan",
    ] {
        assert!(tables.contains(table), "{table}");
    }
    for row in &rows {
        assert_eq!(row.guard, GuardState::AsModelled, "{:?}", row.key);
        assert_eq!(world.query(&QueryRecord { key: row.key.clone() }), *row);
    }
    let guarded = world.state.1.keys().next().unwrap().clone();
    world.state.1.clear();
    let unguarded = world.query(&QueryUserChain { after: None, page: 100 });
    assert!(
        unguarded.rows.iter().all(|row| row.guard == GuardState::Missing),
        "{guarded}"
    );
}

#[test]
fn questions_about_chains_are_refused() {
    let world = whole_market();
    let key = |table: &str, part: &str| GuardedKey {
        table: table.to_owned(),
        parts: vec![part.to_owned()],
    };
    for page in [0, 101] {
        let code = world.refusal(&operator(), &QueryUserChain { after: None, page });
        assert_eq!(code, ErrorCode::TooManyItems);
    }
    for (key, code) in [
        (key("order", "x"), ErrorCode::RecordNotFound),
        (key("nothing", "x"), ErrorCode::RecordNotFound),
        (key("point", "none"), ErrorCode::RecordNotFound),
        (key("point", "a b"), ErrorCode::BadIdentifier),
    ] {
        assert_eq!(world.refusal(&operator(), &QueryRecord { key: key.clone() }), code);
    }
    let history = QueryHistory {
        key: key("point", "pcc-1"),
        most: 1,
    };
    assert_eq!(
        world.refusal(&operator(), &history),
        ErrorCode::LedgerUnreadable,
        "this ledger keeps no history"
    );
}
