//! Meters and their readings.

use der_market::id::MeterId;
use der_market::settlement::Place;
use der_market::slot::Slot;

use crate::bytes::Digest;

event! {
    /// A meter has a successor.
    MeterReplaced {
        /// Which.
        meter: MeterId,
        /// Its successor.
        by: MeterId,
        /// The successor's first slot.
        from: Slot,
    }
    /// A meter has a key.
    MeterRegistered {
        /// Which.
        meter: MeterId,
        /// First slot of the key.
        valid_from: Slot,
    }
    /// Readings were recorded.
    ReadingsRecorded {
        /// Of which meters and slots.
        meters: Vec<(MeterId, Slot)>,
        /// Digest of the readings.
        digest: Digest,
    }
    /// Missing readings were estimated.
    ReadingsEstimated {
        /// Which slot.
        slot: Slot,
        /// Of which places.
        places: Vec<Place>,
        }
}
