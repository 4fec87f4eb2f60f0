#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::float_arithmetic
    )
)]

pub mod access;
pub mod caller;
mod context;
pub mod decision;
pub mod dispatch;
pub mod error;
mod governance;
pub mod guard;
mod identity;
pub mod key;
mod ledger;
mod planning;
mod query;
pub mod rows;
pub mod schema;
mod settlement;
mod trading;
pub mod view;

pub use caller::{Attributes, Caller, Verifier};
pub use decision::Decision;
pub use dispatch::invoke;
pub use error::ContractError;
pub use guard::Guard;
pub use key::{Key, KeyPrefix};
pub use view::{LedgerView, ViewError};
