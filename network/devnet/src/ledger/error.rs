use std::path::PathBuf;

use thiserror::Error;

/// Why the ledger refuses to open, read or append.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The file system answered with an error.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Another process holds the folder.
    #[error("{} is in use by another process: stop it, or choose another data folder", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A frame of the block log does not hold what was written.
    #[error(
        "{} is damaged at byte {offset} ({reason}): restore the file from a copy, or remove the data folder to start a new chain",
        path.display()
    )]
    Damaged {
        /// The block log.
        path: PathBuf,
        /// Where the damaged frame begins, in bytes.
        offset: u64,
        /// What does not hold.
        reason: String,
    },
    /// The first block is not the configured one.
    #[error(
        "{} belongs to another channel configuration: its genesis block differs. Use the configuration it was started with, or another data folder",
        path.display()
    )]
    OtherGenesis {
        /// The block log.
        path: PathBuf,
    },
    /// The state knows more blocks than the log holds.
    #[error(
        "the block log ends at height {log} but the state was derived at height {state}: committed blocks are missing. Restore blocks.log, or remove state.redb to accept the loss"
    )]
    LogBehindState {
        /// Blocks in the log.
        log: u64,
        /// Blocks the state was derived from.
        state: u64,
    },
    /// The derived state could not be read or written.
    #[error("derived state: {0}. Removing state.redb rebuilds it from the block log")]
    State(Box<redb::Error>),
    /// Stored bytes of the derived state do not decode.
    #[error("derived state holds an unreadable {0}. Removing state.redb rebuilds it from the block log")]
    BadRecord(&'static str),
    /// A committed block cannot be interpreted.
    #[error("block {number} cannot be applied: {reason}")]
    BadBlock {
        /// Block number.
        number: u64,
        /// What does not hold.
        reason: String,
    },
    /// A previous write failed; the ledger takes no more blocks.
    #[error("the ledger stopped after a failed write: restart the process once the cause is removed")]
    Stopped,
}

impl LedgerError {
    pub(crate) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn bad_block(number: u64, reason: impl Into<String>) -> Self {
        Self::BadBlock {
            number,
            reason: reason.into(),
        }
    }
}

impl<E: Into<redb::Error>> From<E> for LedgerError {
    fn from(error: E) -> Self {
        Self::State(Box::new(error.into()))
    }
}
