//! Why a district's day ended before its time.

use der_api::ApiError;
use der_market::id::IdError;
use der_market::units::UnitError;

use crate::ClientError;
use crate::watch::WatchError;

/// Why a district's day ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum DistrictError {
    /// An invariant does not hold, or the blocks ended.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The contract's refusal or Fabric's.
    #[error("{stage}: {source}")]
    Refused {
        /// What was being done.
        stage: &'static str,
        /// The refusal.
        source: ClientError,
    },
    /// The channel's market has rules of its own.
    #[error("the market of this channel does not have the district's rules; run the day on a channel of its own")]
    OtherRules,
    /// The day was played before, or another on the same date.
    #[error("slot {0} of that day is there already; choose another --date")]
    PlayedBefore(u64),
    /// A date or a number of slots that no day has.
    #[error("a day has 1 to 96 slots")]
    NoSuchDay,
    /// A value outside the market's bounds.
    #[error(transparent)]
    Unit(#[from] UnitError),
    /// An identifier outside the market's rules.
    #[error(transparent)]
    Id(#[from] IdError),
}

impl DistrictError {
    /// A refusal with what was being done.
    pub(super) fn at(stage: &'static str) -> impl Fn(ClientError) -> Self {
        move |source| Self::Refused { stage, source }
    }
}

impl From<ApiError> for DistrictError {
    fn from(error: ApiError) -> Self {
        Self::Refused {
            stage: "building a request",
            source: error.into(),
        }
    }
}
