//! Why a day ended before its time.

use std::time::Duration;

use der_api::ApiError;
use der_market::id::IdError;
use der_market::slot::Slot;
use der_market::units::UnitError;

use crate::ClientError;

/// Why a day ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum DayError {
    /// A slot did not get on.
    #[error("slot {slot} did not get on for {limit:?}: {source}")]
    Stuck {
        /// Which.
        slot: Slot,
        /// For how long it was tried.
        limit: Duration,
        /// The newest refusal.
        source: ClientError,
    },
    /// What was settled breaks a rule.
    #[error("slot {slot}: {what}")]
    Broken {
        /// Which.
        slot: Slot,
        /// Which rule, with the figures.
        what: String,
    },
    /// The channel's market has rules of its own, or takes orders otherwise.
    #[error("the market of this channel does not have the rules of this day; run the day on a channel of its own")]
    OtherRules,
    /// The contract's refusal or Fabric's.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A value outside the market's bounds.
    #[error(transparent)]
    Unit(#[from] UnitError),
    /// An identifier outside the market's rules.
    #[error(transparent)]
    Id(#[from] IdError),
}

impl From<ApiError> for DayError {
    fn from(error: ApiError) -> Self {
        Self::Client(error.into())
    }
}
