//! Bad input over the wire: every function, by a caller who may call it, with every fault that bytes can have.

use std::collections::BTreeMap;

use der_api::organisations::Part;
use der_api::{ErrorCode, Function, SCHEMA};
use der_contract::Caller;
use der_contract::functions::table;
use serde_json::{Value, json};

use super::world::*;

/// A caller who may call the function.
fn who_may(function: Function) -> Caller {
    let row = table(SCHEMA)
        .into_iter()
        .find(|row| row.function == function.name())
        .unwrap();
    let msp = match row.parts.first().unwrap() {
        Part::Grid => "GridMSP",
        Part::Regulator => "RegulatorMSP",
        Part::Energy => "EnergyMSP",
        Part::Microgrid => "MicrogridMSP",
    };
    caller(msp, "walker", row.roles.first().unwrap().name())
}

/// The function's golden request.
fn golden(function: Function) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../api/golden/request");
    let text = std::fs::read_to_string(format!("{folder}/{function:?}.json")).unwrap();
    text.trim_end().to_owned()
}

/// Everything in a value that is not an object or a list, as a path of JSON pointers.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| leaves(value, &format!("{at}/{name}"), found)),
        Value::Array(items) => (0..)
            .zip(items)
            .for_each(|(n, value): (usize, _)| leaves(value, &format!("{at}/{n}"), found)),
        _ => found.push(at.to_owned()),
    }
}

/// The same request with one leaf otherwise; what could be meant stays out.
fn strange_leaves(request: &Value) -> Vec<(String, Vec<u8>)> {
    let mut paths = Vec::new();
    leaves(request, "", &mut paths);
    let mut faults = Vec::new();
    for path in paths {
        let strange = match request.pointer(&path).unwrap() {
            Value::Number(_) => vec![json!(0.5), json!(1e40), json!({}), json!("\u{0}")],
            Value::String(_) => vec![json!("\u{0}"), json!("a b"), json!({"x": 1}), json!([[[]]])],
            _ => vec![json!({"x": 1}), json!("\u{0}"), json!(7)],
        };
        for value in strange {
            let mut altered = request.clone();
            *altered.pointer_mut(&path).unwrap() = value.clone();
            faults.push((format!("{path} = {value}"), serde_json::to_vec(&altered).unwrap()));
        }
    }
    faults
}

/// Bytes that are no request of the function.
fn faults(function: Function) -> Vec<(String, Vec<u8>)> {
    let text = golden(function);
    let request: Value = serde_json::from_str(&text).unwrap();
    let mut unknown = request.clone();
    unknown["der.role"] = json!("operator");
    let mut faults = vec![
        ("no bytes".to_owned(), vec![]),
        ("no UTF-8".to_owned(), b"\xff\xfe".to_vec()),
        ("cut short".to_owned(), text.as_bytes()[..text.len() - 1].to_vec()),
        ("more behind it".to_owned(), format!("{text}{text}").into_bytes()),
        ("an unknown field".to_owned(), serde_json::to_vec(&unknown).unwrap()),
        ("too long".to_owned(), vec![b' '; function.argument_limit() + 1]),
    ];
    faults.extend(strange_leaves(&request));
    faults
}

/// Runs and applies; what is refused has a code and leaves the ledger as it was.
fn refused_by_the_wire(world: &World, function: Function, arguments: &[&[u8]], fault: &str) -> ErrorCode {
    let mut world = world.clone();
    let before = world.state.clone();
    let outcome = world.simulate(&who_may(function), function.name(), arguments);
    let error = match outcome {
        Ok(decision) => {
            world.apply(&decision);
            panic!("{} takes {fault}", function.name());
        }
        Err(error) => error,
    };
    assert_eq!(world.state, before);
    // A name that nothing bears is no record (409); everything else is no request (400).
    let expected = if error.code() == ErrorCode::RecordNotFound {
        409
    } else {
        400
    };
    let found = format!("{} with {fault}: {}", function.name(), error.message());
    assert_eq!(error.status(), expected, "{found}");
    assert!(error.message().starts_with(&format!("{}: ", error.code())));
    error.code()
}

#[test]
fn bytes_that_are_no_request_are_refused_by_every_function() {
    let market = whole_market();
    let mut codes: BTreeMap<ErrorCode, usize> = BTreeMap::new();
    for function in Function::all() {
        let world = match function {
            Function::Bootstrap => &World::default(),
            _ => &market,
        };
        for (fault, bytes) in faults(*function) {
            let code = refused_by_the_wire(world, *function, &[&bytes], &fault);
            *codes.entry(code).or_default() += 1;
        }
        let text = golden(*function);
        for arguments in [&[][..], &[text.as_bytes(), text.as_bytes()]] {
            let code = refused_by_the_wire(world, *function, arguments, "another number of arguments");
            assert_eq!(code, ErrorCode::WrongArgumentCount, "{}", function.name());
        }
    }
    println!("refused by code: {codes:?}");
    for code in [
        ErrorCode::ArgumentTooLarge,
        ErrorCode::MalformedArgument,
        ErrorCode::QuantityNotAnInteger,
        ErrorCode::BadIdentifier,
        ErrorCode::BadHex,
    ] {
        assert!(codes.contains_key(&code), "{code} is among the answers");
    }
}

#[test]
fn a_name_that_is_no_function_is_refused() {
    let world = World::ready();
    for name in [
        "",
        "Market:Bootstrap ",
        "market:openslot",
        "DTSC:PostOffer\u{0}",
        "Query:Everything",
    ] {
        let error = world.simulate(&operator(), name, &[b"{}"]).unwrap_err();
        assert_eq!(error.code(), ErrorCode::UnknownFunction, "{name:?}");
    }
}
