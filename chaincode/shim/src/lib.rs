#![doc = include_str!("../README.md")]

mod buffered;
mod chaincode;
pub mod composite_key;
mod error;
mod execution;
mod features;
mod frame;
mod iterator;
mod limits;
mod listener;
mod metrics;
pub mod mock;
mod proposal;
mod request;
mod response;
mod server;
mod service;
mod session;
mod slot;
mod stub;
mod table;
mod tls;
mod transaction;
mod write_batch;

pub use chaincode::Chaincode;
pub use error::{ServerError, ShimError};
pub use iterator::{HistoryIterator, KeyModification, KeyValue, Page, QueryIterator, QueryResult, StateIterator};
pub use limits::{Limits, MAX_MESSAGE_BYTES};
pub use metrics::{Metrics, Snapshot};
pub use response::Response;
pub use server::{Certificates, Server, ServerBuilder};
pub use stub::Stub;
pub use tls::{TlsConfig, TlsError};
