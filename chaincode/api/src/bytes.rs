//! Bytes in JSON: lower-case hex, bounded.

use std::fmt;

use serde::de;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The first words of an error about hex, by which a reader of the text knows it.
pub(crate) const HEX_START: &str = "bad hex: ";

/// A key or a signature: at most 256 bytes, lower-case hex in JSON.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HexBytes(Vec<u8>);

impl HexBytes {
    /// Longest content in bytes.
    pub const LONGEST: usize = 256;

    /// Wraps bytes; none when they are too many.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        let bytes = bytes.into();
        (bytes.len() <= Self::LONGEST).then_some(Self(bytes))
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = decode_lower(&String::deserialize(deserializer)?, Self::LONGEST).map_err(de::Error::custom)?;
        Ok(Self(bytes))
    }
}

/// A SHA-256 hash, hex in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// SHA-256 of the bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = decode_lower(&String::deserialize(deserializer)?, 32).map_err(de::Error::custom)?;
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| de::Error::custom("bad hex: a hash has 64 hex digits"))
    }
}

fn decode_lower(text: &str, longest: usize) -> Result<Vec<u8>, String> {
    if text.len() > longest.saturating_mul(2) {
        return Err(format!("{HEX_START}at most {longest} bytes are allowed"));
    }
    if !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(format!(
            "{HEX_START}only the digits 0-9 a-f are allowed, so that equal bytes have one text"
        ));
    }
    hex::decode(text).map_err(|e| format!("{HEX_START}{e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_has_one_spelling_and_a_bound() {
        assert_eq!(
            serde_json::from_str::<HexBytes>("\"00ff\"").unwrap().as_slice(),
            [0, 255]
        );
        for text in ["\"00FF\"", "\"0\"", "\"zz\"", &format!("\"{}\"", "00".repeat(257))] {
            assert!(
                serde_json::from_str::<HexBytes>(text)
                    .unwrap_err()
                    .to_string()
                    .starts_with(HEX_START),
                "{text}"
            );
        }
    }
}
