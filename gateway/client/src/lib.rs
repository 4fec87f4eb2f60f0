#![doc = include_str!("../README.md")]

mod acts;
pub mod chain;
mod chains;
mod confirm;
pub mod day;
mod departure;
mod error;
pub mod follow;
mod market_client;
mod membership;
mod meter;
mod money;
mod orders;
pub mod paper;
mod receipt;

pub use departure::{Departure, DepartureDone, DepartureStep};
pub use error::ClientError;
pub use market_client::MarketClient;
pub use meter::Meter;
pub use receipt::Receipt;
