//! What can go wrong while listening.

use std::time::Duration;

use super::Position;
use crate::CallFailure;

/// Why an event stream ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventsError {
    /// The gateway refused the request; asking again would not help.
    #[error("the gateway refuses to deliver: {0}")]
    Refused(Box<CallFailure>),
    /// The stream broke and could not be resumed in time.
    #[error("the stream broke and could not be resumed for {tried:?}: {last}")]
    GaveUp {
        /// How long it was tried.
        tried: Duration,
        /// The last failure.
        last: Box<CallFailure>,
    },
    /// The stream of a request signed elsewhere broke. It cannot be resumed, since a resumption is a new request.
    #[error("the stream broke: {0}")]
    Broken(Box<CallFailure>),
    /// The gateway sent an earlier block after a later one.
    #[error("block {found} came when block {expected} or a later one was due")]
    OutOfOrder {
        /// The lowest number that was due.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The gateway left a block out.
    #[error("block {expected} is missing: block {found} came instead")]
    Gap {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The position names a transaction without an event of this chaincode in its block, so what follows it is unknown.
    #[error("transaction {} has no event of chaincode `{chaincode}` in block {}", position.transaction_id, position.block_number)]
    UnknownPosition {
        /// Where the stream was to go on.
        position: Position,
        /// The chaincode listened to.
        chaincode: String,
    },
    /// A message without its content.
    #[error("the gateway sent an ill-formed message: {0}")]
    Malformed(&'static str),
}

impl EventsError {
    /// The failed call, where a call failed.
    pub fn failure(&self) -> Option<&CallFailure> {
        match self {
            Self::Refused(failure) | Self::Broken(failure) | Self::GaveUp { last: failure, .. } => Some(failure),
            _ => None,
        }
    }

    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Refused(_) => "Check the names of channel and chaincode and that this identity may read.",
            Self::GaveUp { .. } | Self::Broken(_) => {
                "Check that a gateway peer is up, then listen from the last position."
            }
            Self::OutOfOrder { .. } | Self::Gap { .. } | Self::Malformed(_) => {
                "Do not trust this peer's stream: listen to another peer from the last position."
            }
            Self::UnknownPosition { .. } => {
                "Listen with `start_block` from that block and skip what you have: a position may only name an event's transaction."
            }
        }
    }
}
