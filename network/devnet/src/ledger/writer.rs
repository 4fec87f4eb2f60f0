//! The tip of the chain, and how a log is replayed up to it.

use std::sync::Arc;

use bytes::Bytes;
use fabric_protos::common::Block;
use redb::Database;

use super::{
    BlockOutcome, FaultHook, LedgerError, Snapshot, StateUpdates, block, commit_hash,
    log::BlockLog,
    state::{self, Savepoint},
};

/// Blocks between two forced writes of the derived state: bounds what a restart replays.
const DURABLE_EVERY: u64 = 64;

/// What the next block must follow. `stopped` stays set when a write fails half-way.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) tip: Savepoint,
    pub(super) commit_hash: Bytes,
    pub(super) stopped: bool,
}

impl Writer {
    /// Checks that the block is the next one; gives the tip after it.
    pub(super) fn follow(&self, judged: &Block, outcome: &BlockOutcome) -> Result<Savepoint, LedgerError> {
        let header = judged
            .header
            .as_ref()
            .ok_or_else(|| LedgerError::bad_block(0, "it has no header"))?;
        let refused = |reason: &str| Err(LedgerError::bad_block(header.number, reason));
        if header.number != self.tip.height || header.previous_hash != self.tip.last_hash {
            return refused("it does not follow the last block");
        }
        if outcome.codes.len() != block::envelopes(judged).len() {
            return refused("it has not one verdict for each transaction");
        }
        Ok(Savepoint {
            height: header.number + 1,
            last_hash: block::header_hash(header),
        })
    }

    /// Fabric records no commit hash in the genesis block.
    pub(super) fn next_commit_hash(&self, filter: &[u8], updates: &StateUpdates) -> Bytes {
        if self.tip.height == 0 {
            Bytes::new()
        } else {
            commit_hash::next(&self.commit_hash, filter, updates)
        }
    }
}

/// Applies the log's blocks from the writer's tip on.
pub(super) fn replay(log: &Arc<BlockLog>, database: &Database, writer: &mut Writer) -> Result<(), LedgerError> {
    let height = log.height();
    while writer.tip.height < height {
        let number = writer.tip.height;
        let Some(judged) = log.read(number)? else { break };
        let before = Snapshot::take(database, number, log.clone())?;
        let outcome = BlockOutcome::of_committed(&judged, &before)?;
        let next = writer.follow(&judged, &outcome)?;
        let filter = block::metadata(&judged, block::TRANSACTIONS_FILTER);
        let hash = writer.next_commit_hash(&filter, &outcome.updates);
        if hash != block::commit_hash(&judged) {
            return Err(LedgerError::bad_block(
                number,
                "its recorded commit hash is not that of the replayed state",
            ));
        }
        let durable = is_durable(number) || number + 1 == height;
        state::apply(database, &judged, &outcome, durable, &FaultHook::default())?;
        *writer = Writer {
            tip: next,
            commit_hash: hash,
            stopped: false,
        };
    }
    Ok(())
}

pub(super) fn is_durable(number: u64) -> bool {
    number.is_multiple_of(DURABLE_EVERY)
}
