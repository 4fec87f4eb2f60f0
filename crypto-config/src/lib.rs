#![doc = include_str!("../README.md")]

mod authority;
pub mod cli;
pub mod consortium;
mod error;
mod generate;
mod holder;
mod inspect;
mod name;
mod renew;
mod revoke;
mod store;
mod template;
pub mod tree;

pub use consortium::{Consortium, Organisation, User, Validity};
pub use error::CryptogenError;
pub use generate::{add_user, extend, generate};
pub use inspect::{Row, inspect};
pub use renew::{Renewal, renew};
pub use revoke::revoke;
pub use store::Report;
pub use tree::Tree;
