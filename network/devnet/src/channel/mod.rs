//! The channel: its genesis block, the MSPs, policies and limits that its configuration sets, and how that changes.

mod acls;
mod capabilities;
mod config;
mod definition;
mod duration;
mod error;
mod genesis;
mod group;
mod live;
mod sections;
mod update;
mod verified;
mod view;

pub use config::{BatchConfig, ChannelConfig, Consenter, HostPort, OrganizationConfig};
pub use definition::{ChaincodeDefinition, EndorsementPolicy, LIFECYCLE, sequence_key};
pub use error::{ChannelError, UpdateRefusal};
pub use genesis::genesis_block;
pub use live::{LiveChannel, LiveChannelError};
pub use view::{Channel, SignedData};

/// The channel's default endorsement policy: a majority of the organisations, each by a peer.
pub const ENDORSEMENT: &str = "/Channel/Application/Endorsement";
/// Who must endorse a change of a chaincode's definition.
pub const LIFECYCLE_ENDORSEMENT: &str = "/Channel/Application/LifecycleEndorsement";
/// Who may have transactions ordered.
pub const WRITERS: &str = "/Channel/Writers";
/// Who may read blocks from an orderer.
pub const READERS: &str = "/Channel/Readers";
/// Whose signature makes a block the orderers'.
pub const BLOCK_VALIDATION: &str = "/Channel/Orderer/BlockValidation";
/// Who may propose transactions to a peer.
pub const APPLICATION_WRITERS: &str = "/Channel/Application/Writers";
/// Who may follow a peer's events.
pub const APPLICATION_READERS: &str = "/Channel/Application/Readers";

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
