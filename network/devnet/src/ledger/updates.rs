use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use bytes::Bytes;

use super::{
    LedgerError, Version, VersionedValue,
    rwset::{self, NsRwSet, TxRwSet},
};

/// A key and its value, or why it could not be read.
pub type VersionedEntry = Result<(String, VersionedValue), LedgerError>;

/// Entries of a range, sorted by key.
pub type Entries<'a> = Box<dyn Iterator<Item = VersionedEntry> + 'a>;

/// Committed state as the validator and the write-set merge read it.
pub trait StateView {
    /// The value of a key.
    ///
    /// # Errors
    ///
    /// When the state cannot be read.
    fn get(&self, namespace: &str, key: &str) -> Result<Option<VersionedValue>, LedgerError>;

    /// Keys from `start` (inclusive) to `end` (exclusive, empty for no end), sorted.
    ///
    /// # Errors
    ///
    /// When the state cannot be read.
    fn range<'a>(&'a self, namespace: &str, start: &str, end: &str) -> Result<Entries<'a>, LedgerError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Update {
    version: Version,
    value: Option<VersionedValue>,
}

/// The effect of a block's valid transactions on the state, in the order of the block.
///
/// Source: Fabric, core/ledger/kvledger/txmgmt/validation/tx_ops.go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateUpdates {
    namespaces: BTreeMap<String, BTreeMap<String, Update>>,
    history: BTreeSet<(String, String, Version)>,
}

impl StateUpdates {
    /// Merges one valid transaction's writes. `committed` is the state before the block.
    ///
    /// A value write keeps the key's metadata; a metadata write alone renews the value's version; a metadata
    /// write to an absent key does nothing; a delete wins over everything else in the same transaction.
    ///
    /// # Errors
    ///
    /// When `committed` cannot be read.
    pub fn apply(&mut self, set: &TxRwSet, version: Version, committed: &dyn StateView) -> Result<(), LedgerError> {
        let mut merged = Vec::new();
        for namespace in &set.namespaces {
            for (key, operation) in operations(namespace) {
                let before = self.latest(&namespace.namespace, key, committed)?;
                if let Some(value) = operation.outcome(before, version) {
                    merged.push((namespace.namespace.clone(), key.to_owned(), Update { version, value }));
                }
            }
            for write in &namespace.public.writes {
                self.history
                    .insert((namespace.namespace.clone(), write.key.clone(), version));
            }
        }
        for (namespace, key, update) in merged {
            self.namespaces.entry(namespace).or_default().insert(key, update);
        }
        Ok(())
    }

    fn latest(
        &self,
        namespace: &str,
        key: &str,
        committed: &dyn StateView,
    ) -> Result<Option<VersionedValue>, LedgerError> {
        match self.update(namespace, key) {
            Some(update) => Ok(update.value.clone()),
            None => committed.get(namespace, key),
        }
    }

    fn update(&self, namespace: &str, key: &str) -> Option<&Update> {
        self.namespaces.get(namespace)?.get(key)
    }

    /// Whether an earlier transaction of the block wrote or deleted the key.
    pub fn touches(&self, namespace: &str, key: &str) -> bool {
        self.update(namespace, key).is_some()
    }

    /// The key's value after this block's earlier transactions: `None` when they did not touch it,
    /// `Some(None)` when they deleted it.
    pub fn get(&self, namespace: &str, key: &str) -> Option<Option<&VersionedValue>> {
        self.update(namespace, key).map(|update| update.value.as_ref())
    }

    /// Touched keys from `start` (inclusive) to `end` (exclusive, empty for no end), deletes included.
    pub fn range<'a>(
        &'a self,
        namespace: &str,
        start: &str,
        end: &str,
    ) -> impl Iterator<Item = (&'a str, Option<&'a VersionedValue>)> + use<'a> {
        let end = if end.is_empty() {
            Bound::Unbounded
        } else {
            Bound::Excluded(end)
        };
        let is_empty = matches!(end, Bound::Excluded(end) if end <= start);
        self.namespaces
            .get(namespace)
            .filter(|_| !is_empty)
            .into_iter()
            .flat_map(move |keys| keys.range::<str, _>((Bound::Included(start), end)))
            .map(|(key, update)| (key.as_str(), update.value.as_ref()))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Number of touched keys.
    pub fn len(&self) -> usize {
        self.namespaces.values().map(BTreeMap::len).sum()
    }

    /// Whether nothing is touched.
    pub fn is_empty(&self) -> bool {
        self.namespaces.is_empty()
    }

    /// All updates as (namespace, key, version, value or delete), sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, Version, Option<&VersionedValue>)> {
        self.namespaces.iter().flat_map(|(namespace, keys)| {
            keys.iter()
                .map(|(key, update)| (namespace.as_str(), key.as_str(), update.version, update.value.as_ref()))
        })
    }

    pub(super) fn history(&self) -> impl Iterator<Item = &(String, String, Version)> {
        self.history.iter()
    }
}

/// What one transaction does to one key.
#[derive(Debug, Default)]
struct Operation {
    deletes: bool,
    value: Option<Bytes>,
    metadata: Option<Option<Bytes>>,
}

impl Operation {
    /// `None` for no effect, `Some(None)` for a delete.
    fn outcome(self, before: Option<VersionedValue>, version: Version) -> Option<Option<VersionedValue>> {
        if self.deletes {
            return Some(None);
        }
        let (old_value, old_metadata) = before.map_or((None, None), |before| (Some(before.value), before.metadata));
        let value = self.value.or(old_value)?;
        let metadata = self.metadata.unwrap_or(old_metadata);
        Some(Some(VersionedValue {
            value,
            metadata,
            version,
        }))
    }
}

fn operations(namespace: &NsRwSet) -> BTreeMap<&str, Operation> {
    let mut operations: BTreeMap<&str, Operation> = BTreeMap::new();
    for write in &namespace.public.writes {
        let operation = operations.entry(&write.key).or_default();
        if rwset::is_delete(write) {
            operation.deletes = true;
        } else {
            operation.value = Some(write.value.clone());
        }
    }
    for write in &namespace.public.metadata_writes {
        operations.entry(&write.key).or_default().metadata = Some(rwset::validation_parameter(write));
    }
    operations
}
