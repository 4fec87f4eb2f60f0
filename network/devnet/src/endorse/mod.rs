//! From a client's proposal to endorsements: the checks, the simulation, the signature, and which organisations to ask.

mod access;
mod definition;
mod difference;
mod peer;
mod plan;
mod prepare;
mod proposal;
mod query_configuration;
mod query_definition;
mod query_ledger;

pub use access::{Access, AccessError};
pub use difference::differences;
pub use peer::{InstalledChaincode, Peer, PeerSettings};
pub use plan::{PlanError, Planner};
pub use prepare::prepare_transaction;
pub use proposal::{Proposal, ProposalError};

pub(crate) use definition::commit_arguments;
pub(crate) use proposal::transaction_id;
