//! How a local network's orderer cuts blocks.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// A block is cut when it holds so many transactions, or when its first one has waited so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// Transactions of a full block.
    #[serde(rename = "max_message_count")]
    pub messages: u32,
    /// The wait for more of them, in whole milliseconds.
    #[serde(rename = "timeout_ms", serialize_with = "milliseconds")]
    pub timeout: Duration,
}

impl Default for Batch {
    /// 500 as in Fabric's sample configuration; 10 ms, because people watch this network.
    fn default() -> Self {
        Self {
            messages: 500,
            timeout: Duration::from_millis(10),
        }
    }
}

fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
