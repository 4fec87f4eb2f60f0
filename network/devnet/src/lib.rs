#![doc = include_str!("../README.md")]

pub mod ccaas;
pub mod channel;
pub mod config;
pub mod endorse;
pub mod ledger;
pub mod network;
pub mod notify;
pub mod order;
pub mod process;
mod range_digest;
pub mod service;
pub mod simulate;
pub mod validate;

pub use config::Config;
pub use network::{Devnet, Endpoint, spawn};
