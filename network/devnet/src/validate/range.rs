//! Range queries: phantoms.
//!
//! Source: Fabric, core/ledger/kvledger/txmgmt/validation/rangequery_validator.go, combined_iterator.go.

use std::iter::Peekable;

use fabric_protos::kvrwset::{KvRead, RangeQueryInfo, range_query_info::ReadsInfo};

use crate::{
    ledger::{LedgerError, StateUpdates, StateView, Version, VersionedValue},
    range_digest::RangeDigest,
};

type Found = Result<(String, Version), LedgerError>;

/// Whether the query would give the same keys and versions now.
///
/// An exhausted iterator saw everything up to the end key, which is not part of the range. One that was not
/// exhausted stopped at the end key, which is.
pub(super) fn is_current(
    namespace: &str,
    query: &RangeQueryInfo,
    committed: &dyn StateView,
    updates: &StateUpdates,
) -> Result<bool, LedgerError> {
    let end_key = (!query.itr_exhausted)
        .then(|| current(namespace, &query.end_key, committed, updates))
        .transpose()?
        .flatten()
        .map(|version| Ok((query.end_key.clone(), version)));
    let found = merged(namespace, query, committed, updates)?.chain(end_key);
    match &query.reads_info {
        expected @ Some(ReadsInfo::ReadsMerkleHashes(summary)) => {
            let Some(mut digest) = RangeDigest::of_degree(summary.max_degree) else {
                return Ok(false);
            };
            for entry in found {
                let (key, version) = entry?;
                digest.add(KvRead {
                    key,
                    version: Some(version.into()),
                });
            }
            Ok(digest.finish() == *expected)
        }
        Some(ReadsInfo::RawReads(expected)) => equal(found, &expected.kv_reads),
        None => equal(found, &[]),
    }
}

fn equal(mut found: impl Iterator<Item = Found>, expected: &[KvRead]) -> Result<bool, LedgerError> {
    for read in expected {
        match found.next().transpose()? {
            Some((key, version)) if key == read.key && read.version.map(Version::from) == Some(version) => {}
            _ => return Ok(false),
        }
    }
    Ok(found.next().transpose()?.is_none())
}

fn current(
    namespace: &str,
    key: &str,
    committed: &dyn StateView,
    updates: &StateUpdates,
) -> Result<Option<Version>, LedgerError> {
    let version = |value: &VersionedValue| value.version;
    match updates.get(namespace, key) {
        Some(updated) => Ok(updated.map(version)),
        None => Ok(committed.get(namespace, key)?.as_ref().map(version)),
    }
}

/// State and updates in one sorted walk; an update hides the state's entry, a delete hides it altogether.
fn merged<'a>(
    namespace: &str,
    query: &RangeQueryInfo,
    committed: &'a dyn StateView,
    updates: &'a StateUpdates,
) -> Result<impl Iterator<Item = Found> + use<'a>, LedgerError> {
    let mut state = committed.range(namespace, &query.start_key, &query.end_key)?.peekable();
    let mut touched = updates.range(namespace, &query.start_key, &query.end_key).peekable();
    Ok(std::iter::from_fn(move || {
        loop {
            if let Some((key, value)) = next_touched(&mut state, &mut touched) {
                match value {
                    Some(value) => return Some(Ok((key.to_owned(), value.version))),
                    None => continue,
                }
            }
            return state.next().map(|entry| entry.map(|(key, value)| (key, value.version)));
        }
    }))
}

/// The next update, where it comes not after the next entry of the state, which it then replaces.
fn next_touched<'a>(
    state: &mut Peekable<impl Iterator<Item = Result<(String, VersionedValue), LedgerError>>>,
    touched: &mut Peekable<impl Iterator<Item = (&'a str, Option<&'a VersionedValue>)>>,
) -> Option<(&'a str, Option<&'a VersionedValue>)> {
    let (key, _) = touched.peek()?;
    let order = match state.peek() {
        None => std::cmp::Ordering::Less,
        Some(Ok((committed, _))) => (*key).cmp(committed.as_str()),
        Some(Err(_)) => return None,
    };
    match order {
        std::cmp::Ordering::Greater => None,
        std::cmp::Ordering::Equal => {
            state.next();
            touched.next()
        }
        std::cmp::Ordering::Less => touched.next(),
    }
}
