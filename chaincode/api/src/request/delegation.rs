//! Delegation to an agent.

use der_market::id::ParticipantId;

use super::request;
use crate::bytes::HexBytes;
use crate::delegation::DelegationTerms;
use crate::reply::{DelegationView, DelegationsView};

/// Delegations in one page.
pub const DELEGATIONS_LIMIT: u32 = 500;

request! { GrantDelegation => DelegationView,
    /// The caller lets an agent act for it within limits. It replaces what the caller delegated to this agent before.
    GrantDelegation {
        /// Its terms.
        terms: DelegationTerms,
        /// ECDSA P-256 over the canonical bytes, low-S DER, by the caller's registered key.
        signature: HexBytes,
    }
}
request! { RevokeDelegation => DelegationView,
    /// Ends what the caller delegated to an agent. Orders that the agent entered stay.
    RevokeDelegation {
        /// To whom.
        agent: ParticipantId,
    }
}
request! { QueryDelegations => DelegationsView,
    /// What a participant delegated, or what was delegated to it, page by page.
    QueryDelegations {
        /// Whose.
        participant: ParticipantId,
        /// True for what was delegated to it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        as_agent: bool,
        /// The last one of the page before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<ParticipantId>,
        /// Delegations in a page, at most [`DELEGATIONS_LIMIT`].
        page: u32,
    }
}
