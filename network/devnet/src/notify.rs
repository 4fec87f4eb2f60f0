//! Committed blocks to whoever follows them, without loss: a follower watches the height and reads the ledger.

use std::sync::Arc;

use fabric_protos::{
    common::{Block, HeaderType},
    protos::{ChaincodeEvent, TxValidationCode},
};
use prost::Message;
use tokio::sync::watch;

use crate::ledger::{Ledger, LedgerError, block};

/// A reader of blocks in order, from a start block on, waiting at the tip.
#[derive(Debug)]
pub struct BlockFollower {
    ledger: Arc<Ledger>,
    height: watch::Receiver<u64>,
    next: u64,
}

impl BlockFollower {
    /// Follows from block `start`, which may lie in the future.
    pub fn new(ledger: Arc<Ledger>, start: u64) -> Self {
        let height = ledger.watch();
        Self {
            ledger,
            height,
            next: start,
        }
    }

    /// The number of the block that [`BlockFollower::next`] gives.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// The next block, waiting until it is committed. Safe to cancel: no block is lost.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub async fn next(&mut self) -> Result<CommittedBlock, LedgerError> {
        loop {
            if let Some(found) = self.ledger.block(self.next)? {
                self.next += 1;
                return Ok(CommittedBlock::new(found));
            }
            let next = self.next;
            if self.height.wait_for(|height| *height > next).await.is_err() {
                return Err(LedgerError::Stopped);
            }
        }
    }
}

/// A block with its verdicts.
#[derive(Debug, Clone)]
pub struct CommittedBlock(Arc<Block>);

/// One transaction of a committed block.
#[derive(Debug, Clone, PartialEq)]
pub struct CommittedTransaction {
    /// Index in the block.
    pub index: u64,
    /// The id in the channel header; empty when the envelope does not decode.
    pub tx_id: String,
    /// The kind of transaction, where the envelope decodes.
    pub kind: Option<HeaderType>,
    /// The verdict.
    pub code: TxValidationCode,
    /// The chaincode's event, of a valid transaction only.
    pub event: Option<ChaincodeEvent>,
}

/// Fabric's gateway tells of no other event (`internal/pkg/gateway/event/transaction.go`).
fn is_named(event: &ChaincodeEvent) -> bool {
    !event.chaincode_id.is_empty() && !event.event_name.is_empty() && !event.tx_id.is_empty()
}

impl CommittedBlock {
    /// Wraps a block read from the ledger.
    pub fn new(block: Arc<Block>) -> Self {
        Self(block)
    }

    /// The block itself.
    pub fn block(&self) -> &Arc<Block> {
        &self.0
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        block::number(&self.0)
    }

    /// Its transactions in order.
    pub fn transactions(&self) -> impl Iterator<Item = CommittedTransaction> {
        (0..)
            .zip(block::envelopes(&self.0))
            .zip(block::codes(&self.0))
            .map(|((index, envelope), code)| {
                let Some((payload, header)) = block::open_envelope(envelope) else {
                    return CommittedTransaction {
                        index,
                        tx_id: String::new(),
                        kind: None,
                        code,
                        event: None,
                    };
                };
                let kind = HeaderType::try_from(header.r#type).ok();
                let has_event = code == TxValidationCode::Valid && kind == Some(HeaderType::EndorserTransaction);
                let event = has_event
                    .then(|| block::chaincode_action(&payload))
                    .flatten()
                    .and_then(|action| {
                        (!action.events.is_empty())
                            .then(|| ChaincodeEvent::decode(action.events).ok())
                            .flatten()
                    })
                    .filter(is_named);
                CommittedTransaction {
                    index,
                    tx_id: header.tx_id,
                    kind,
                    code,
                    event,
                }
            })
    }
}
