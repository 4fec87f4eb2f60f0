//! Ordering: admission, batches, blocks.

mod admission;
mod assembly;
mod configure;
mod cutter;
mod service;

pub use admission::OrderError;
pub use cutter::{Cutter, Message};
pub use service::{CutMode, Orderer, OrdererConfig};

#[cfg(test)]
mod tests;
