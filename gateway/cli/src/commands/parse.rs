//! Command-line words into the market's types, with the market's own words about what is wrong.

use std::fs;
use std::path::Path;

use der_api::reply::Stage;
use der_market::slot::{Auction, BadAuction, Slot};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::failure::Failure;

/// Largest file read as an argument, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Reads a bounded number; what is no number is refused in the unit's own words.
pub(super) fn number<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| short(&error))
}

/// Reads a slot, or one of its intraday auctions as `slot.round`.
pub(super) fn auction(text: &str) -> Result<Auction, String> {
    if text.contains('.') {
        return text.parse().map_err(|error: BadAuction| error.to_string());
    }
    number::<Slot>(text).map(Auction::from)
}

/// Reads one of a fixed set of words.
pub(super) fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|error| short(&error))
}

/// The reader's place in a single word says nothing to anybody.
fn short(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// Reads a TOML or JSON file by its ending.
///
/// # Errors
/// When the file cannot be read, is too large, or does not hold what is expected.
pub(super) fn file<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = text(path)?;
    let parsed = if path.extension().is_some_and(|ending| ending == "toml") {
        toml::from_str(&text).map_err(|error| error.to_string())
    } else {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    };
    parsed.map_err(|why| Failure::usage(format!("{}: {why}", path.display())))
}

/// Reads a text file of a bounded size; `-` is stdin.
///
/// # Errors
/// When it cannot be read or is too large.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    use std::io::Read;
    let failed = |why: String| Failure::usage(format!("cannot read {}: {why}", path.display()));
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_FILE + 1).read_to_string(&mut text)
    } else {
        fs::File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text))
    };
    read.map_err(|error| failed(error.to_string()))?;
    if u64::try_from(text.len()).is_ok_and(|length| length > MAX_FILE) {
        return Err(failed(format!("it has more than {MAX_FILE} bytes")));
    }
    Ok(text)
}

/// A stage by its name on the wire.
pub(super) fn stage(text: &str) -> Result<Stage, String> {
    serde_json::from_value(text.into())
        .map_err(|_| "one of open, closed, revealed, sealed, matched, ended, planned, settled".to_owned())
}

#[cfg(test)]
mod tests {
    use der_market::participant::Source;
    use der_market::slot::Slot;
    use der_market::units::{Energy, Price};

    use super::{file, number, word};

    #[test]
    fn quantities_are_refused_in_the_units_own_words() {
        assert_eq!(number::<Energy>("200000").unwrap().get(), 200_000);
        assert_eq!(number::<Price>("-5").unwrap().get(), -5);
        for (text, says) in [
            ("-1", "negative quantity"),
            ("1.5", "not an integer"),
            ("2000000000000", "out of range"),
        ] {
            assert!(number::<Energy>(text).unwrap_err().starts_with(says), "{text}");
        }
        assert!(number::<Slot>("soon").is_err());
    }

    #[test]
    fn an_unknown_word_lists_the_known_ones() {
        assert_eq!(word::<Source>("photovoltaic").unwrap(), Source::Photovoltaic);
        assert!(word::<Source>("sun").unwrap_err().contains("photovoltaic"));
    }

    #[test]
    fn toml_and_json_are_told_apart_by_their_ending() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("a.toml", "a = 1"), ("a.json", "{\"a\":1}")] {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            let value: std::collections::BTreeMap<String, u8> = file(&path).unwrap();
            assert_eq!(value["a"], 1);
        }
        assert!(
            file::<u8>(&folder.path().join("none"))
                .unwrap_err()
                .to_string()
                .contains("none")
        );
    }
}
