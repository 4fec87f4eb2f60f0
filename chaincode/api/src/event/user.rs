//! Users.

use der_market::id::ParticipantId;

use crate::bytes::Digest;

event! {
    /// A user asked to join.
    UserRegistered {
        /// Who.
        participant: ParticipantId,
    }
    /// A user's further signing key.
    UserKeyAdded {
        /// Whose.
        participant: ParticipantId,
        /// SHA-256 of the key.
        key: Digest,
    }
    /// A user trades no more.
    UserMovedOut {
        /// Who.
        participant: ParticipantId,
    }
    /// A user may trade once its connection is accepted too.
    UserAuthenticated {
        /// Who.
        participant: ParticipantId,
    }
    /// A user may not trade.
    UserSuspended {
        /// Who.
        participant: ParticipantId,
    }
    /// A suspension ended.
    UserReinstated {
        /// Who.
        participant: ParticipantId,
    }
}
