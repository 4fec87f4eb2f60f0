//! The tables of the derived state and how a block changes them.

use std::{fs, path::Path};

use bytes::Bytes;
use fabric_protos::common::Block;
use redb::{Database, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::{BlockOutcome, FaultHook, FaultPoint, LedgerError, StateUpdates, Version, VersionedValue, block};

/// (namespace, key) → encoded [`VersionedValue`].
pub(super) const STATE: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("state");
/// (namespace, key, block, transaction), one entry a write.
pub(super) const HISTORY: TableDefinition<'_, (&str, &str, u64, u64), ()> = TableDefinition::new("history");
/// Transaction id → (block, index, code); the first transaction with an id keeps it.
pub(super) const TRANSACTIONS: TableDefinition<'_, &str, (u64, u64, u8)> = TableDefinition::new("transactions");
/// Hash of a block's header → its number.
pub(super) const BLOCKS: TableDefinition<'_, &[u8], u64> = TableDefinition::new("blocks");
/// Height and hash of the last block's header: what the other tables were derived from.
const SAVEPOINT: TableDefinition<'_, (), (u64, &[u8])> = TableDefinition::new("savepoint");

/// What the state was derived from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Savepoint {
    pub(super) height: u64,
    pub(super) last_hash: Bytes,
}

/// Opens or creates the file. One that redb cannot read is removed: the log holds everything that it held.
pub(super) fn open(path: &Path, cache_bytes: usize) -> Result<Database, LedgerError> {
    let attempt = || {
        let database = Database::builder()
            .set_cache_size(cache_bytes)
            .create(path)
            .map_err(redb::Error::from)?;
        prepare(&database).map(|()| database)
    };
    match attempt() {
        Err(LedgerError::State(error)) if !matches!(*error, redb::Error::DatabaseAlreadyOpen) => {
            tracing::warn!(%error, path = %path.display(), "the derived state is unreadable and is built again from the log");
            fs::remove_file(path).map_err(LedgerError::io("removing", path))?;
            attempt()
        }
        Ok(older) if !has_all_blocks(&older)? => {
            tracing::info!(path = %path.display(), "the derived state has no index of blocks and is built again from the log");
            drop(older);
            fs::remove_file(path).map_err(LedgerError::io("removing", path))?;
            attempt()
        }
        opened => opened,
    }
}

/// A state of an earlier release knows no blocks by their hashes.
fn has_all_blocks(database: &Database) -> Result<bool, LedgerError> {
    let indexed = database.begin_read()?.open_table(BLOCKS)?.len()?;
    Ok(indexed == savepoint(database)?.height)
}

/// Creates missing tables, so that readers find them.
pub(super) fn prepare(database: &Database) -> Result<(), LedgerError> {
    let transaction = database.begin_write()?;
    transaction.open_table(STATE)?;
    transaction.open_table(HISTORY)?;
    transaction.open_table(TRANSACTIONS)?;
    transaction.open_table(BLOCKS)?;
    transaction.open_table(SAVEPOINT)?;
    Ok(transaction.commit()?)
}

pub(super) fn savepoint(database: &Database) -> Result<Savepoint, LedgerError> {
    let table = database.begin_read()?.open_table(SAVEPOINT)?;
    let entry = table.get(())?.map(|entry| {
        let (height, hash) = entry.value();
        Savepoint {
            height,
            last_hash: Bytes::copy_from_slice(hash),
        }
    });
    Ok(entry.unwrap_or_default())
}

