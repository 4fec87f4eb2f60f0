//! Many orders at once.

use serde::{Deserialize, Serialize};

use crate::bytes::Digest;

reply! {
    /// A batch of orders is in the book.
    OrdersAccepted {
        /// How many are new.
        accepted: u32,
        /// How many were there already with the same content.
        known: u32,
        /// SHA-256 of the batch.
        digest: Digest,
    }
}
