//! The standing mandate: its owner's signature, given beforehand, under every contract within its limits.

use der_market::id::{MarketId, ParticipantId};
use der_market::participant::Side;
use der_market::slot::Slot;
use der_market::units::{Energy, Price, UnitError};
use serde::{Deserialize, Serialize};

use crate::bytes::{Digest, HexBytes};
use crate::codec;
use crate::contract::ContractTerms;
use crate::error_code::{ApiError, ErrorCode};

/// How far a side may go in one contract or order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Most energy, Wh.
    pub energy_wh: Energy,
    /// µyuan/kWh: a buyer's highest delivered price, tariff included; a seller's least price at its meter.
    pub price: Price,
}

impl Limit {
    /// True for so much energy at this price: delivered for a buyer, at the meter for a seller.
    pub fn allows(self, side: Side, energy_wh: Energy, price: Price) -> bool {
        let affordable = match side {
            Side::Buyer => price <= self.price,
            Side::Seller => price >= self.price,
        };
        affordable && energy_wh <= self.energy_wh
    }
}

/// Terms of a mandate; the field order is the order of the signed bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateTerms {
    /// The market.
    pub market: MarketId,
    /// Whose: it signs for itself only.
    pub participant: ParticipantId,
    /// What it may buy; none for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buy: Option<Limit>,
    /// What it may sell; none for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sell: Option<Limit>,
    /// The first delivery slot.
    pub from: Slot,
    /// The last delivery slot.
    pub until: Slot,
}

impl MandateTerms {
    /// The signed bytes: the line `der.mandate.v1`, then compact JSON of the terms.
    ///
    /// # Errors
    /// None in practice; see [`codec::encode`].
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, ApiError> {
        let mut bytes = b"der.mandate.v1\n".to_vec();
        bytes.extend(codec::encode(self)?);
        Ok(bytes)
    }

    /// SHA-256 of the signed bytes.
    ///
    /// # Errors
    /// As [`MandateTerms::canonical_bytes`].
    pub fn hash(&self) -> Result<Digest, ApiError> {
        Ok(Digest::of(&self.canonical_bytes()?))
    }

    /// Checks what a mandate must satisfy on its own.
    ///
    /// # Errors
    /// [`ErrorCode::MandateInvalid`] for a mandate that covers nothing.
    pub fn validate(&self) -> Result<(), ApiError> {
        let invalid = |what| Err(ApiError::new(ErrorCode::MandateInvalid, what));
        if self.buy.is_none() && self.sell.is_none() {
            return invalid("a mandate covers buying, selling, or both");
        }
        if self.from > self.until {
            return invalid("a mandate's last slot is not before its first");
        }
        Ok(())
    }

    /// True where the mandate is its owner's word for one side of a contract.
    ///
    /// # Errors
    /// A price and a tariff whose sum is out of bounds.
    pub fn covers(&self, side: Side, contract: &ContractTerms) -> Result<bool, UnitError> {
        let (owner, limit, price) = match side {
            Side::Buyer => (&contract.buyer, self.buy, contract.price.plus(contract.tariff)?),
            Side::Seller => (&contract.seller, self.sell, contract.price),
        };
        let slot = contract.slot.slot;
        let its_own = self.market == contract.market && self.participant == *owner;
        let in_time = self.from <= slot && slot <= self.until;
        Ok(its_own && in_time && limit.is_some_and(|limit| limit.allows(side, contract.energy_wh, price)))
    }
}

/// A mandate with its owner's signature: with the key it can be verified anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedMandate {
    /// Its terms.
    pub terms: MandateTerms,
    /// The key that signed: uncompressed P-256 point.
    pub public_key: HexBytes,
    /// ECDSA P-256 over the canonical bytes, low-S DER.
    pub signature: HexBytes,
}
