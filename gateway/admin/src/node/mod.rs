//! Ordering nodes: where they are, whether they are well, and handing something to them.

mod address;
mod certificate;
mod health;

pub use address::NodeAddress;
pub use health::{Health, check, check_all, check_new};
