//! What a client has in hand after a transaction.

/// A committed transaction's answer and where it stands on the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt<T> {
    /// What the contract answered.
    pub reply: T,
    /// Fabric's transaction id.
    pub transaction_id: String,
    /// The block that holds it; none where the outcome was found by the order's own id after an unknown commit.
    pub block: Option<u64>,
}
