//! Every refused path with its code. A refusal returns no decision, so nothing can be written; the state is compared all the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod orders;
mod slots;
mod wire;
#[path = "../world/mod.rs"]
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
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
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
fn attributes_come_from_the_certificate_alone() {
    let world = open();
    let close = codec::encode(&CloseGate { slot: slot(0).into() }).unwrap();
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
