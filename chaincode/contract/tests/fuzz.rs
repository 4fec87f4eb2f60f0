//! No argument makes the contract panic, and none of a stranger's changes anything.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::Function;
use der_api::request::OpenSlot;
use proptest::prelude::*;
use world::*;

/// JSON-like bytes: pieces that parse are likelier to get far.
fn argument() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        Just(SLOT.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        "[a-zA-Z0-9:._-]{0,12}".prop_map(|text| format!("\"{text}\"")),
        Just("\"EnergyMSP:solar1\"".to_owned()),
        Just("\"pcc-1\"".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
    ];
    let names = [
        "slot",
        "order",
        "point",
        "energy_wh",
        "min_wh",
        "price",
        "participant",
        "contract",
        "signature",
        "readings",
        "meter",
        "account",
        "through",
        "capacity_w",
        "source",
        "class",
        "public_key",
        "valid_from",
        "points",
        "rows",
        "area",
        "level",
    ];
    let field = (prop::sample::select(names.to_vec()), value).prop_map(|(name, value)| format!("\"{name}\":{value}"));
    let object =
        proptest::collection::vec(field, 0..7).prop_map(|fields| format!("{{{}}}", fields.join(",")).into_bytes());
    prop_oneof![object, proptest::collection::vec(any::<u8>(), 0..200)]
}

/// The fields of one request, so that decoding succeeds and the functions themselves are reached.
fn order() -> impl Strategy<Value = Vec<u8>> {
    let numbers = (any::<u64>(), any::<u64>(), any::<i64>());
    (prop_oneof![Just(SLOT), any::<u64>()], numbers).prop_map(|(slot, (energy, least, price))| {
        format!(
            r#"{{"order":"o","slot":{slot},"point":"pcc-1","energy_wh":{},"min_wh":{},"price":{}}}"#,
            energy % 2_000_000_000_000,
            least % 1_000,
            price % 2_000_000_000,
        )
        .into_bytes()
    })
}

fn world() -> World {
    let mut world = World::ready();
    world.submit(&operator(), &OpenSlot { slot: slot(0) });
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_arguments_to_any_function(arguments in proptest::collection::vec(argument(), 1..40), name in ".*") {
        let world = world();
        for argument in &arguments {
            for function in Function::all().iter().map(|function| function.name()).chain([name.as_str()]) {
                for caller in [operator(), grid(), metering(), regulator(), seller()] {
                    let _outcome = world.simulate(&caller, function, &[argument]);
                }
            }
        }
    }

    #[test]
    fn any_order_is_taken_whole_or_refused_whole(argument in order()) {
        let world = world();
        if let Ok(decision) = world.simulate(&seller(), "DTSC:PostOffer", &[&argument]) {
            prop_assert_eq!(decision.puts().len(), 3);
            prop_assert!(decision.event().is_some());
        }
    }

    #[test]
    fn a_stranger_changes_nothing(argument in argument(), msp in "[A-Za-z]{1,9}", role in "[a-z]{0,9}") {
        prop_assume!(!["GridMSP", "RegulatorMSP", "EnergyMSP", "MicrogridMSP"].contains(&msp.as_str()));
        let world = world();
        for function in Function::all() {
            prop_assert!(world.simulate(&caller(&msp, "x", &role), function.name(), &[&argument]).is_err());
        }
    }
}
