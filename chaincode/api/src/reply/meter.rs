//! Meters and their readings.

use der_market::id::{MeterId, ParticipantId, PlantId, PointId};
use der_market::slot::Slot;
use serde::{Deserialize, Serialize};

use crate::bytes::{Digest, HexBytes};

reply! {
    /// A key of a meter.
    MeterKey {
        /// First slot in which it signs.
        valid_from: Slot,
        /// Uncompressed P-256 point.
        public_key: HexBytes,
    }
}
reply! {
    /// The end of a meter.
    Replacement {
        /// The last slot that it reports.
        last: Slot,
        /// The meter that reports from the next slot on.
        by: MeterId,
    }
}
reply! {
    /// A meter.
    MeterView {
        /// Which.
        meter: MeterId,
        /// Whose energy.
        participant: ParticipantId,
        /// Where.
        point: PointId,
        /// Its keys, the latest last.
        keys: Vec<MeterKey>,
        /// The plant whose energy alone it measures.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plant: Option<PlantId>,
        /// The meter that it replaced.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follows: Option<MeterId>,
        /// Its last slot and its successor, once it is replaced.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaced: Option<Replacement>,
    }
}
reply! {
    /// Readings are recorded.
    ReadingsAccepted {
        /// How many.
        accepted: u32,
        /// SHA-256 of the readings.
        digest: Digest,
    }
}
