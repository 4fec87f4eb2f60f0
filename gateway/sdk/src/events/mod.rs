//! Listening: chaincode events and blocks, resumed after breaks, from a position that survives crashes.
//!
//! Delivery is at least once; (block, transaction) identifies an event, since a transaction has at most one.

mod block_events;
mod block_form;
mod block_order;
mod block_request;
mod chaincode_events;
mod chaincode_request;
mod checkpoint;
mod cursor;
mod events_error;
mod feed;
mod file_checkpointer;
mod sink;
mod start;

pub use block_events::{BlockEventsBuilder, BlockNotice, BlockStream};
pub use block_request::BlockEventsRequest;
pub use chaincode_events::{ChaincodeEvent, ChaincodeEventsBuilder, EventStream, Notice};
pub use chaincode_request::ChaincodeEventsRequest;
pub use checkpoint::{CheckpointError, Checkpointer, InMemoryCheckpointer, Position};
pub use events_error::EventsError;
pub use file_checkpointer::FileCheckpointer;
pub use sink::{EventSink, SinkError, drain_into};
