//! Forecasts.

use der_market::id::{ParticipantId, PointId};
use der_market::slot::Slot;

use crate::bytes::Digest;

event! {
    /// A participant forecast slots.
    ForecastPosted {
        /// Whose.
        participant: ParticipantId,
        /// Where.
        point: PointId,
        /// The first slot.
        first: Slot,
        /// How many slots.
        slots: u32,
        /// SHA-256 of the forecasts.
        digest: Digest,
    }
}
