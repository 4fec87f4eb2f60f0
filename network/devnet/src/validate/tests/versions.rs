//! Versions and phantoms, through whole transactions.

use fabric_protos::{
    kvrwset::{KvRead, KvrwSet, QueryReads, RangeQueryInfo, range_query_info::ReadsInfo},
    protos::TxValidationCode::{self, MvccReadConflict, PhantomReadConflict, Valid},
};

use crate::{
    channel::{
        LIFECYCLE,
        fixture::{CHAINCODE, Chain, World, puts, read},
        sequence_key,
    },
    ledger::Version,
    range_digest::RangeDigest,
};

fn reading(reads: &[KvRead]) -> KvrwSet {
    KvrwSet {
        reads: reads.to_vec(),
        ..KvrwSet::default()
    }
}

fn ranging(start: &str, end: &str, exhausted: bool, reads: &[KvRead]) -> KvrwSet {
    let query = RangeQueryInfo {
        start_key: start.to_owned(),
        end_key: end.to_owned(),
        itr_exhausted: exhausted,
        reads_info: Some(ReadsInfo::RawReads(QueryReads {
            kv_reads: reads.to_vec(),
        })),
    };
    KvrwSet {
        range_queries_info: vec![query],
        ..KvrwSet::default()
    }
}

/// The verdicts of sets in one block, not committed.
fn judge(chain: &Chain<'_>, sets: &[KvrwSet]) -> Vec<TxValidationCode> {
    let envelopes: Vec<_> = sets
        .iter()
        .map(|set| chain.world.draft(set.clone()).envelope())
        .collect();
    chain.judge(&envelopes).1.codes
}

#[test]
fn reads_must_be_current() {
    let world = World::new();
    let chain = world.chain();
    let version = chain.put(&[("lamp", "on")]);
    let other = Version {
        block: version.block,
        tx: 1,
    };
    let cases = [
        (read("lamp", Some(version)), Valid),
        (read("lamp", Some(other)), MvccReadConflict),
        (read("lamp", None), MvccReadConflict),
        (read("absent", None), Valid),
        (read("absent", Some(version)), MvccReadConflict),
    ];
    for (read, expected) in cases {
        assert_eq!(
            judge(&chain, &[reading(std::slice::from_ref(&read))]),
            [expected],
            "{read:?}"
        );
    }
}

#[test]
fn the_first_of_two_writers_wins() {
    let world = World::new();
    let chain = world.chain();
    let version = chain.put(&[("lamp", "on")]);
    let writer = |key: &str, version| KvrwSet {
        reads: vec![read(key, version)],
        ..puts(&[(key, "off")])
    };
    let both = [writer("lamp", Some(version)), writer("lamp", Some(version))];
    assert_eq!(judge(&chain, &both), [Valid, MvccReadConflict]);
    let creators = [writer("new", None), writer("new", None)];
    assert_eq!(judge(&chain, &creators), [Valid, MvccReadConflict]);
    let blind = [puts(&[("lamp", "1")]), puts(&[("lamp", "2")])];
    assert_eq!(judge(&chain, &blind), [Valid, Valid]);
    let after_delete = [puts(&[("absent", "")]), reading(&[read("absent", None)])];
    assert_eq!(judge(&chain, &after_delete), [Valid, MvccReadConflict]);
    let after_invalid = [reading(&[read("absent", Some(version))]), writer("lamp", Some(version))];
    assert_eq!(judge(&chain, &after_invalid), [MvccReadConflict, Valid]);
}

