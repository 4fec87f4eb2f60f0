//! Standing mandates.

use der_market::id::ParticipantId;

use crate::bytes::Digest;

event! {
    /// A participant confirms beforehand.
    MandateGranted {
        /// Whose.
        participant: ParticipantId,
        /// SHA-256 of its canonical bytes.
        mandate: Digest,
    }
    /// A participant's mandate has ended.
    MandateRevoked {
        /// Whose.
        participant: ParticipantId,
        /// Digest of the auctions from which it was taken.
        slots: Digest,
    }
}
