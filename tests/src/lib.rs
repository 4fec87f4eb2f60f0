#![doc = include_str!("../README.md")]

mod blocks;
mod fabric;
mod neighbours;
mod process;
mod wait;
mod world;

pub use blocks::{Committed, read_blocks};
pub use fabric::{FabricNetwork, FabricSettings, fabric_binaries};
pub use neighbours::{Neighbours, Pair, Sale};
pub use process::Usage;
pub use wait::eventually;
pub use world::World;

/// The project's README: its example is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
