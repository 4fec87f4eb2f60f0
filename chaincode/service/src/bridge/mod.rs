//! Where Fabric meets the market: a proposal becomes a call, a decision becomes writes.

mod apply;
mod arguments;
mod caller;
mod guard;
mod market;
mod verifier;
mod view;

pub use guard::{GuardError, encode_policy};
pub use market::Market;
