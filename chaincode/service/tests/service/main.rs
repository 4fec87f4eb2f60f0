//! The service over a peer in memory, and as a process.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

mod attributes;
mod bridge;
mod creator;
mod process;
mod ranges;
mod renewed;
