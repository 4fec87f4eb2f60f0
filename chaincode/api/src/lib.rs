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

pub mod bytes;
pub mod clearing;
pub mod codec;
pub mod contract;
pub mod delegation;
pub mod endorsers;
pub mod error_code;
pub mod event;
pub mod function;
pub mod guard;
pub mod mandate;
pub mod metering;
pub mod organisations;
pub mod planning;
pub mod reply;
pub mod request;
pub mod schema;
pub mod seal;
pub mod version;

pub use error_code::{ApiError, ErrorCode, RetryClass};
pub use event::Event;
pub use function::Function;
pub use organisations::Organisations;
pub use request::Request;
pub use schema::SCHEMA;
