//! Mandates.

use der_api::bytes::Digest;
use serde::{Deserialize, Serialize};

row! {
    /// Which mandate a participant's next orders are entered under.
    StandingMandate {
        /// Its hash.
        hash: Digest,
    }
}
