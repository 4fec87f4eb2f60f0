//! Delegations to agents.

use der_market::id::ParticipantId;

use crate::bytes::Digest;

event! {
    /// A participant lets an agent act for it.
    DelegationGranted {
        /// Who delegates.
        principal: ParticipantId,
        /// Who acts.
        agent: ParticipantId,
        /// SHA-256 of its canonical bytes.
        delegation: Digest,
    }
    /// An agent acts no more for a participant.
    DelegationRevoked {
        /// Who delegated.
        principal: ParticipantId,
        /// Who acted.
        agent: ParticipantId,
    }
}
