use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex},
};

use fabric_protos::protos::TxValidationCode::{MvccReadConflict, Valid};
use tempfile::TempDir;

use super::*;
use crate::channel::fixture::{CHAINCODE, Chain, World, guard, puts, read};

const LOG: &str = "blocks.log";
const STATE: &str = "state.redb";

fn log(chain: &Chain<'_>) -> std::path::PathBuf {
    chain.dir.path().join(LOG)
}

fn open(world: &World, dir: &Path) -> Result<Arc<Ledger>, LedgerError> {
    Ledger::open(dir, &world.genesis, LedgerOptions::default())
}

#[test]
fn blocks_are_found_by_their_hashes_also_in_a_state_that_had_no_index_of_them() {
    let world = World::new();
    let chain = world.chain();
    let hashes: Vec<_> = (0..2)
        .map(|number| block::header_hash(chain.ledger.block(number).unwrap().unwrap().header.as_ref().unwrap()))
        .collect();
    let numbers = |chain: &Chain<'_>| -> Vec<Option<u64>> {
        let found = hashes.iter().map(|hash| chain.ledger.block_by_hash(hash).unwrap());
        found.map(|found| found.map(|found| block::number(&found))).collect()
    };
    assert_eq!(numbers(&chain), [Some(0), Some(1)]);
    assert!(chain.ledger.block_by_hash(b"no hash").unwrap().is_none());
    let Chain { world, ledger, dir } = chain;
    drop(ledger);
    let database = redb::Database::open(dir.path().join(STATE)).unwrap();
    let transaction = database.begin_write().unwrap();
    assert!(transaction.delete_table(state::BLOCKS).unwrap());
    transaction.commit().unwrap();
    drop(database);
    let chain = Chain::open(world, dir, LedgerOptions::default());
    assert_eq!(numbers(&chain), [Some(0), Some(1)]);
}

#[test]
fn what_is_committed_is_there_after_reopening() {
    let world = World::new();
    let chain = world.chain();
    let draft = world.draft(puts(&[("lamp", "on")]));
    assert_eq!(chain.commit(&[draft.envelope()]), [Valid]);
    let (hash, tip) = (chain.ledger.snapshot().state_hash().unwrap(), chain.ledger.last_hash());
    let chain = chain.reopen();
    assert_eq!(
        (
            chain.ledger.height(),
            chain.ledger.last_hash(),
            chain.ledger.torn_tail()
        ),
        (3, tip, None)
    );
    let location = TxLocation {
        block: 2,
        index: 0,
        code: Valid,
    };
    assert_eq!(chain.ledger.transaction(&draft.tx_id).unwrap(), Some(location));
    let found = chain.ledger.snapshot().get(CHAINCODE, "lamp").unwrap().unwrap();
    assert_eq!(
        (found.value.as_ref(), found.version),
        (b"on".as_slice(), Version { block: 2, tx: 0 })
    );
    assert_eq!(chain.ledger.snapshot().state_hash().unwrap(), hash);
    assert_eq!(
        block::codes(&chain.ledger.block_by_tx(&draft.tx_id).unwrap().unwrap()),
        [Valid]
    );
    assert!(chain.ledger.block(3).unwrap().is_none());
}

#[test]
fn a_snapshot_does_not_move() {
    let world = World::new();
    let chain = world.chain();
    chain.put(&[("lamp", "on")]);
    let before = chain.ledger.snapshot();
    chain.put(&[("lamp", "off"), ("fan", "on")]);
    chain.put(&[("lamp", "")]);
    let lamp = |snapshot: &Snapshot| snapshot.get(CHAINCODE, "lamp").unwrap().map(|found| found.value);
    assert_eq!((before.height(), lamp(&before)), (3, Some("on".into())));
    assert!(before.get(CHAINCODE, "fan").unwrap().is_none());
    assert_eq!(lamp(&chain.ledger.snapshot()), None);
    assert_eq!(lamp(&chain.ledger.snapshot_behind(1)), Some("off".into()));
    assert_eq!(lamp(&chain.ledger.snapshot_behind(2)), Some("on".into()));
    assert_eq!(
        chain.ledger.snapshot_behind(99).height(),
        1,
        "the oldest is the genesis block's"
    );
}

