//! Connection points and distances.

use der_market::id::{ParticipantId, PointId};

use crate::bytes::Digest;

event! {
    /// A connection point exists.
    PointPublished {
        /// Which.
        point: PointId,
    }
    /// A version of the distance matrix is in force.
    DistancesPublished {
        /// Which version.
        version: u32,
        /// Its root.
        root: Digest,
    }
    /// A connection was accepted.
    ConnectionAccepted {
        /// Whose.
        participant: ParticipantId,
        /// Where.
        point: PointId,
    }
}
