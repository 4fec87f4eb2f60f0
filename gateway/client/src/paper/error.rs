//! Why the case could not be played to its end.

use der_api::{ApiError, Function};
use der_market::id::IdError;
use der_market::units::UnitError;

use super::Role;
use crate::ClientError;

/// Why the case could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// A player was refused.
    #[error("{role}, calling {}: {source}", function.name())]
    Refused {
        /// Who called.
        role: Role,
        /// What was called.
        function: Function,
        /// The refusal.
        source: ClientError,
    },
    /// The channel's market has rules of its own.
    #[error("the market of this channel does not have the paper's rules; play the case on a channel of its own")]
    OtherRules,
    /// Every slot that the case may use is taken.
    #[error("no run of free slots was found; play the case on a new channel")]
    NoFreeSlots,
    /// Clearing proposed another number of contracts than one.
    #[error("test {test}: clearing proposed {contracts} contracts where the paper has one")]
    Unmatched {
        /// Which test.
        test: u8,
        /// How many contracts.
        contracts: usize,
    },
    /// The settlement lacks a party of the contract.
    #[error("test {0}: the settlement lacks the buyer's or the seller's line")]
    Unsettled(u8),
    /// A value outside the market's bounds.
    #[error(transparent)]
    Unit(#[from] UnitError),
    /// An identifier outside the market's rules.
    #[error(transparent)]
    Id(#[from] IdError),
    /// A client could not be made, or a meter could not sign.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl CaseError {
    pub(super) fn refused(role: Role, function: Function, source: ClientError) -> Self {
        Self::Refused { role, function, source }
    }
}

impl From<ApiError> for CaseError {
    fn from(error: ApiError) -> Self {
        Self::Client(error.into())
    }
}
