//! Devices, plants, meters and participants through their lives, at schema 3.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod chains;
mod leaving;
mod meters;
#[path = "../world/mod.rs"]
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
