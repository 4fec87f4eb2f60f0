//! The attributes that a Fabric CA writes into a certificate.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, de};

/// Why a certificate's attributes cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// The extension's value is not `{"attrs":{"name":"value",…}}`.
    #[error("the attribute extension 1.2.3.4.5.6.7.8.1 is not {{\"attrs\":{{\"name\":\"value\"}}}}: {0}")]
    Malformed(String),
}

/// Names and values in the order of the names. Source: fabric-ca `lib/attrmgr`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    values: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(deserialize_with = "each_name_once")]
    attrs: BTreeMap<String, String>,
}

/// Which of two values counts, readers of JSON do not agree upon; a certificate that leaves it open says nothing.
fn each_name_once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Values;

    impl<'de> de::Visitor<'de> for Values {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object of strings")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut values = BTreeMap::new();
            while let Some((name, value)) = entries.next_entry::<String, String>()? {
                if values.contains_key(&name) {
                    return Err(de::Error::custom(format_args!("{name:?} is given twice")));
                }
                values.insert(name, value);
            }
            Ok(values)
        }
    }

    deserializer.deserialize_map(Values)
}

impl Attributes {
    /// Reads the extension's value: raw JSON, with no DER around it.
    ///
    /// # Errors
    /// When the value is not a JSON object with one member `attrs`, whose members are all strings and have each a name
    /// of their own.
    pub fn from_json(json: &[u8]) -> Result<Self, AttributeError> {
        let wire: Wire = serde_json::from_slice(json).map_err(|error| AttributeError::Malformed(error.to_string()))?;
        Ok(Self { values: wire.attrs })
    }

    /// The value of one attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// All attributes, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many attributes there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether the certificate carries none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_fabric_ca_writes() {
        let json = br#"{"attrs":{"hf.EnrollmentID":"ann","der.role":"grid"}}"#;
        let attributes = Attributes::from_json(json).unwrap();
        assert_eq!(attributes.get("hf.EnrollmentID"), Some("ann"));
        assert_eq!(attributes.get("hf.Type"), None);
        assert_eq!(
            attributes.iter().collect::<Vec<_>>(),
            [("der.role", "grid"), ("hf.EnrollmentID", "ann")]
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"attrs":{"a":1}}"#,
            r#"{"attrs":{}} x"#,
            r#"{"attrs":null}"#,
            "\u{0}",
        ] {
            assert!(
                matches!(Attributes::from_json(bad.as_bytes()), Err(AttributeError::Malformed(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_name_given_twice_is_refused_and_named() {
        for bad in [
            r#"{"attrs":{"der.role":"user","der.role":"operator"}}"#,
            r#"{"attrs":{"der.role":"grid","hf.Type":"client","der.role":"grid"}}"#,
            r#"{"attrs":{"der.role":"user","\u0064er.role":"operator"}}"#,
        ] {
            let error = Attributes::from_json(bad.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("\"der.role\" is given twice"), "{bad}: {error}");
        }
        let twice = br#"{"attrs":{"a":"1"},"attrs":{"a":"2"}}"#;
        assert!(Attributes::from_json(twice).is_err());
    }
}
