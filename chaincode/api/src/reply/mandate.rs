//! Standing mandates.

use der_market::id::ParticipantId;
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;
use crate::mandate::SignedMandate;

reply! {
    /// A participant's standing mandate.
    MandateView {
        /// Whose.
        participant: ParticipantId,
        /// SHA-256 of its canonical bytes; none without a mandate.
        hash: Option<Digest>,
        /// The mandate with its signature.
        mandate: Option<SignedMandate>,
    }
}
