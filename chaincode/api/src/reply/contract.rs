//! Contracts and the answers to them.

use der_market::id::ContractId;
use der_market::participant::Side;
use der_market::slot::Auction;
use serde::{Deserialize, Serialize};

use crate::bytes::{Digest, HexBytes};
use crate::contract::ContractTerms;
use crate::delegation::SignedDelegation;
use crate::mandate::SignedMandate;

/// How far a contract has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractStatus {
    /// Proposed by clearing.
    Proposed,
    /// Signed by both sides.
    Confirmed,
    /// Refused by one side.
    Refused,
    /// Not signed by both sides in time.
    Expired,
}

reply! {
    /// One side's answer to a contract.
    Confirmation {
        /// Which side.
        side: Side,
        /// True for a signature, false for a refusal.
        accepted: bool,
        /// The key that signed: uncompressed P-256 point. Absent for a refusal.
        public_key: Option<HexBytes>,
        /// The signature over the contract's canonical bytes. Absent for a refusal, and where a mandate confirms.
        signature: Option<HexBytes>,
        /// The mandate that confirms, signed by the key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mandate: Option<SignedMandate>,
        /// The delegation under which an agent signed for its principal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delegation: Option<SignedDelegation>,
    }
}
reply! {
    /// A contract; with terms, keys and signatures it can be verified anywhere.
    ContractView {
        /// Its terms.
        terms: ContractTerms,
        /// The canonical contract hash.
        hash: Digest,
        /// How far it has come.
        status: ContractStatus,
        /// The answers so far, the buyer's first.
        confirmations: Vec<Confirmation>,
    }
}
reply! {
    /// One side's answer is recorded. The other side's is not read, so that both may answer in one block.
    AnswerAccepted {
        /// The contract's slot.
        slot: Auction,
        /// Which contract.
        contract: ContractId,
        /// Which side the caller is.
        side: Side,
        /// True for a signature, false for a refusal.
        accepted: bool,
        /// The canonical contract hash.
        hash: Digest,
    }
}
