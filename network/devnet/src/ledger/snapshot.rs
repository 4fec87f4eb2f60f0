use std::{fmt, ops::Bound, sync::Arc};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTable};

use super::{
    Entries, LedgerError, StateView, TxLocation, VersionedEntry, VersionedValue, block,
    log::BlockLog,
    rwset::{self, TxRwSet},
    state::{self, BLOCKS, HISTORY, STATE, TRANSACTIONS},
};

/// State at one height: immutable, cheap to clone, free to hold. A redb read transaction underneath.
#[derive(Clone)]
pub struct Snapshot(Arc<Tables>);

struct Tables {
    height: u64,
    state: ReadOnlyTable<(&'static str, &'static str), &'static [u8]>,
    history: ReadOnlyTable<(&'static str, &'static str, u64, u64), ()>,
    transactions: ReadOnlyTable<&'static str, (u64, u64, u8)>,
    blocks: ReadOnlyTable<&'static [u8], u64>,
    log: Arc<BlockLog>,
}

/// One write to a key, from its transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The transaction that wrote.
    pub tx_id: String,
    /// The value; empty for a delete.
    pub value: Bytes,
    /// Whether the key was deleted.
    pub is_delete: bool,
    /// The client's clock, from the channel header.
    pub timestamp: Option<prost_types::Timestamp>,
}

impl Snapshot {
    pub(super) fn take(database: &Database, height: u64, log: Arc<BlockLog>) -> Result<Self, LedgerError> {
        let transaction = database.begin_read()?;
        Ok(Self(Arc::new(Tables {
            height,
            state: transaction.open_table(STATE)?,
            history: transaction.open_table(HISTORY)?,
            transactions: transaction.open_table(TRANSACTIONS)?,
            blocks: transaction.open_table(BLOCKS)?,
            log,
        })))
    }

    /// Number of blocks this state is derived from.
    pub fn height(&self) -> u64 {
        self.0.height
    }

    /// The value of a key.
    ///
    /// # Errors
    ///
    /// When the state cannot be read.
    pub fn get(&self, namespace: &str, key: &str) -> Result<Option<VersionedValue>, LedgerError> {
        self.0
            .state
            .get((namespace, key))?
            .map(|entry| state::decode(entry.value()))
            .transpose()
    }

    /// Keys of a namespace from `start` (inclusive) to `end` (exclusive, empty for no end), in byte order. The
    /// iterator owns its view and may be held and sent freely.
    ///
    /// # Errors
    ///
    /// When the state cannot be read.
    pub fn range(
        &self,
        namespace: &str,
        start: &str,
        end: &str,
    ) -> Result<impl Iterator<Item = VersionedEntry> + Send + use<>, LedgerError> {
        let namespace = namespace.to_owned();
        let upper = if end.is_empty() {
            Bound::Unbounded
        } else {
            Bound::Excluded((namespace.as_str(), end))
        };
        let backwards = !end.is_empty() && end <= start;
        let lower = (namespace.as_str(), start);
        let entries = (!backwards)
            .then(|| {
                self.0
                    .state
                    .range_owned::<(&str, &str)>((Bound::Included(lower), upper))
            })
            .transpose()?;
        Ok(entries
            .into_iter()
            .flatten()
            .map(|entry| {
                let (key, value) = entry?;
                let (namespace, key) = key.value();
                Ok((namespace.to_owned(), key.to_owned(), state::decode(value.value())?))
            })
            .take_while(move |entry: &Result<(String, _, _), LedgerError>| {
                entry.as_ref().map_or(true, |(found, _, _)| *found == namespace)
            })
            .map(|entry| entry.map(|(_, key, value)| (key, value))))
    }

    /// All writes to a key, newest first, each read from its transaction in the block log.
    ///
    /// # Errors
    ///
    /// When the index or the log cannot be read (per entry for the log).
    pub fn history(
        &self,
        namespace: &str,
        key: &str,
    ) -> Result<impl Iterator<Item = Result<HistoryEntry, LedgerError>> + Send + use<>, LedgerError> {
        let (namespace, key) = (namespace.to_owned(), key.to_owned());
        let first = (namespace.as_str(), key.as_str(), 0, 0);
        let last = (namespace.as_str(), key.as_str(), u64::MAX, u64::MAX);
        let entries = self.0.history.range_owned::<(&str, &str, u64, u64)>(first..=last)?;
        let log = self.0.log.clone();
        Ok(entries.rev().map(move |entry| {
            let (place, _) = entry?;
            let (_, _, number, index) = place.value();
            log.read(number)?
                .and_then(|read| {
                    let envelope = block::envelopes(&read).get(usize::try_from(index).ok()?)?;
                    history_entry(envelope, &namespace, &key)
                })
                .ok_or_else(|| LedgerError::bad_block(number, format!("transaction {index} wrote {key}, yet does not")))
        }))
    }

    /// Whether a transaction with this id is on the ledger, valid or not.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn has_transaction(&self, tx_id: &str) -> Result<bool, LedgerError> {
        Ok(self.transaction(tx_id)?.is_some())
    }

    /// Where a transaction lies. Of several with one id the first counts.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn transaction(&self, tx_id: &str) -> Result<Option<TxLocation>, LedgerError> {
        Ok(self.0.transactions.get(tx_id)?.map(|entry| {
            let (block, index, code) = entry.value();
            TxLocation {
                block,
                index,
                code: block::code_of(code),
            }
        }))
    }

    /// The number of the block whose header has this hash.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn block_number(&self, header_hash: &[u8]) -> Result<Option<u64>, LedgerError> {
        Ok(self.0.blocks.get(header_hash)?.map(|entry| entry.value()))
    }

    /// SHA-256 over all keys, values, metadata and versions in byte order: equal states, equal hashes.
    ///
    /// # Errors
    ///
    /// When the state cannot be read.
    pub fn state_hash(&self) -> Result<Bytes, LedgerError> {
        let mut context = Context::new(&SHA256);
        for entry in self.0.state.iter()? {
            let (key, value) = entry?;
            let (namespace, name) = key.value();
            for part in [namespace.as_bytes(), name.as_bytes(), value.value()] {
                context.update(&(part.len() as u64).to_be_bytes());
                context.update(part);
            }
        }
        Ok(Bytes::copy_from_slice(context.finish().as_ref()))
    }
}

fn history_entry(envelope: &Bytes, namespace: &str, key: &str) -> Option<HistoryEntry> {
    let (payload, header) = block::open_envelope(envelope)?;
    let set = TxRwSet::decode(block::chaincode_action(&payload)?.results).ok()?;
    let written = set.namespaces.iter().find(|set| set.namespace == namespace)?;
    let write = written.public.writes.iter().rfind(|write| write.key == key)?;
    Some(HistoryEntry {
        tx_id: header.tx_id,
        value: write.value.clone(),
        is_delete: rwset::is_delete(write),
        timestamp: header.timestamp,
    })
}

impl StateView for Snapshot {
    fn get(&self, namespace: &str, key: &str) -> Result<Option<VersionedValue>, LedgerError> {
        Snapshot::get(self, namespace, key)
    }

    fn range<'a>(&'a self, namespace: &str, start: &str, end: &str) -> Result<Entries<'a>, LedgerError> {
        Ok(Box::new(Snapshot::range(self, namespace, start, end)?))
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Snapshot")
            .field("height", &self.0.height)
            .finish_non_exhaustive()
    }
}
