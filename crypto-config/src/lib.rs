#![doc = include_str!("../README.md")]

mod authority;
pub mod channel;
pub mod cli;
pub mod consortium;
mod error;
mod generate;
mod holder;
mod inspect;
pub mod layout;
mod name;
mod renew;
mod revoke;
mod store;
mod template;
pub mod tree;

pub use channel::{Channel, Consensus, Endorsement};
pub use consortium::{Consortium, Organisation, User, Validity};
pub use error::CryptogenError;
pub use generate::{add_user, extend, generate};
pub use inspect::{Row, inspect};
pub use layout::Node;
pub use renew::{Renewal, renew};
pub use revoke::revoke;
pub use store::Report;
pub use tree::Tree;
