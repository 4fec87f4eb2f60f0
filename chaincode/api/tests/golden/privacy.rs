//! What cannot get onto the ledger: names, coordinates, free text; and what events do not carry: amounts.

use serde_json::Value;

use super::{bytes, names, requests};

const TEXTS: [&str; 5] = [
    "Jane Doe, 5 Long Street",
    "31.2304,121.4737",
    "N 31 13 49",
    "東京都",
    "a\nb",
];

fn golden(kind: &str, name: &str) -> Value {
    serde_json::from_slice(&bytes(kind, name)).unwrap()
}

/// The place of every text in a value, as a JSON pointer.
fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            let each = items.iter().enumerate();
            each.for_each(|(place, item)| texts(item, &format!("{at}/{place}"), found));
        }
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, field)| texts(field, &format!("{at}/{name}"), found)),
        _ => {}
    }
}

/// Every field's name, however deep.
fn fields(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| fields(item, found)),
        Value::Object(parts) => parts.iter().for_each(|(name, part)| {
            found.push(name.clone());
            fields(part, found);
        }),
        _ => {}
    }
}

/// A key that names a row is looked up in the schema's tables and written nowhere: the contract refuses one that is not there.
fn names_a_row(place: &str) -> bool {
    place.ends_with("/table") || place.rsplit_once('/').is_some_and(|(list, _)| list.ends_with("/parts"))
}

#[test]
fn no_request_takes_a_name_a_coordinate_or_free_text() {
    let (all, mut walked) = (requests(), 0);
    for (name, _, takes) in &all {
        let request = golden("request", name);
        assert!(takes(request.to_string().as_bytes()), "{name}");
        let mut places = Vec::new();
        texts(&request, "", &mut places);
        for place in places.iter().filter(|place| !names_a_row(place)) {
            for text in TEXTS {
                let mut altered = request.clone();
                *altered.pointer_mut(place).unwrap() = Value::String(text.to_owned());
                assert!(!takes(altered.to_string().as_bytes()), "{name}{place} takes {text:?}");
                walked += 1;
            }
        }
    }
    assert!(walked > TEXTS.len() * all.len(), "the walk saw {walked} texts");
}

#[test]
fn no_field_asks_for_a_person_or_a_place_on_earth() {
    let words = [
        "name",
        "address",
        "street",
        "city",
        "phone",
        "email",
        "latitude",
        "longitude",
        "lat",
        "lon",
        "birth",
        "comment",
        "note",
        "description",
        "text",
    ];
    for kind in ["request", "event"] {
        for name in names(kind) {
            let mut found = Vec::new();
            fields(&golden(kind, &name), &mut found);
            for field in found {
                let asks = field.split('_').any(|word| words.contains(&word));
                assert!(!asks, "{kind} {name} has {field}");
            }
        }
    }
}

#[test]
fn events_carry_ids_and_hashes_but_no_amounts() {
    let amounts = [
        "wh", "w", "price", "tariff", "cost", "amount", "balance", "capacity", "penalty", "revenue", "score", "energy",
        "power", "volume", "limit", "tier",
    ];
    for name in names("event") {
        let mut found = Vec::new();
        fields(&golden("event", &name), &mut found);
        for field in found {
            let carries = field.split('_').any(|word| amounts.contains(&word));
            assert!(!carries, "event {name} carries {field}");
        }
    }
}
