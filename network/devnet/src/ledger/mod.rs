//! The ledger: an append-only block log as the only truth, and state derived from it.

pub mod block;
mod cache;
mod commit_hash;
mod error;
mod fault;
mod folder;
mod frame;
mod log;
mod outcome;
pub mod rwset;
mod snapshot;
mod state;
mod store;
mod updates;
mod writer;

pub use error::LedgerError;
pub use fault::{FaultHook, FaultPoint};
pub use outcome::BlockOutcome;
pub use snapshot::{HistoryEntry, Snapshot};
pub use store::{Ledger, LedgerOptions, TornTail};
pub use updates::{Entries, StateUpdates, StateView, VersionedEntry};

use bytes::Bytes;
use fabric_protos::{kvrwset, protos::TxValidationCode};

/// Where a value was written: the transaction's place on the ledger.
///
/// Source: Fabric, core/ledger/internal/version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Block number.
    pub block: u64,
    /// Index of the transaction in the block.
    pub tx: u64,
}

impl From<Version> for kvrwset::Version {
    fn from(version: Version) -> Self {
        kvrwset::Version {
            block_num: version.block,
            tx_num: version.tx,
        }
    }
}

impl From<kvrwset::Version> for Version {
    fn from(version: kvrwset::Version) -> Self {
        Version {
            block: version.block_num,
            tx: version.tx_num,
        }
    }
}

/// A value of the world state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionedValue {
    /// The value, never empty.
    pub value: Bytes,
    /// The key's own endorsement policy: the `VALIDATION_PARAMETER` entry of its metadata, an encoded
    /// `SignaturePolicyEnvelope`. Fabric knows no other use of metadata, and other entries are not kept.
    pub metadata: Option<Bytes>,
    /// Who wrote it.
    pub version: Version,
}

/// Where a transaction lies and how it was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TxLocation {
    /// Block number.
    pub block: u64,
    /// Index in the block.
    pub index: u64,
    /// The verdict.
    pub code: TxValidationCode,
}

#[cfg(test)]
mod tests;
