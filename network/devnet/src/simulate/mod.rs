//! One transaction against one snapshot of the ledger: what it read, in which version, and what it would write.
//!
//! A read never sees the transaction's own writes, as on Fabric (`txmgr/tx_simulator.go`).

mod error;
pub(crate) mod guards;
mod range_scan;
mod rwset;
mod simulator;

pub use error::SimulationError;
pub use guards::WrittenKeys;
pub use simulator::{ScanId, Simulation, Simulator};
