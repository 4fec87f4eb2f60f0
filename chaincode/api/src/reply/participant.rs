//! Participants.

use der_market::id::{ParticipantId, PointId};
use der_market::participant::{CustomerClass, Source};
use der_market::units::Power;
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;

reply! {
    /// A participant on all chains.
    ParticipantView {
        /// Who.
        participant: ParticipantId,
        /// M, W.
        capacity_w: Power,
        /// D.
        point: PointId,
        /// G.
        source: Source,
        /// Customer class.
        class: CustomerClass,
        /// The grid company accepted the connection.
        connected: bool,
        /// The regulator accredited.
        accredited: bool,
        /// The regulator suspended.
        suspended: bool,
        /// SHA-256 of each contract-signing key.
        keys: Vec<Digest>,
        /// True once it has moved out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_out: Option<bool>,
    }
}