#[test]
fn ranges_end_before_the_end_key_and_stay_in_the_namespace() {
    let world = World::new();
    let chain = world.chain();
    chain.put(&[("a", "1"), ("b", "2"), ("b\u{0}", "3"), ("c", "4"), ("é", "5")]);
    let keys = |start: &str, end: &str| -> Vec<String> {
        let range = chain.ledger.snapshot().range(CHAINCODE, start, end).unwrap();
        range.map(|entry| entry.unwrap().0).collect()
    };
    assert_eq!(keys("", ""), ["a", "b", "b\u{0}", "c", "é"]);
    assert_eq!(keys("b", "c"), ["b", "b\u{0}"]);
    assert_eq!(keys("c", ""), ["c", "é"]);
    assert_eq!(keys("c", "b"), [""; 0]);
    assert_eq!(keys("b", "b"), [""; 0]);
}

#[test]
fn history_is_newest_first_with_deletes() {
    let world = World::new();
    let chain = world.chain();
    chain.put(&[("lamp", "on"), ("lamp2", "other")]);
    chain.put(&[("lamp", "")]);
    let last = world.draft(puts(&[("lamp", "off")]));
    assert_eq!(
        chain.commit(&[last.envelope(), stale(&world)]),
        [Valid, MvccReadConflict]
    );
    let history: Vec<_> = chain
        .ledger
        .snapshot()
        .history(CHAINCODE, "lamp")
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let seen: Vec<_> = history
        .iter()
        .map(|entry| (entry.value.as_ref(), entry.is_delete))
        .collect();
    assert_eq!(seen, [(b"off".as_slice(), false), (b"", true), (b"on", false)]);
    assert_eq!(history[0].tx_id, last.tx_id);
}

/// A transaction that reads a version nobody wrote.
fn stale(world: &World) -> Bytes {
    let mut set = puts(&[("lamp", "stale")]);
    set.reads.push(read("lamp", Some(Version { block: 1, tx: 9 })));
    world.draft(set).envelope()
}

/// A chain with every kind of write, to compare states.
fn eventful(world: &World) -> Chain<'_> {
    let chain = world.chain();
    chain.put(&[("a", "1"), ("b", "2")]);
    let mut guarded = puts(&[("c", "3")]);
    guarded.metadata_writes = vec![
        guard("a", Some("AND('AMSP.peer', 'CMSP.peer')")),
        guard("absent", Some("OR('AMSP.peer')")),
    ];
    assert_eq!(
        chain.commit(&[world.draft(guarded).envelope(), stale(world)]),
        [Valid, MvccReadConflict]
    );
    chain.put(&[("b", ""), ("c", "4")]);
    chain
}

#[test]
fn state_equals_a_replay_from_genesis() {
    let world = World::new();
    let chain = eventful(&world);
    let hash = chain.ledger.snapshot().state_hash().unwrap();
    assert_eq!(chain.ledger.replayed_state_hash().unwrap(), hash);
    let Chain { ledger, dir, .. } = chain;
    drop(ledger);
    fs::remove_file(dir.path().join(STATE)).unwrap();
    let ledger = open(&world, dir.path()).unwrap();
    assert_eq!(ledger.snapshot().state_hash().unwrap(), hash);
}

#[test]
fn an_unreadable_state_is_built_again() {
    let world = World::new();
    let mut chain = eventful(&world);
    let hash = chain.ledger.snapshot().state_hash().unwrap();
    for spoil in [
        |_: Vec<u8>| b"no database".to_vec(),
        |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec(),
        |_| Vec::new(),
    ] {
        let Chain { ledger, dir, .. } = chain;
        drop(ledger);
        let path = dir.path().join(STATE);
        fs::write(&path, spoil(fs::read(&path).unwrap())).unwrap();
        chain = Chain::open(&world, dir, LedgerOptions::default());
        assert_eq!(chain.ledger.snapshot().state_hash().unwrap(), hash);
    }
}

#[test]
fn a_torn_tail_is_cut_at_every_byte() {
    let world = World::new();
    let chain = world.chain();
    let before = usize::try_from(fs::metadata(log(&chain)).unwrap().len()).unwrap();
    chain.put(&[("lamp", "on")]);
    let whole = fs::read(log(&chain)).unwrap();
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(LOG);
    for cut in before..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let (log, torn) = log::BlockLog::open(&path).unwrap();
        let tail = TornTail {
            offset: before as u64,
            bytes: (cut - before) as u64,
        };
        assert_eq!(
            (log.height(), torn),
            (2, (cut > before).then_some(tail)),
            "cut at {cut}"
        );
        assert_eq!(fs::read(&path).unwrap(), whole[..before], "cut at {cut}");
    }
}

