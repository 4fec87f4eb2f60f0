//! A meter that signs what it measured.

use der_api::bytes::HexBytes;
use der_api::metering::{SignedReading, canonical_bytes};
use der_market::id::{MarketId, MeterId};
use der_market::metering::{Quality, Reading};
use der_market::slot::Slot;
use der_market::units::Energy;
use fabric_msp::PrivateKey;

use crate::ClientError;

/// A meter's identity towards the market: its id and its P-256 key.
#[derive(Debug, Clone)]
pub struct Meter {
    market: MarketId,
    id: MeterId,
    key: PrivateKey,
}

impl Meter {
    /// A meter of one market. Readings name the market, so that they cannot be replayed in another.
    #[must_use]
    pub fn new(market: MarketId, id: MeterId, key: PrivateKey) -> Self {
        Self { market, id, key }
    }

    /// The meter's id.
    #[must_use]
    pub fn id(&self) -> &MeterId {
        &self.id
    }

    /// The market that its readings name.
    #[must_use]
    pub fn market(&self) -> &MarketId {
        &self.market
    }

    /// The key to register: an uncompressed P-256 point of 65 bytes.
    ///
    /// # Errors
    /// None in practice: 65 bytes fit.
    pub fn public_key(&self) -> Result<HexBytes, ClientError> {
        hex_bytes(self.key.public_key().sec1().to_vec())
    }

    /// Signs the energy of a slot as measured; `sequence` rises with every reading of the slot.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn measure(
        &self,
        slot: Slot,
        consumed_wh: Energy,
        injected_wh: Energy,
        sequence: u64,
    ) -> Result<SignedReading, ClientError> {
        self.sign(Reading {
            market: self.market.clone(),
            meter: self.id.clone(),
            slot,
            consumed_wh,
            injected_wh,
            sequence,
            quality: Quality::Measured,
            supersedes: None,
        })
    }

    /// Signs any reading, for corrections and for tests of refusals.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign(&self, reading: Reading) -> Result<SignedReading, ClientError> {
        let signature = self
            .key
            .sign(&canonical_bytes(&reading)?)
            .map_err(|e| ClientError::key(&e))?;
        Ok(SignedReading {
            reading,
            signature: hex_bytes(signature)?,
        })
    }
}

pub(crate) fn hex_bytes(bytes: Vec<u8>) -> Result<HexBytes, ClientError> {
    HexBytes::new(bytes).ok_or_else(|| ClientError::internal("a key or signature is longer than 256 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_verifies_under_the_registered_key_and_no_other() {
        let meter = Meter::new(
            "m".parse().unwrap(),
            "meter-1".parse().unwrap(),
            PrivateKey::generate().unwrap(),
        );
        let slot = Slot::new(7).unwrap();
        let signed = meter.measure(slot, Energy::new(5).unwrap(), Energy::ZERO, 1).unwrap();
        let bytes = canonical_bytes(&signed.reading).unwrap();
        let key = fabric_msp::PublicKey::from_sec1(meter.public_key().unwrap().as_slice()).unwrap();
        key.verify(&bytes, signed.signature.as_slice()).unwrap();
        let other = PrivateKey::generate().unwrap();
        assert!(other.public_key().verify(&bytes, signed.signature.as_slice()).is_err());
    }
}
