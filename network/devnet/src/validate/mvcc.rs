//! Whether what a transaction read is still so, after the block's earlier valid transactions.
//!
//! Source: Fabric, core/ledger/kvledger/txmgmt/validation/validator.go.

use fabric_protos::{kvrwset::KvRead, protos::TxValidationCode};

use super::{Verdict, range};
use crate::ledger::{BlockOutcome, LedgerError, StateUpdates, StateView, Version, rwset::TxRwSet};

/// The last stage: the candidates in order, each against the state and the updates before it.
pub(super) fn judge(verdicts: &[Verdict], block: u64, committed: &dyn StateView) -> Result<BlockOutcome, LedgerError> {
    let mut outcome = BlockOutcome::default();
    for (tx, verdict) in (0..).zip(verdicts) {
        let code = match verdict {
            Verdict::Invalid(code) => *code,
            Verdict::Configuration => TxValidationCode::Valid,
            Verdict::Candidate(candidate) => {
                advance(&candidate.set, Version { block, tx }, committed, &mut outcome.updates)?
            }
        };
        outcome.codes.push(code);
    }
    Ok(outcome)
}

/// Judges one read/write set and, when it is valid, adds its writes.
pub(super) fn advance(
    set: &TxRwSet,
    version: Version,
    committed: &dyn StateView,
    updates: &mut StateUpdates,
) -> Result<TxValidationCode, LedgerError> {
    for namespace in &set.namespaces {
        let name = &namespace.namespace;
        for read in &namespace.public.reads {
            if !is_current(name, read, committed, updates)? {
                return Ok(TxValidationCode::MvccReadConflict);
            }
        }
        for query in &namespace.public.range_queries_info {
            if !range::is_current(name, query, committed, updates)? {
                return Ok(TxValidationCode::PhantomReadConflict);
            }
        }
        if namespace.reads_collections {
            return Ok(TxValidationCode::MvccReadConflict);
        }
    }
    updates.apply(set, version, committed)?;
    Ok(TxValidationCode::Valid)
}

/// An absent key is read with no version, and must still be absent.
fn is_current(
    namespace: &str,
    read: &KvRead,
    committed: &dyn StateView,
    updates: &StateUpdates,
) -> Result<bool, LedgerError> {
    if updates.touches(namespace, &read.key) {
        return Ok(false);
    }
    let found = committed.get(namespace, &read.key)?.map(|value| value.version);
    Ok(found == read.version.map(Version::from))
}
