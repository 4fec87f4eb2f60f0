//! What is told of delegations.

use der_market::id::ParticipantId;
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;
use crate::delegation::SignedDelegation;

reply! {
    /// What a principal delegated to an agent.
    DelegationView {
        /// Who delegates.
        principal: ParticipantId,
        /// Who acts.
        agent: ParticipantId,
        /// SHA-256 of the canonical bytes; none without a delegation.
        hash: Option<Digest>,
        /// The delegation with its signature.
        delegation: Option<SignedDelegation>,
    }
}
reply! {
    /// A page of delegations.
    DelegationsView {
        /// By agent, or by principal.
        delegations: Vec<SignedDelegation>,
        /// After whom the next page begins; none after the last one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<ParticipantId>,
    }
}
