//! A peer in memory, to test chaincodes without a network.
//!
//! [`MockPeer`] speaks the peer's half of the stream protocol with the same session code that serves real peers.
//! [`MockLedger`] holds the committed state. A transaction reads the state as it was committed when it started, never
//! its own writes; its writes are applied when it succeeds. What Fabric refuses is refused alike: writes after a
//! paginated or private query, and the other way round. Not played: endorsement policies, collection permissions,
//! rich queries, and conflicts between transactions that are submitted at once.

mod ledger;
mod peer;
mod proposal;
mod simulation;

pub use ledger::MockLedger;
pub use peer::{MockError, MockOutcome, MockPeer, MockSettings};
pub use proposal::MockProposal;
pub use simulation::MockWrite;
