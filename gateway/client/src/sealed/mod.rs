//! Sealed orders: the salts on this side, seals before the gate, orders after it.
//!
//! A salt is on the disk before its seal leaves the client, so that a crash loses nothing: sealing again finds the salts, revealing reads
//! them, and both may be repeated.

mod reveal;
mod salts;
mod seal;

pub use reveal::{Revealing, Unrevealed};
pub use salts::{Kept, SaltFile, SaltFileError};

/// Orders in one transaction: a revealed one has some 300 bytes, and a batch at most 1 MiB.
const BATCH: usize = 2_500;
