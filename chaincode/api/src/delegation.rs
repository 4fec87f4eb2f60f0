//! Delegation: a principal lets an agent act for it, within limits that it signs.

use std::collections::BTreeSet;

use der_market::id::{MarketId, ParticipantId, PointId};
use der_market::order::Order;
use der_market::participant::Side;
use der_market::slot::Slot;
use der_market::units::{Energy, Price};
use serde::{Deserialize, Serialize};

use crate::bytes::{Digest, HexBytes};
use crate::codec;
use crate::contract::ContractTerms;
use crate::error_code::{ApiError, ErrorCode};
use crate::mandate::Limit;

/// What an agent may do for its principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Publish, seal and reveal orders.
    Order,
    /// Change orders.
    Amend,
    /// Withdraw orders.
    Withdraw,
    /// Confirm and refuse contracts.
    Confirm,
}

/// Terms of a delegation; the field order is the order of the signed bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelegationTerms {
    /// The market.
    pub market: MarketId,
    /// Who delegates.
    pub principal: ParticipantId,
    /// Who acts.
    pub agent: ParticipantId,
    /// What the agent may do.
    pub verbs: BTreeSet<Verb>,
    /// At which connection points; empty for all of the principal's.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub points: BTreeSet<PointId>,
    /// Limits of each bid and purchase; none for no buying.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buy: Option<Limit>,
    /// Limits of each offer and sale; none for no selling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sell: Option<Limit>,
    /// The last delivery slot.
    pub until: Slot,
}

impl DelegationTerms {
    /// The signed bytes: the line `der.delegation.v1`, then compact JSON of the terms.
    ///
    /// # Errors
    /// None in practice; see [`codec::encode`].
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, ApiError> {
        let mut bytes = b"der.delegation.v1\n".to_vec();
        bytes.extend(codec::encode(self)?);
        Ok(bytes)
    }

    /// SHA-256 of the signed bytes.
    ///
    /// # Errors
    /// As [`DelegationTerms::canonical_bytes`].
    pub fn hash(&self) -> Result<Digest, ApiError> {
        Ok(Digest::of(&self.canonical_bytes()?))
    }

    /// Checks what a delegation must satisfy on its own.
    ///
    /// # Errors
    /// [`ErrorCode::DelegationInvalid`], naming the first rule that does not hold.
    pub fn validate(&self) -> Result<(), ApiError> {
        let invalid = |what| Err(ApiError::new(ErrorCode::DelegationInvalid, what));
        if self.principal == self.agent {
            return invalid("nobody is its own agent");
        }
        if self.verbs.is_empty() {
            return invalid("a delegation names at least one verb");
        }
        Ok(())
    }

    /// Refuses an act that the agent may not do there and then.
    ///
    /// # Errors
    /// [`ErrorCode::NotDelegated`], naming what is beyond the terms.
    pub fn require(&self, verb: Verb, slot: Slot, point: &PointId) -> Result<(), ApiError> {
        let refused = |what: String| Err(ApiError::new(ErrorCode::NotDelegated, what));
        if !self.verbs.contains(&verb) {
            return refused(format!(
                "{} did not let {} do this: {verb:?}",
                self.principal, self.agent
            ));
        }
        if slot > self.until {
            return refused(format!(
                "the delegation of {} ends with slot {}",
                self.principal, self.until
            ));
        }
        if !self.points.is_empty() && !self.points.contains(point) {
            return refused(format!("{} did not delegate point {point}", self.principal));
        }
        Ok(())
    }

    /// Refuses more energy than the agent may trade at once, or a worse price; a buyer's price is the delivered one.
    ///
    /// # Errors
    /// [`ErrorCode::BeyondDelegation`].
    pub fn require_limits(&self, side: Side, energy_wh: Energy, price: Price) -> Result<(), ApiError> {
        let limit = match side {
            Side::Buyer => self.buy,
            Side::Seller => self.sell,
        };
        if limit.is_some_and(|limit| limit.allows(side, energy_wh, price)) {
            return Ok(());
        }
        let what = format!("{energy_wh} Wh at {price} is beyond what {} delegated", self.principal);
        Err(ApiError::new(ErrorCode::BeyondDelegation, what))
    }

    /// Refuses an order that the agent may not enter.
    ///
    /// # Errors
    /// As [`DelegationTerms::require`] and [`DelegationTerms::require_limits`].
    pub fn require_order(&self, verb: Verb, slot: Slot, order: &Order) -> Result<(), ApiError> {
        self.require(verb, slot, &order.point)?;
        self.require_limits(order.side, order.energy_wh, order.price)
    }

    /// Refuses an answer that the agent may not give for one side of a contract.
    ///
    /// # Errors
    /// As [`DelegationTerms::require`] and [`DelegationTerms::require_limits`]; a contract of another market or party.
    pub fn require_contract(&self, side: Side, contract: &ContractTerms) -> Result<(), ApiError> {
        let (owner, point, price) = match side {
            Side::Buyer => {
                let delivered = contract.price.plus(contract.tariff);
                let delivered = delivered.map_err(|e| ApiError::new(ErrorCode::ArithmeticOverflow, e.to_string()))?;
                (&contract.buyer, &contract.buyer_point, delivered)
            }
            Side::Seller => (&contract.seller, &contract.seller_point, contract.price),
        };
        if self.market != contract.market || self.principal != *owner {
            let what = format!("{} is no principal of contract {}", self.principal, contract.contract);
            return Err(ApiError::new(ErrorCode::NotDelegated, what));
        }
        self.require(Verb::Confirm, contract.slot.slot, point)?;
        self.require_limits(side, contract.energy_wh, price)
    }
}

/// A delegation with the principal's signature: with the key it can be verified anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedDelegation {
    /// Its terms.
    pub terms: DelegationTerms,
    /// The key that signed: uncompressed P-256 point.
    pub public_key: HexBytes,
    /// ECDSA P-256 over the canonical bytes, low-S DER.
    pub signature: HexBytes,
}