#[test]
fn a_ledger_goes_on_after_a_torn_tail() {
    let world = World::new();
    let chain = world.chain();
    let before = fs::metadata(log(&chain)).unwrap().len();
    chain.put(&[("lamp", "on")]);
    let hash = chain.ledger.snapshot_behind(1).state_hash().unwrap();
    let whole = fs::read(log(&chain)).unwrap();
    let dir = Arc::new(TempDir::new().unwrap());
    fs::write(dir.path().join(LOG), &whole[..whole.len() - 1]).unwrap();
    let chain = Chain::open(&world, dir, LedgerOptions::default());
    let bytes = whole.len() as u64 - 1 - before;
    assert_eq!(chain.ledger.torn_tail(), Some(TornTail { offset: before, bytes }));
    assert_eq!(
        (chain.ledger.height(), chain.ledger.snapshot().state_hash().unwrap()),
        (2, hash)
    );
    chain.put(&[("lamp", "on")]);
    assert_eq!(chain.reopen().ledger.height(), 3);
}

#[test]
fn zeros_after_the_last_block_are_a_torn_tail() {
    let world = World::new();
    let Chain { ledger, dir, .. } = world.chain();
    drop(ledger);
    let path = dir.path().join(LOG);
    let mut bytes = fs::read(&path).unwrap();
    let offset = bytes.len() as u64;
    bytes.extend([0; 5000]);
    fs::write(&path, bytes).unwrap();
    let ledger = open(&world, dir.path()).unwrap();
    assert_eq!(
        (ledger.height(), ledger.torn_tail()),
        (2, Some(TornTail { offset, bytes: 5000 }))
    );
}

/// The scan alone, so that every byte of two blocks can be tried.
#[test]
fn a_flipped_bit_anywhere_is_detected() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(LOG);
    let first = block::new_block(0, Bytes::new(), vec![Bytes::from_static(b"one")]);
    let hash = block::header_hash(first.header.as_ref().unwrap());
    let second = block::new_block(1, hash, vec![Bytes::from_static(b"two"), Bytes::from_static(b"three")]);
    let frames = [first, second]
        .map(|each| frame::encode(&prost::Message::encode_to_vec(&each)).unwrap())
        .concat();
    fs::write(&path, &frames).unwrap();
    assert_eq!(log::BlockLog::open(&path).unwrap().0.height(), 2);
    for bit in 0..frames.len() * 8 {
        let mut flipped = frames.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        let found = log::BlockLog::open(&path);
        assert!(
            matches!(found, Err(LedgerError::Damaged { .. })),
            "bit {bit} went unseen: {found:?}"
        );
        assert_eq!(fs::read(&path).unwrap(), flipped, "a refused log must be left as it is");
    }
}

#[test]
fn a_damaged_block_is_refused_by_name_and_offset() {
    let world = World::new();
    let chain = world.chain();
    let offset = fs::metadata(log(&chain)).unwrap().len();
    chain.put(&[("lamp", "on")]);
    chain.put(&[("lamp", "off")]);
    let Chain { ledger, dir, .. } = chain;
    drop(ledger);
    let path = dir.path().join(LOG);
    let mut bytes = fs::read(&path).unwrap();
    bytes[usize::try_from(offset).unwrap() + 40] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = open(&world, dir.path()).unwrap_err();
    assert!(
        matches!(&error, LedgerError::Damaged { offset: found, .. } if *found == offset),
        "{error}"
    );
    assert!(error.to_string().contains("restore the file"), "{error}");
}

#[test]
fn blocks_lost_from_the_log_are_refused() {
    let world = World::new();
    let chain = world.chain();
    let before = fs::metadata(log(&chain)).unwrap().len();
    chain.put(&[("lamp", "on")]);
    let Chain { ledger, dir, .. } = chain;
    drop(ledger);
    let file = fs::OpenOptions::new().write(true).open(dir.path().join(LOG)).unwrap();
    file.set_len(before).unwrap();
    let error = open(&world, dir.path()).unwrap_err();
    assert!(
        matches!(error, LedgerError::LogBehindState { log: 2, state: 3 }),
        "{error}"
    );
}

