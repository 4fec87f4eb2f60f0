use std::{
    collections::VecDeque,
    fmt,
    fs::{self, File},
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use bytes::Bytes;
use fabric_protos::common::{Block, Metadata};
use prost::Message;
use redb::Database;
use tokio::sync::watch;

use super::{
    BlockOutcome, FaultHook, FaultPoint, LedgerError, Snapshot, TxLocation, block, folder,
    log::BlockLog,
    state,
    writer::{Writer, is_durable, replay},
};

const LOG: &str = "blocks.log";
const STATE: &str = "state.redb";
/// How a ledger is opened.
#[derive(Debug, Clone)]
pub struct LedgerOptions {
    /// How many past heights stay readable by [`Ledger::snapshot_behind`]; at least 1 (the newest).
    pub kept_snapshots: usize,
    /// Bytes of redb's page cache.
    pub cache_bytes: usize,
    /// Called at the steps of a commit, for crash tests.
    pub faults: FaultHook,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self {
            kept_snapshots: 16,
            cache_bytes: 4 << 20,
            faults: FaultHook::default(),
        }
    }
}

/// A last frame that a crash cut short; nobody was told that it is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TornTail {
    /// Where the file was cut, in bytes.
    pub offset: u64,
    /// How many bytes were dropped.
    pub bytes: u64,
}

/// The one ledger of the devnet. Commits are serial; reads are free.
///
/// The commit point of a block is the fsync of the log. State follows without its own fsync and is derived again
/// from the log on open.
pub struct Ledger {
    log: Arc<BlockLog>,
    database: Database,
    writer: Mutex<Writer>,
    snapshots: RwLock<VecDeque<Snapshot>>,
    height: watch::Sender<u64>,
    options: LedgerOptions,
    torn_tail: Option<TornTail>,
    _lock: File,
}

impl Ledger {
    /// Opens the ledger in `dir`, or starts one with `genesis`.
    ///
    /// Every frame of the log is verified; a torn tail is cut (see [`Ledger::torn_tail`]); blocks past the
    /// state's savepoint are replayed.
    ///
    /// # Errors
    ///
    /// When another process holds the folder, the log is damaged or belongs to another genesis block, the state
    /// is ahead of the log, or the file system fails.
    pub fn open(dir: &Path, genesis: &Block, options: LedgerOptions) -> Result<Arc<Self>, LedgerError> {
        fs::create_dir_all(dir).map_err(LedgerError::io("creating", dir))?;
        let lock = folder::lock(dir)?;
        let (log, torn_tail) = BlockLog::open(&dir.join(LOG))?;
        if let Some(torn) = torn_tail {
            tracing::warn!(
                offset = torn.offset,
                bytes = torn.bytes,
                "cut a torn block off the end of the log"
            );
        }
        let database = state::open(&dir.join(STATE), options.cache_bytes)?;
        folder::sync(dir)?;
        let ledger = Self {
            log: Arc::new(log),
            database,
            writer: Mutex::default(),
            snapshots: RwLock::default(),
            height: watch::Sender::new(0),
            options,
            torn_tail,
            _lock: lock,
        };
        ledger.check_genesis(genesis)?;
        ledger.catch_up()?;
        if ledger.height() == 0 {
            ledger.commit(genesis.clone(), BlockOutcome::of_genesis(genesis))?;
        }
        Ok(Arc::new(ledger))
    }

