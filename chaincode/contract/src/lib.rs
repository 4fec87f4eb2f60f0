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
mod certificates;
mod context;
pub mod decision;
pub mod dispatch;
pub mod error;
pub mod functions;
mod governance;
mod identity;
pub mod key;
mod ledger;
mod money;
mod planning;
mod query;
pub mod release;
pub mod rows;
pub mod schema;
mod settlement;
mod trading;
pub mod view;

pub use caller::{Attributes, Caller, Verifier};
pub use decision::Decision;
pub use der_api::guard::{self, Guard};
pub use dispatch::{invoke, invoke_as};
pub use error::ContractError;
pub use key::{Key, KeyPrefix};
pub use release::Release;
pub use view::{Changed, LedgerView, ViewError};
