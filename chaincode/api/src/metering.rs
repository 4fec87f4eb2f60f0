//! Readings as meters sign them.

use der_market::metering::Reading;
use serde::{Deserialize, Serialize};

use crate::bytes::HexBytes;
use crate::codec;
use crate::error_code::ApiError;

/// A reading with its meter's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedReading {
    /// What the meter says.
    pub reading: Reading,
    /// ECDSA P-256 over SHA-256 of [`canonical_bytes`], low-S DER.
    pub signature: HexBytes,
}

/// The bytes a meter signs: the line `der.reading.v1`, then compact JSON of the reading.
///
/// # Errors
/// None in practice; see [`codec::encode`].
pub fn canonical_bytes(reading: &Reading) -> Result<Vec<u8>, ApiError> {
    let mut bytes = b"der.reading.v1\n".to_vec();
    bytes.extend(codec::encode(reading)?);
    Ok(bytes)
}
