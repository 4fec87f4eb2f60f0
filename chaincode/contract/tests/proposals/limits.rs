//! Counters and lists at their bounds, on ledgers that no test could fill by itself.

use serde_json::{Value, json};

use super::*;

/// Changes a row where it lies.
fn alter(world: &mut World, key: &str, change: impl FnOnce(&mut Value)) {
    let row = world.state.0.get_mut(key).unwrap();
    let mut value: Value = serde_json::from_slice(row).unwrap();
    change(&mut value["row"]);
    *row = serde_json::to_vec(&value).unwrap();
}

#[test]
fn a_subject_has_a_bounded_number_of_versions() {
    let mut world = whole_market();
    enact(&mut world, "rules-1", slot(0), &rules(|_| ()));
    let second = rules(|_| ());
    world.submit(&operator(), &proposal("rules-2", slot(0), second.clone()));
    for msp in ["EnergyMSP", "MicrogridMSP"] {
        world.submit(&clock(msp), &approval("rules-2", &second));
    }
    alter(&mut world, "\0versions\0parameters\0", |head| {
        let line = head["versions"][0].clone();
        head["versions"] = Value::Array(vec![line; 2_000]);
    });
    let full = world.state.clone();
    let request = Enact {
        proposal: id("rules-2"),
    };
    assert_eq!(world.refusal(&operator(), &request), ErrorCode::TooManyVersions);
    assert_eq!(world.state, full);
}

#[test]
fn a_version_number_never_wraps() {
    let mut world = World::ready();
    alter(&mut world, "\0distances-head\0", |head| {
        head["version"] = json!(u32::MAX)
    });
    let request = PublishDistances {
        points: vec![id("pcc-1")],
        rows: vec![vec![Distance::SAME_POINT]],
    };
    assert_eq!(world.refusal(&grid(), &request), ErrorCode::ArithmeticOverflow);
}
