//! Why a simulation step is refused.

use crate::ledger::LedgerError;

/// Why a simulation step is refused, in Fabric's words where Fabric has them.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// A write after a paginated query (`tx_simulator.go`, `checkPaginatedQueryPerformed`).
    #[error(
        "txid [{0}]: unsuppored transaction. Transaction has already performed a paginated query. Writes are not allowed"
    )]
    WriteAfterPaginatedQuery(String),
    /// A paginated query after a write (`tx_simulator.go`, `checkBeforePaginatedQueries`).
    #[error("txid [{0}]: unsuppored transaction. Paginated queries are supported only in a read-only transaction")]
    PaginatedQueryAfterWrite(String),
    /// A scan that was never opened, or has been closed.
    #[error("query iterator not found")]
    UnknownScan,
    /// The ledger could not be read, or holds something that is not what was written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A key-level policy on the ledger that does not decode.
    #[error("a key-level policy of a written key does not decode: {0}")]
    KeyPolicy(#[from] prost::DecodeError),
}
