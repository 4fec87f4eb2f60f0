#![doc = include_str!("../README.md")]

mod certificate;
mod definition;
pub mod dial;
mod finding;
pub mod lint;
mod material;
pub mod peer_config;
pub mod service_folder;

pub use certificate::{Calendar, Dated, Kind, Standing};
pub use definition::{Definition, DefinitionError};
pub use finding::{Finding, State, worst};
pub use material::{add_channel, add_folder};