/// Applies one judged block. `durable` forces everything so far to the disk; the log is the truth either way.
pub(super) fn apply(
    database: &Database,
    judged: &Block,
    outcome: &BlockOutcome,
    durable: bool,
    faults: &FaultHook,
) -> Result<(), LedgerError> {
    let number = block::number(judged);
    let mut transaction = database.begin_write()?;
    let durability = if durable {
        Durability::Immediate
    } else {
        Durability::None
    };
    transaction.set_durability(durability).map_err(redb::Error::from)?;
    write_state(&transaction, &outcome.updates)?;
    index_transactions(&transaction, judged, outcome)?;
    let hash = judged.header.as_ref().map(block::header_hash).unwrap_or_default();
    transaction.open_table(BLOCKS)?.insert(hash.as_ref(), number)?;
    transaction
        .open_table(SAVEPOINT)?
        .insert((), (number + 1, hash.as_ref()))?;
    faults.reach(FaultPoint::BeforeStateCommit, number);
    transaction.commit()?;
    faults.reach(FaultPoint::AfterStateCommit, number);
    Ok(())
}

fn write_state(transaction: &redb::WriteTransaction, updates: &StateUpdates) -> Result<(), LedgerError> {
    let mut state = transaction.open_table(STATE)?;
    for (namespace, key, _, value) in updates.iter() {
        match value {
            Some(value) => state.insert((namespace, key), encode(value).as_slice())?,
            None => state.remove((namespace, key))?,
        };
    }
    let mut history = transaction.open_table(HISTORY)?;
    for (namespace, key, version) in updates.history() {
        history.insert((namespace.as_str(), key.as_str(), version.block, version.tx), ())?;
    }
    Ok(())
}

fn index_transactions(
    transaction: &redb::WriteTransaction,
    judged: &Block,
    outcome: &BlockOutcome,
) -> Result<(), LedgerError> {
    let number = block::number(judged);
    let mut transactions = transaction.open_table(TRANSACTIONS)?;
    for ((index, envelope), code) in (0..).zip(block::envelopes(judged)).zip(&outcome.codes) {
        let Some((_, header)) = block::open_envelope(envelope) else {
            continue;
        };
        let id = header.tx_id.as_str();
        if !id.is_empty() && transactions.get(id)?.is_none() {
            transactions.insert(id, (number, index, block::code_byte(*code)))?;
        }
    }
    Ok(())
}

/// `block u64 | tx u64 | length of metadata + 1, or 0, u32 | metadata | value`, big endian.
fn encode(value: &VersionedValue) -> Vec<u8> {
    let metadata = value.metadata.as_deref();
    let length = metadata.map_or(0, |metadata| u32::try_from(metadata.len()).unwrap_or(u32::MAX - 1) + 1);
    let mut bytes = Vec::with_capacity(20 + metadata.map_or(0, <[u8]>::len) + value.value.len());
    bytes.extend_from_slice(&value.version.block.to_be_bytes());
    bytes.extend_from_slice(&value.version.tx.to_be_bytes());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(metadata.unwrap_or_default());
    bytes.extend_from_slice(&value.value);
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> Result<VersionedValue, LedgerError> {
    parse(bytes).ok_or(LedgerError::BadRecord("value"))
}

fn parse(bytes: &[u8]) -> Option<VersionedValue> {
    let (block, rest) = bytes.split_first_chunk::<8>()?;
    let (tx, rest) = rest.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let version = Version {
        block: u64::from_be_bytes(*block),
        tx: u64::from_be_bytes(*tx),
    };
    let (metadata, value) = match u32::from_be_bytes(*length).checked_sub(1) {
        Some(length) => {
            let (metadata, value) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            (Some(Bytes::copy_from_slice(metadata)), value)
        }
        None => (None, rest),
    };
    Some(VersionedValue {
        value: Bytes::copy_from_slice(value),
        metadata,
        version,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_stored_value_reads_back(
            value in prop::collection::vec(any::<u8>(), 0..40),
            metadata in prop::option::of(prop::collection::vec(any::<u8>(), 0..40)),
            block: u64,
            tx: u64,
        ) {
            let stored = VersionedValue {
                value: value.into(),
                metadata: metadata.map(Bytes::from),
                version: Version { block, tx },
            };
            prop_assert_eq!(decode(&encode(&stored)).unwrap(), stored);
        }
    }

    #[test]
    fn a_short_record_is_an_error() {
        assert!(matches!(decode(&[0; 19]), Err(LedgerError::BadRecord("value"))));
    }
}
