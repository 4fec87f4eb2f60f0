//! The simulator of one transaction.

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_protos::{kvrwset::KvMetadataEntry, protos::ChaincodeInterest};

use super::{SimulationError, WrittenKeys, range_scan::RangeScan, rwset::RwSet};
use crate::ledger::{HistoryEntry, Snapshot, VersionedValue};

/// The only metadata name that the ledger keeps: a key's own endorsement policy.
pub(crate) const VALIDATION_PARAMETER: &str = "VALIDATION_PARAMETER";

/// Names one open range query of a [`Simulator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanId(usize);

/// What a transaction did: the read/write set as it stands in the proposal response, and who must endorse it.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// An encoded `TxReadWriteSet`.
    pub results: Bytes,
    /// The chaincodes touched, with the key-level policies of the keys written.
    pub interest: ChaincodeInterest,
}

/// Runs one transaction against one snapshot. Chaincode-to-chaincode calls on the channel share it.
#[derive(Debug)]
pub struct Simulator {
    txid: String,
    snapshot: Snapshot,
    rwset: RwSet,
    written: WrittenKeys,
    scans: Vec<RangeScan>,
    wrote: bool,
    paginated: bool,
}

impl Simulator {
    /// A simulator for transaction `txid` over `snapshot`.
    pub fn new(txid: &str, snapshot: Snapshot) -> Self {
        Self {
            txid: txid.to_owned(),
            snapshot,
            rwset: RwSet::default(),
            written: WrittenKeys::default(),
            scans: Vec::new(),
            wrote: false,
            paginated: false,
        }
    }

    /// The snapshot under the transaction.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The committed value of a key; the read is recorded with its version, also when there is no value.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn get(&mut self, namespace: &str, key: &str) -> Result<Option<VersionedValue>, SimulationError> {
        let found = self.snapshot.get(namespace, key)?;
        self.rwset
            .read(namespace, key, found.as_ref().map(|value| value.version.into()));
        Ok(found)
    }

    /// The committed key metadata, by name. Recorded as a read of the key.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn metadata(&mut self, namespace: &str, key: &str) -> Result<BTreeMap<String, Bytes>, SimulationError> {
        let policy = self.get(namespace, key)?.and_then(|value| value.metadata);
        Ok(policy
            .map(|policy| (VALIDATION_PARAMETER.to_owned(), policy))
            .into_iter()
            .collect())
    }

    /// Writes a value; an empty one deletes the key.
    ///
    /// # Errors
    /// A paginated query came before, or the ledger cannot be read.
    pub fn put(&mut self, namespace: &str, key: &str, value: Bytes) -> Result<(), SimulationError> {
        self.before_write()?;
        self.rwset.write(namespace, key, value);
        self.note_written(namespace, key)
    }

    /// Replaces a key's metadata.
    ///
    /// # Errors
    /// A paginated query came before, or the ledger cannot be read.
    pub fn put_metadata(
        &mut self,
        namespace: &str,
        key: &str,
        name: String,
        value: Bytes,
    ) -> Result<(), SimulationError> {
        self.before_write()?;
        self.rwset
            .write_metadata(namespace, key, vec![KvMetadataEntry { name, value }]);
        self.note_written(namespace, key)
    }

    /// Opens a range query over `[start, end)`; an empty `end` is open.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn scan(&mut self, namespace: &str, start: &str, end: &str) -> Result<ScanId, SimulationError> {
        self.scans.push(RangeScan::open(&self.snapshot, namespace, start, end)?);
        Ok(ScanId(self.scans.len() - 1))
    }

    /// Opens a range query of one page, after which nothing may be written.
    ///
    /// # Errors
    /// The transaction has written.
    pub fn scan_page(&mut self, namespace: &str, start: &str, end: &str) -> Result<ScanId, SimulationError> {
        if self.wrote {
            return Err(SimulationError::PaginatedQueryAfterWrite(self.txid.clone()));
        }
        self.paginated = true;
        self.scan(namespace, start, end)
    }

    /// The next row of a range query.
    ///
    /// # Errors
    /// The query is unknown, or the ledger cannot be read.
    pub fn next(&mut self, scan: ScanId) -> Result<Option<(String, VersionedValue)>, SimulationError> {
        let scan = self.scans.get_mut(scan.0).ok_or(SimulationError::UnknownScan)?;
        Ok(scan.next()?)
    }

    /// Where the next page of a range query begins; empty at the end.
    ///
    /// # Errors
    /// The query is unknown.
    pub fn bookmark(&mut self, scan: ScanId) -> Result<String, SimulationError> {
        let scan = self.scans.get_mut(scan.0).ok_or(SimulationError::UnknownScan)?;
        Ok(scan.bookmark())
    }

    /// The modifications of a key, newest first. Not part of the read set, as on Fabric.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn history(&self, namespace: &str, key: &str) -> Result<Vec<HistoryEntry>, SimulationError> {
        Ok(self.snapshot.history(namespace, key)?.collect::<Result<_, _>>()?)
    }

    /// Closes the transaction.
    ///
    /// # Errors
    /// A key-level policy on the ledger does not decode.
    pub fn finish(mut self) -> Result<Simulation, SimulationError> {
        for scan in std::mem::take(&mut self.scans) {
            let (namespace, range) = scan.finish();
            self.rwset.range(&namespace, range);
        }
        let interest = self.written.interest(self.rwset.namespaces())?;
        Ok(Simulation {
            results: self.rwset.encode(),
            interest,
        })
    }

    fn before_write(&mut self) -> Result<(), SimulationError> {
        if self.paginated {
            return Err(SimulationError::WriteAfterPaginatedQuery(self.txid.clone()));
        }
        self.wrote = true;
        Ok(())
    }

    fn note_written(&mut self, namespace: &str, key: &str) -> Result<(), SimulationError> {
        let policy = self.snapshot.get(namespace, key)?.and_then(|value| value.metadata);
        self.written.add(namespace, key, policy);
        Ok(())
    }
}