#[test]
fn phantoms_are_seen() {
    let world = World::new();
    let chain = world.chain();
    let version = chain.put(&[("b", "1"), ("d", "1")]);
    let (b, d) = (read("b", Some(version)), read("d", Some(version)));
    let whole = ranging("a", "e", true, &[b.clone(), d.clone()]);
    let cases: [(Option<KvrwSet>, TxValidationCode); 7] = [
        (None, Valid),
        (Some(puts(&[("a", "1")])), PhantomReadConflict),
        (Some(puts(&[("c", "1")])), PhantomReadConflict),
        (Some(puts(&[("b", "2")])), PhantomReadConflict),
        (Some(puts(&[("d", "")])), PhantomReadConflict),
        (Some(puts(&[("e", "1")])), Valid),
        (Some(puts(&[("c", "")])), Valid),
    ];
    for (earlier, expected) in cases {
        let sets: Vec<_> = earlier.into_iter().chain([whole.clone()]).collect();
        assert_eq!(judge(&chain, &sets).last(), Some(&expected), "{sets:?}");
    }
}

#[test]
fn an_unfinished_scan_includes_its_end_key() {
    let world = World::new();
    let chain = world.chain();
    let version = chain.put(&[("b", "1"), ("d", "1"), ("f", "1")]);
    let (b, d) = (read("b", Some(version)), read("d", Some(version)));
    let scan = |exhausted| ranging("a", "d", exhausted, &[b.clone(), d.clone()]);
    assert_eq!(judge(&chain, &[scan(false)]), [Valid]);
    assert_eq!(judge(&chain, &[scan(true)]), [PhantomReadConflict]);
    assert_eq!(judge(&chain, &[puts(&[("e", "1")]), scan(false)]), [Valid, Valid]);
    assert_eq!(
        judge(&chain, &[puts(&[("d", "2")]), scan(false)]),
        [Valid, PhantomReadConflict]
    );
    assert_eq!(
        judge(&chain, &[puts(&[("d", "")]), scan(false)]),
        [Valid, PhantomReadConflict]
    );
    let open_end = ranging("c", "", true, &[d, read("f", Some(version))]);
    assert_eq!(judge(&chain, std::slice::from_ref(&open_end)), [Valid]);
    assert_eq!(
        judge(&chain, &[puts(&[("z", "1")]), open_end]),
        [Valid, PhantomReadConflict]
    );
}

#[test]
fn a_merkle_summary_stands_for_long_reads() {
    let world = World::new();
    let chain = world.chain();
    let keys: Vec<String> = (0..120).map(|n| format!("k{n:03}")).collect();
    let writes: Vec<_> = keys.iter().map(|key| (key.as_str(), "1")).collect();
    let version = chain.put(&writes);
    let mut digest = RangeDigest::default();
    keys.iter().for_each(|key| digest.add(read(key, Some(version))));
    let digest = digest.finish();
    assert!(matches!(digest, Some(ReadsInfo::ReadsMerkleHashes(_))));
    let mut set = ranging("k", "l", true, &[]);
    set.range_queries_info[0].reads_info = digest;
    assert_eq!(judge(&chain, std::slice::from_ref(&set)), [Valid]);
    assert_eq!(
        judge(&chain, &[puts(&[("k050x", "1")]), set.clone()]),
        [Valid, PhantomReadConflict]
    );
    assert_eq!(
        judge(&chain, &[puts(&[("k119", "")]), set]),
        [Valid, PhantomReadConflict]
    );
}

/// Every endorsement reads the definition's sequence: an upgrade in between makes it stale.
#[test]
fn an_upgrade_invalidates_what_is_in_flight() {
    let world = World::new();
    let chain = world.chain();
    let sequence = reading(&[read(&sequence_key(CHAINCODE), Some(Version { block: 1, tx: 0 }))]);
    let in_flight = || {
        world.draft(KvrwSet::default()).with_sets(vec![
            (LIFECYCLE, sequence.clone()),
            (CHAINCODE, puts(&[("lamp", "on")])),
        ])
    };
    assert_eq!(chain.commit(&[in_flight().envelope()]), [Valid]);
    assert_eq!(
        chain.commit(&[world.definition(2).envelope(), in_flight().envelope()]),
        [Valid, MvccReadConflict]
    );
    assert_eq!(chain.commit(&[in_flight().envelope()]), [MvccReadConflict]);
}
