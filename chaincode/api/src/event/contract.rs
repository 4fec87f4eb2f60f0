//! Contracts.

use der_market::id::ContractId;
use der_market::participant::Side;
use der_market::slot::Auction;

use crate::bytes::Digest;

event! {
    /// One side signed.
    ContractConfirmed {
        /// Its slot.
        slot: Auction,
        /// Which.
        contract: ContractId,
        /// Which side.
        side: Side,
        /// The canonical contract hash.
        hash: Digest,
    }
    /// One side refused.
    ContractRefused {
        /// Its slot.
        slot: Auction,
        /// Which.
        contract: ContractId,
        /// Which side.
        side: Side,
    }
}
