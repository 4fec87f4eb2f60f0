//! The peer's half of the chaincode stream: dials a chaincode service, invokes it and answers its requests.
//!
//! Source: `core/chaincode/handler.go`, `core/chaincode/extcc`. Each organisation's peer has its own stream per chaincode.

mod cursor;
mod dial;
mod error;
mod link;
mod read_requests;
mod session;
mod transaction;
mod write_requests;

pub(crate) use dial::describe;
pub use dial::{ChaincodeService, ChaincodeTls};
pub use error::InvokeError;
pub use link::{ChaincodeLink, LinkSettings};
pub use transaction::{Callee, Invocation};
