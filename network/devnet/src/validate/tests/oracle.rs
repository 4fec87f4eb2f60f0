//! Random histories judged twice: by the validator, and by re-running each transaction's claims one after another
//! over a plain map.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use fabric_protos::{
    kvrwset::{KvrwSet, QueryReads, RangeQueryInfo, range_query_info::ReadsInfo},
    protos::TxValidationCode::{self, MvccReadConflict, PhantomReadConflict, Valid},
};
use proptest::prelude::*;

use crate::{
    channel::fixture::{guard, puts, read},
    ledger::{
        Entries, LedgerError, StateUpdates, StateView, Version, VersionedValue,
        rwset::{NsRwSet, TxRwSet},
    },
    validate::mvcc,
};

const NS: &str = "market";
const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

#[derive(Debug, Clone, Default, PartialEq)]
struct PlainState(BTreeMap<String, VersionedValue>);

impl StateView for PlainState {
    fn get(&self, _: &str, key: &str) -> Result<Option<VersionedValue>, LedgerError> {
        Ok(self.0.get(key).cloned())
    }

    fn range<'a>(&'a self, _: &str, start: &str, end: &str) -> Result<Entries<'a>, LedgerError> {
        Ok(Box::new(self.between(start, end).into_iter().map(Ok)))
    }
}

impl PlainState {
    fn between(&self, start: &str, end: &str) -> Vec<(String, VersionedValue)> {
        let inside = |key: &str| key >= start && (end.is_empty() || key < end);
        self.0
            .iter()
            .filter(|(key, _)| inside(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    fn version(&self, key: &str) -> Option<Version> {
        self.0.get(key).map(|found| found.version)
    }
}

/// What a transaction does, simulated on the state `lag` blocks before its block.
#[derive(Debug, Clone)]
struct Step {
    lag: usize,
    reads: Vec<usize>,
    range: Option<(usize, usize, bool)>,
    writes: Vec<(usize, bool)>,
    guards: Vec<(usize, bool)>,
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..KEYS.len();
    (
        0..2_usize,
        prop::collection::vec(key(), 0..2),
        prop::option::weighted(0.4, (key(), key(), any::<bool>())),
        prop::collection::vec((key(), any::<bool>()), 0..3),
        prop::collection::vec((key(), any::<bool>()), 0..2),
    )
        .prop_map(|(lag, reads, range, writes, guards)| Step {
            lag,
            reads,
            range,
            writes,
            guards,
        })
}

fn simulate(step: &Step, state: &PlainState, value: &str) -> KvrwSet {
    let writes: Vec<_> = step
        .writes
        .iter()
        .map(|(key, delete)| (KEYS[*key], if *delete { "" } else { value }))
        .collect();
    let reads = step.reads.iter().map(|key| read(KEYS[*key], state.version(KEYS[*key])));
    let guards = step
        .guards
        .iter()
        .map(|(key, set)| guard(KEYS[*key], set.then_some("OR('AMSP.peer')")));
    let query = step.range.map(|(start, end, exhausted)| {
        let mut found = state.between(KEYS[start], KEYS[end]);
        let unfinished = !exhausted && !found.is_empty();
        let end_key = if unfinished {
            found[0].0.clone()
        } else {
            KEYS[end].to_owned()
        };
        found.truncate(if unfinished { 1 } else { found.len() });
        let kv_reads = found
            .iter()
            .map(|(key, value)| read(key, Some(value.version)))
            .collect();
        RangeQueryInfo {
            start_key: KEYS[start].to_owned(),
            end_key,
            itr_exhausted: !unfinished,
            reads_info: Some(ReadsInfo::RawReads(QueryReads { kv_reads })),
        }
    });
    KvrwSet {
        reads: reads.collect(),
        range_queries_info: query.into_iter().collect(),
        metadata_writes: guards.collect(),
        ..puts(&writes)
    }
}

/// The oracle: one state, changed in place; `touched` are the keys of this block.
fn rerun(set: &KvrwSet, state: &mut PlainState, touched: &mut BTreeSet<String>, version: Version) -> TxValidationCode {
    let stale = |read: &fabric_protos::kvrwset::KvRead| {
        touched.contains(&read.key) || state.version(&read.key) != read.version.map(Version::from)
    };
    if set.reads.iter().any(stale) {
        return MvccReadConflict;
    }
    for query in &set.range_queries_info {
        let Some(ReadsInfo::RawReads(expected)) = &query.reads_info else {
            panic!("raw reads only")
        };
        let inside = |key: &&String| {
            key.as_str() >= query.start_key.as_str()
                && (key.as_str() < query.end_key.as_str() || (!query.itr_exhausted && **key == query.end_key))
        };
        let now: Vec<_> = state
            .0
            .keys()
            .filter(inside)
            .map(|key| read(key, state.version(key)))
            .collect();
        if now != expected.kv_reads {
            return PhantomReadConflict;
        }
    }
    let before = state.clone();
    for key in KEYS {
        let values: Vec<_> = set.writes.iter().filter(|write| write.key == key).collect();
        let guards: Vec<_> = set.metadata_writes.iter().filter(|write| write.key == key).collect();
        let old = before.0.get(key);
        if values.iter().any(|write| write.value.is_empty()) {
            state.0.remove(key);
            touched.insert(key.to_owned());
            continue;
        }
        let value: Option<Bytes> = values
            .last()
            .map(|write| write.value.clone())
            .or(old.map(|old| old.value.clone()));
        if let (false, Some(value)) = (values.is_empty() && guards.is_empty(), value) {
            let kept = old.and_then(|old| old.metadata.clone());
            let metadata = guards
                .last()
                .map_or(kept, |guard| guard.entries.first().map(|entry| entry.value.clone()));
            state.0.insert(
                key.to_owned(),
                VersionedValue {
                    value,
                    metadata,
                    version,
                },
            );
            touched.insert(key.to_owned());
        }
    }
    Valid
}

fn settle(state: &mut PlainState, updates: &StateUpdates) {
    for (_, key, _, value) in updates.iter() {
        match value {
            Some(value) => state.0.insert(key.to_owned(), value.clone()),
            None => state.0.remove(key),
        };
    }
}

proptest! {
    #[test]
    fn verdicts_and_state_equal_a_serial_run(blocks in prop::collection::vec(prop::collection::vec(step(), 1..6), 1..6)) {
        let mut states = vec![PlainState::default()];
        let mut serial = PlainState::default();
        for (number, block) in (1_u64..).zip(&blocks) {
            let committed = states.last().unwrap().clone();
            let (mut updates, mut touched) = (StateUpdates::default(), BTreeSet::new());
            for (tx, step) in (0_u64..).zip(block) {
                let seen = &states[states.len().saturating_sub(1 + step.lag)];
                let public = simulate(step, seen, &format!("{number}.{tx}"));
                let version = Version { block: number, tx };
                let expected = rerun(&public, &mut serial, &mut touched, version);
                let namespace = NsRwSet { namespace: NS.to_owned(), public, ..NsRwSet::default() };
                let set = TxRwSet { namespaces: vec![namespace] };
                let code = mvcc::advance(&set, version, &committed, &mut updates).unwrap();
                prop_assert_eq!(code, expected, "block {} transaction {}: {:?}", number, tx, set);
            }
            let mut next = committed;
            settle(&mut next, &updates);
            prop_assert_eq!(&next, &serial);
            states.push(next);
        }
    }
}
