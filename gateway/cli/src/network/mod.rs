//! A whole network on this machine: keys, one chaincode service per organisation, one devnet, one profile per user.
//!
//! Services and devnet are processes of their own, started by running `der` again, so that kills and memory figures
//! are real. They end with the [`LocalNetwork`] value, and with the process that holds it even if that is killed.

mod batch;
mod child;
mod error;
mod files;
mod layout;
mod local;
mod log;
mod usage;

pub use batch::Batch;
pub use child::{ChildProcess, ChildSpec};
pub use error::NetworkError;
pub use layout::{CHAINCODE, CHANNEL, CONSORTIUM, DEVNET, Layout};
pub use local::{Launch, LocalNetwork};
pub use usage::Usage;