#[test]
fn one_process_at_a_time() {
    let world = World::new();
    let chain = world.chain();
    let error = open(&world, chain.dir.path()).unwrap_err();
    assert!(matches!(error, LedgerError::Locked { .. }), "{error}");
}

#[test]
fn another_genesis_is_refused() {
    let world = World::new();
    let Chain { ledger, dir, .. } = world.chain();
    drop(ledger);
    let error = open(&World::new(), dir.path()).unwrap_err();
    assert!(matches!(error, LedgerError::OtherGenesis { .. }), "{error}");
}

#[test]
fn a_block_out_of_order_is_refused() {
    let world = World::new();
    let chain = world.chain();
    let (next, outcome) = chain.judge(&[world.draft(puts(&[("a", "1")])).envelope()]);
    let mut skipped = next.clone();
    skipped.header.as_mut().unwrap().number += 1;
    let mut unlinked = next.clone();
    unlinked.header.as_mut().unwrap().previous_hash = Bytes::from_static(b"no hash");
    for refused in [skipped, unlinked] {
        assert!(matches!(
            chain.ledger.commit(refused, outcome.clone()),
            Err(LedgerError::BadBlock { .. })
        ));
    }
    let unjudged = BlockOutcome::default();
    assert!(matches!(
        chain.ledger.commit(next.clone(), unjudged),
        Err(LedgerError::BadBlock { .. })
    ));
    chain.ledger.commit(next, outcome).unwrap();
}

/// The commit hash chains verdicts and changes from block 1 on; nobody's other than Fabric's order of bytes gives it.
#[test]
fn the_commit_hash_is_fabrics() {
    let world = World::new();
    let chain = world.chain();
    let version = chain.put(&[("k", "v")]);
    let commit = |number| block::commit_hash(&chain.ledger.block(number).unwrap().unwrap());
    assert!(commit(0).is_empty());
    let mut write = vec![0x0a, 6];
    write.extend(CHAINCODE.as_bytes());
    write.extend(b"\x1a\x01k\x2a\x01v\x32\x03\x01");
    write.push(u8::try_from(version.block).unwrap());
    write.push(0);
    let mut bytes = vec![1, 0, 0x0a, u8::try_from(write.len()).unwrap()];
    bytes.extend(write);
    bytes.extend(commit(1));
    assert_eq!(commit(2), Bytes::copy_from_slice(&fabric_msp::sha256(&bytes)));
}

/// A process that dies at any step of a commit leaves either all of the block or nothing.
#[test]
fn a_crash_at_any_step_leaves_all_or_nothing() {
    use FaultPoint::*;
    let world = World::new();
    for (point, survives) in [
        (BeforeLogAppend, false),
        (AfterLogAppend, true),
        (AfterLogSync, true),
        (BeforeStateCommit, true),
        (AfterStateCommit, true),
    ] {
        let armed = Arc::new(Mutex::new(None));
        let trigger = armed.clone();
        let faults = FaultHook::new(move |reached, _| {
            assert!(
                *trigger.lock().unwrap_or_else(|poison| poison.into_inner()) != Some(reached),
                "crash"
            );
        });
        let dir = Arc::new(TempDir::new().unwrap());
        let options = LedgerOptions {
            faults,
            ..LedgerOptions::default()
        };
        let chain = Chain::open(&world, dir, options);
        assert_eq!(chain.commit(&[world.definition(1).envelope()]), [Valid]);
        let (next, outcome) = chain.judge(&[world.draft(puts(&[("lamp", "on")])).envelope()]);
        *armed.lock().unwrap() = Some(point);
        let crash = catch_unwind(AssertUnwindSafe(|| chain.ledger.commit(next.clone(), outcome.clone())));
        assert!(crash.is_err(), "{point:?} was not reached");
        assert!(matches!(chain.ledger.commit(next, outcome), Err(LedgerError::Stopped)));
        assert_eq!(chain.ledger.height(), 2, "nobody may hear of an unfinished block");
        let chain = chain.reopen();
        assert_eq!(chain.ledger.height(), if survives { 3 } else { 2 }, "{point:?}");
        let state = chain.ledger.snapshot().state_hash().unwrap();
        assert_eq!(state, chain.ledger.replayed_state_hash().unwrap(), "{point:?}");
    }
}
