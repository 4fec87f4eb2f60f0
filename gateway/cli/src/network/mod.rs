//! A whole network on this machine: keys, one chaincode service per organisation, one devnet, one profile per user.

mod child;
mod error;
mod log;

pub use child::{ChildProcess, ChildSpec};
pub use error::NetworkError;
