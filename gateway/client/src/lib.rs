#![doc = include_str!("../README.md")]

mod acts;
pub mod audit;
pub mod chain;
mod chains;
mod clearing;
mod confirm;
pub mod day;
mod days;
mod departure;
pub mod district;
mod error;
mod explain;
pub mod follow;
mod governance;
mod mandate;
mod market_client;
mod membership;
mod meter;
mod money;
pub mod operator;
mod orders;
pub mod paper;
mod receipt;
mod settling;
mod split;
pub mod trace;
pub mod watch;
pub mod welfare;

pub use departure::{Departure, DepartureDone, DepartureStep};
pub use error::ClientError;
pub use explain::Explained;
pub use governance::row_batches;
pub use market_client::MarketClient;
pub use meter::Meter;
pub use receipt::Receipt;
