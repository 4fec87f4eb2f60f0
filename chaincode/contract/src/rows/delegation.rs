//! Delegations by agent.

use der_api::bytes::Digest;
use serde::{Deserialize, Serialize};

row! {
    /// That a principal delegated to an agent.
    Agency {
        /// SHA-256 of the delegation's canonical bytes.
        delegation: Digest,
    }
}
