//! The three chains, read whole from one's own peer, and whether what they say of each other holds.

mod finding;
mod links;
mod read;

pub use finding::{Finding, Verdict};
pub use links::verify;
pub use read::{Chain, chains};
