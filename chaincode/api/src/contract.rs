//! The electronic contract: the bytes both users sign.

use der_market::id::{ContractId, MarketId, OrderId, ParticipantId, PointId};
use der_market::parameters::Profile;
use der_market::slot::Auction;
use der_market::units::{Energy, Price};
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;
use crate::codec;
use crate::error_code::ApiError;

/// Terms of a contract. Everything a court needs is here, with the versions of the rules it stands on; the field order is the
/// order of the signed bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractTerms {
    /// The market.
    pub market: MarketId,
    /// Slot and rank in clearing.
    pub contract: ContractId,
    /// When it is delivered.
    pub slot: Auction,
    /// Who buys.
    pub buyer: ParticipantId,
    /// The buyer's order.
    pub buyer_order: OrderId,
    /// Where the buyer takes.
    pub buyer_point: PointId,
    /// Who sells.
    pub seller: ParticipantId,
    /// The seller's order.
    pub seller_order: OrderId,
    /// Where the seller delivers.
    pub seller_point: PointId,
    /// q, Wh.
    pub energy_wh: Energy,
    /// p at the seller's meter, µyuan/kWh.
    pub price: Price,
    /// τ, µyuan/kWh, paid by the buyer on top.
    pub tariff: Price,
    /// Version of the parameters.
    pub parameters: u32,
    /// Version of the distance matrix.
    pub distances: u32,
    /// Whether deviations cost anything.
    pub profile: Profile,
}

impl ContractTerms {
    /// The signed bytes: the line `der.contract.v1`, then compact JSON of the terms.
    /// A user signs them by ECDSA P-256 over their SHA-256, in low-S DER.
    ///
    /// # Errors
    /// None in practice; see [`codec::encode`].
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, ApiError> {
        let mut bytes = b"der.contract.v1\n".to_vec();
        bytes.extend(codec::encode(self)?);
        Ok(bytes)
    }

    /// The canonical contract hash: SHA-256 of the signed bytes.
    ///
    /// # Errors
    /// As [`ContractTerms::canonical_bytes`].
    pub fn hash(&self) -> Result<Digest, ApiError> {
        Ok(Digest::of(&self.canonical_bytes()?))
    }
}
