#![doc = include_str!("../README.md")]

mod approval;
mod channel_config;
mod consortium;
pub mod difference;
pub mod edit;
mod error;
mod group;
mod new_organization;
pub mod node;
mod signed_by;
pub mod update;

pub use approval::{Approval, Review, Signed};
pub use channel_config::ChannelConfig;
pub use consortium::{Consensus, ConsensusKind, Consortium, Node, Organization, Tolerance};
pub use error::AdminError;
pub use fabric_protos::common::ConfigGroup;
pub use new_organization::{NewOrganization, OrderingNode};
pub use update::{Submission, UpdateFile};
