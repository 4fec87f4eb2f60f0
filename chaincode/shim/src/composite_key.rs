//! Keys made of parts: `U+0000 type U+0000 part U+0000 …`, as in Fabric's Go shim.
//!
//! The leading U+0000 keeps them apart from simple keys, so that a range over simple keys never meets them.

use crate::ShimError;

/// Starts every composite key, and ends each of its parts.
pub const SEPARATOR: char = '\0';
/// Above every character a part may hold: ends the range of a partial key.
pub const LAST: char = '\u{10FFFF}';

/// Joins an object type and its attributes.
///
/// # Errors
/// If a part holds U+0000 or U+10FFFF.
pub fn build<A: AsRef<str>>(object_type: &str, attributes: &[A]) -> Result<String, ShimError> {
    let parts = attributes.iter().map(AsRef::as_ref);
    let length: usize = parts.clone().map(|part| part.len() + 1).sum();
    let mut key = String::with_capacity(object_type.len() + 2 + length);
    key.push(SEPARATOR);
    for part in std::iter::once(object_type).chain(parts) {
        check(part)?;
        key.push_str(part);
        key.push(SEPARATOR);
    }
    Ok(key)
}

/// Takes a composite key apart: its object type, and its attributes.
///
/// # Errors
/// If the text is not a composite key. (The Go shim panics there.)
pub fn split(key: &str) -> Result<(&str, Vec<&str>), ShimError> {
    let refuse = || ShimError::argument(format!("{key:?} is not a composite key"));
    let inner = key
        .strip_prefix(SEPARATOR)
        .and_then(|rest| rest.strip_suffix(SEPARATOR))
        .ok_or_else(refuse)?;
    let mut parts = inner.split(SEPARATOR);
    let object_type = parts.next().ok_or_else(refuse)?;
    Ok((object_type, parts.collect()))
}

/// The half-open range of keys that start with the given parts.
///
/// # Errors
/// As [`build`].
pub fn partial_range<A: AsRef<str>>(object_type: &str, attributes: &[A]) -> Result<(String, String), ShimError> {
    let start = build(object_type, attributes)?;
    let mut end = String::with_capacity(start.len() + LAST.len_utf8());
    end.push_str(&start);
    end.push(LAST);
    Ok((start, end))
}

/// The very next key in the order of bytes, which state databases and phantom checks share: a range from there leaves
/// out `key` and nothing else.
#[must_use]
pub fn successor(key: &str) -> String {
    format!("{key}\0")
}

fn check(part: &str) -> Result<(), ShimError> {
    match part
        .char_indices()
        .find(|(_, character)| matches!(*character, SEPARATOR | LAST))
    {
        None => Ok(()),
        Some((index, character)) => Err(ShimError::Argument(format!(
            "input contains unicode U+{:04X} starting at position [{index}]. U+0000 and U+10FFFF are not allowed in the \
             input attribute of a composite key",
            u32::from(character)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part() -> impl Strategy<Value = String> {
        any::<String>().prop_map(|text| text.replace([SEPARATOR, LAST], ""))
    }

    proptest! {
        #[test]
        fn splitting_undoes_building(object_type in part(), attributes in prop::collection::vec(part(), 0..6)) {
            let key = build(&object_type, &attributes).unwrap();
            let (found, parts) = split(&key).unwrap();
            prop_assert_eq!(found, object_type);
            prop_assert_eq!(parts, attributes);
        }

        #[test]
        fn a_partial_range_holds_exactly_its_keys(
            first in part(), other in part(), rest in prop::collection::vec(part(), 0..3),
        ) {
            let (start, end) = partial_range("type", &[&first]).unwrap();
            let within = |attributes: &[&str]| {
                let key = build("type", attributes).unwrap();
                start <= key && key < end
            };
            let mut attributes = vec![first.as_str()];
            attributes.extend(rest.iter().map(String::as_str));
            prop_assert!(within(&attributes));
            attributes[0] = other.as_str();
            prop_assert_eq!(within(&attributes), other == first);
        }

        #[test]
        fn nothing_lies_between_a_key_and_its_successor(key: String, other: String, tail: String) {
            let next = successor(&key);
            prop_assert!(key < next);
            for other in [other, format!("{key}{tail}")] {
                prop_assert!(other <= key || next <= other, "{other:?}");
            }
        }

        #[test]
        fn splitting_never_panics(key: String) {
            let _ = split(&key);
        }
    }

    #[test]
    fn bytes_are_those_of_fabric() {
        assert_eq!(build("offer", &["s1", "é"]).unwrap(), "\0offer\0s1\0é\0");
        assert_eq!(build::<&str>("offer", &[]).unwrap(), "\0offer\0");
    }

    #[test]
    fn separators_in_parts_are_refused_with_their_position() {
        let error = build("t", &["ab\0"]).unwrap_err().to_string();
        assert!(
            error.starts_with("input contains unicode U+0000 starting at position [2]."),
            "{error}"
        );
        assert!(build("t\u{10FFFF}", &["a"]).is_err());
    }
}
