//! Calls for a stage that the operator's clock does not bring.

use der_market::id::ParticipantId;
use serde::{Deserialize, Serialize};

row! {
    /// An organisation's call.
    Call {
        /// Who called.
        by: ParticipantId,
    }
}
