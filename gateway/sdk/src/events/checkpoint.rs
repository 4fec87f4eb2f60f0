//! How far a listener got.

use std::{future::Future, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::ChaincodeEvent;

/// How far a listener got: all before block `block_number`, and in that block all up to and with the transaction.
///
/// Its JSON is that of the official clients: `{"blockNumber":7,"transactionId":"…"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Position {
    /// The block to go on with.
    pub block_number: u64,
    /// The last transaction of that block that was handled; empty when none was.
    pub transaction_id: String,
}

impl Position {
    /// All of this block was handled.
    pub fn after_block(number: u64) -> Self {
        Self {
            block_number: number.saturating_add(1),
            transaction_id: String::new(),
        }
    }

    /// This event was handled.
    pub fn after_event(event: &ChaincodeEvent) -> Self {
        Self {
            block_number: event.block_number,
            transaction_id: event.transaction_id.clone(),
        }
    }

    /// The official clients write this before anything was handled.
    pub(crate) fn is_unset(&self) -> bool {
        self.block_number == 0 && self.transaction_id.is_empty()
    }
}

/// Why a checkpoint cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file is torn, or is something else.
    #[error(
        "{} is not a checkpoint ({reason}): restore it, or remove it and choose a start block; a checkpoint is {{\"blockNumber\":7,\"transactionId\":\"…\"}}",
        path.display()
    )]
    NotACheckpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file or its folder cannot be used.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// Read or write.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// Remembers how far a listener got. Store the position after the event was handled, never before.
pub trait Checkpointer: Send {
    /// The position stored last; none before the first.
    fn position(&self) -> Option<Position>;

    /// Stores a position. It is durable when this returns.
    ///
    /// # Errors
    /// When it could not be stored; the former one still stands.
    fn store(&mut self, position: Position) -> impl Future<Output = Result<(), CheckpointError>> + Send;
}

/// Remembers for as long as the process lives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InMemoryCheckpointer {
    position: Option<Position>,
}

impl Checkpointer for InMemoryCheckpointer {
    fn position(&self) -> Option<Position> {
        self.position.clone()
    }

    async fn store(&mut self, position: Position) -> Result<(), CheckpointError> {
        self.position = Some(position);
        Ok(())
    }
}