    fn check_genesis(&self, genesis: &Block) -> Result<(), LedgerError> {
        match self.log.read(0)? {
            Some(first) if first.header != genesis.header => Err(LedgerError::OtherGenesis {
                path: self.log.path().to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Brings the state to the log's height.
    fn catch_up(&self) -> Result<(), LedgerError> {
        let savepoint = state::savepoint(&self.database)?;
        let height = self.log.height();
        if savepoint.height > height {
            return Err(LedgerError::LogBehindState {
                log: height,
                state: savepoint.height,
            });
        }
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = savepoint
            .height
            .checked_sub(1)
            .map(|last| self.log.read(last))
            .transpose()?
            .flatten()
        {
            let hash = last.header.as_ref().map(block::header_hash).unwrap_or_default();
            if hash != savepoint.last_hash {
                return Err(LedgerError::BadRecord("savepoint: it belongs to another chain"));
            }
            writer.commit_hash = block::commit_hash(&last);
        }
        writer.tip = savepoint;
        replay(&self.log, &self.database, &mut writer)?;
        drop(writer);
        self.keep_snapshot(height)?;
        self.height.send_replace(height);
        Ok(())
    }

    /// Appends a judged block: log, fsync (the commit point), state, then everybody who watches.
    ///
    /// Sets the block's `TRANSACTIONS_FILTER` and `COMMIT_HASH`.
    ///
    /// # Errors
    ///
    /// When the block does not follow the last one, has not one verdict a transaction, or a write fails; after a
    /// failed write the ledger takes no more blocks.
    pub fn commit(&self, mut judged: Block, outcome: BlockOutcome) -> Result<Arc<Block>, LedgerError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.stopped {
            return Err(LedgerError::Stopped);
        }
        let next = writer.follow(&judged, &outcome)?;
        let filter: Bytes = outcome
            .codes
            .iter()
            .map(|code| block::code_byte(*code))
            .collect::<Vec<_>>()
            .into();
        let hash = writer.next_commit_hash(&filter, &outcome.updates);
        block::set_metadata(&mut judged, block::TRANSACTIONS_FILTER, filter);
        let value = Metadata {
            value: hash.clone(),
            signatures: Vec::new(),
        };
        block::set_metadata(&mut judged, block::COMMIT_HASH, value.encode_to_vec().into());
        writer.stopped = true;
        let committed = self.write(judged, &outcome)?;
        *writer = Writer {
            tip: next,
            commit_hash: hash,
            stopped: false,
        };
        let height = writer.tip.height;
        drop(writer);
        self.height.send_replace(height);
        Ok(committed)
    }

    fn write(&self, judged: Block, outcome: &BlockOutcome) -> Result<Arc<Block>, LedgerError> {
        let number = block::number(&judged);
        let faults = &self.options.faults;
        let encoded = judged.encode_to_vec();
        faults.reach(FaultPoint::BeforeLogAppend, number);
        self.log.append(&encoded)?;
        faults.reach(FaultPoint::AfterLogAppend, number);
        self.log.sync()?;
        faults.reach(FaultPoint::AfterLogSync, number);
        let judged = Arc::new(judged);
        self.log.publish(judged.clone(), encoded.len());
        state::apply(&self.database, &judged, outcome, is_durable(number), faults)?;
        self.keep_snapshot(number + 1)?;
        Ok(judged)
    }

    fn keep_snapshot(&self, height: u64) -> Result<(), LedgerError> {
        let snapshot = Snapshot::take(&self.database, height, self.log.clone())?;
        let mut snapshots = self.snapshots.write().unwrap_or_else(PoisonError::into_inner);
        snapshots.retain(|kept| kept.height() > 0);
        snapshots.push_back(snapshot);
        while snapshots.len() > self.options.kept_snapshots.max(1) {
            snapshots.pop_front();
        }
        Ok(())
    }

    /// Number of committed blocks.
    pub fn height(&self) -> u64 {
        *self.height.borrow()
    }

    /// Follows the height. A value of n means that blocks 0 to n-1 can be read.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.height.subscribe()
    }

    /// A committed block; `None` when there is none with this number yet.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn block(&self, number: u64) -> Result<Option<Arc<Block>>, LedgerError> {
        if number < self.height() {
            self.log.read(number)
        } else {
            Ok(None)
        }
    }

    /// The block of the configuration in force, as the newest block names it.
    ///
    /// # Errors
    ///
    /// When the log cannot be read, or holds no such block.
    pub fn config_block(&self) -> Result<Arc<Block>, LedgerError> {
        let last = self.height().saturating_sub(1);
        let tip = self.block(last)?;
        let number = tip.map_or(0, |tip| block::last_config(&tip));
        let missing = || LedgerError::bad_block(last, format!("its last configuration block {number} is not there"));
        self.block(number)?.ok_or_else(missing)
    }

    /// The block that holds a transaction.
    ///
    /// # Errors
    ///
    /// When the index or the log cannot be read.
    pub fn block_by_tx(&self, tx_id: &str) -> Result<Option<Arc<Block>>, LedgerError> {
        self.transaction(tx_id)?
            .map_or(Ok(None), |place| self.block(place.block))
    }

    /// The block whose header has this hash.
    ///
    /// # Errors
    ///
    /// When the index or the log cannot be read.
    pub fn block_by_hash(&self, header_hash: &[u8]) -> Result<Option<Arc<Block>>, LedgerError> {
        self.snapshot()
            .block_number(header_hash)?
            .map_or(Ok(None), |number| self.block(number))
    }

    /// Where a transaction lies.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn transaction(&self, tx_id: &str) -> Result<Option<TxLocation>, LedgerError> {
        self.snapshot().transaction(tx_id)
    }

    /// The newest state.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_behind(0)
    }

    /// The state `blocks` blocks ago, or the oldest one kept.
    #[allow(
        clippy::expect_used,
        reason = "open() keeps a snapshot before anyone can hold a Ledger, and one always stays"
    )]
    pub fn snapshot_behind(&self, blocks: usize) -> Snapshot {
        let snapshots = self.snapshots.read().unwrap_or_else(PoisonError::into_inner);
        let index = snapshots.len().saturating_sub(1).saturating_sub(blocks);
        snapshots
            .get(index)
            .cloned()
            .expect("a ledger keeps its newest snapshot")
    }

    /// What a crash left behind and [`Ledger::open`] cut off.
    pub fn torn_tail(&self) -> Option<TornTail> {
        self.torn_tail
    }

    /// The hash of the last block's header: the next block's `previous_hash`.
    pub fn last_hash(&self) -> Bytes {
        self.writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .tip
            .last_hash
            .clone()
    }

    /// The state hash (see [`Snapshot::state_hash`]) of a replay of the log from genesis, in memory.
    ///
    /// # Errors
    ///
    /// When the log cannot be read, or a block's recorded commit hash is not the replay's.
    pub fn replayed_state_hash(&self) -> Result<Bytes, LedgerError> {
        let database = Database::builder()
            .set_cache_size(self.options.cache_bytes)
            .create_with_backend(redb::backends::InMemoryBackend::new())
            .map_err(redb::Error::from)?;
        state::prepare(&database)?;
        replay(&self.log, &database, &mut Writer::default())?;
        Snapshot::take(&database, self.log.height(), self.log.clone())?.state_hash()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let tip = self.writer.lock().unwrap_or_else(PoisonError::into_inner).tip.height;
        if let Err(error) = self
            .database
            .begin_write()
            .map_err(redb::Error::from)
            .and_then(|transaction| transaction.commit().map_err(redb::Error::from))
        {
            tracing::warn!(%error, tip, "state was not forced to the disk on closing; the next start replays it");
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ledger")
            .field("height", &self.height())
            .finish_non_exhaustive()
    }
}
