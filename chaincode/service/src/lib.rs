#![doc = include_str!("../README.md")]

pub mod bridge;
mod certificates;
pub mod cli;
pub mod config;
mod log;
mod serve;

pub use bridge::Market;
pub use der_contract::{Release, functions};
