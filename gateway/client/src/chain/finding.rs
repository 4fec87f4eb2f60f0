//! What does not hold.

use der_api::reply::GuardedKey;
use serde::Serialize;

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Of which row.
    pub key: GuardedKey,
    /// What.
    pub what: String,
}

/// What a verification saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Rows that were read.
    pub rows: usize,
    /// References that were followed.
    pub references: usize,
    /// Guards that were compared with the model's.
    pub guards: usize,
    /// What does not hold; empty where the chains are in order.
    pub findings: Vec<Finding>,
}
