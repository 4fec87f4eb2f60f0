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

/// What the seller's registered capacity gives in a slot.
const CAPACITY_WH: u64 = der_market::paper::CAPACITY_W / 4;
/// µyuan/kWh.
const PRICE_BOUND: i64 = 1_000_000_000;

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

/// An order and whether it is one: in the open slot, above zero, within the seller's capacity and the price's bound, and no
/// minimum above it. Each number lies inside and outside its bounds about as often.
fn order() -> impl Strategy<Value = (Vec<u8>, bool)> {
    let slot = prop_oneof![3 => Just(SLOT), 1 => any::<u64>()];
    let energy = prop_oneof![4 => 1..=CAPACITY_WH, 1 => Just(0), 1 => CAPACITY_WH + 1..=u64::MAX];
    let least = prop_oneof![3 => 0..=1_u64, 1 => any::<u64>()];
    let price = prop_oneof![4 => -PRICE_BOUND..=PRICE_BOUND, 1 => any::<i64>()];
    (slot, energy, least, price).prop_map(|(slot, energy, least, price)| {
        let text = format!(
            r#"{{"order":"o","slot":{slot},"point":"pcc-1","energy_wh":{energy},"min_wh":{least},"price":{price}}}"#,
        );
        let energy_fits = (1..=CAPACITY_WH).contains(&energy) && least <= energy;
        let good = slot == SLOT && energy_fits && (-PRICE_BOUND..=PRICE_BOUND).contains(&price);
        (text.into_bytes(), good)
    })
}

/// Every request as the wire's golden files hold it, with its function.
fn golden_requests() -> Vec<(Function, serde_json::Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../api/golden/request");
    let read = |function: &Function| {
        let text = std::fs::read(format!("{folder}/{function:?}.json")).unwrap();
        (*function, serde_json::from_slice(&text).unwrap())
    };
    Function::all().iter().map(read).collect()
}

fn world() -> World {
    let mut world = World::ready();
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
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
    fn a_good_request_with_one_strange_field(value in argument(), pick in any::<prop::sample::Index>()) {
        let world = world();
        let value = serde_json::from_slice::<serde_json::Value>(&value).unwrap_or_default();
        for (function, mut request) in golden_requests() {
            let fields = request.as_object_mut().unwrap();
            if let Some(name) = (!fields.is_empty()).then(|| pick.index(fields.len())).and_then(|at| fields.keys().nth(at).cloned()) {
                fields.insert(name, value.clone());
            }
            let argument = serde_json::to_vec(&request).unwrap();
            for caller in [operator(), grid(), metering(), regulator(), seller()] {
                let _outcome = world.simulate(&caller, function.name(), &[&argument]);
            }
        }
    }

    #[test]
    fn an_order_is_taken_whole_or_refused((argument, good) in order()) {
        let outcome = world().simulate(&seller(), "DTSC:PostOffer", &[&argument]);
        prop_assert_eq!(outcome.is_ok(), good, "{:?}", outcome.err());
        if let Ok(decision) = outcome {
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
