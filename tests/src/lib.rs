#![doc = include_str!("../README.md")]

mod blocks;
mod fabric;
mod large_book;
mod native;
mod neighbours;
mod network_kind;
mod node;
mod ports;
mod quarter;
mod releases;
mod sockets;
mod wait;
mod world;

pub use blocks::{ChainReader, Committed, read_blocks};
pub use der_cli::network::Usage;
pub use fabric::{FabricNetwork, FabricSettings, fabric_binaries};
pub use large_book::LargeBook;
pub use neighbours::{Neighbours, Pair, Sale};
pub use network_kind::{Consensus, NetworkKind, skipped};
pub use node::Node;
pub use quarter::{Founded, Quarter};
pub use releases::{BUILDS, Build, PLANTED_KEY, Releases};
pub use sockets::has_unread_bytes;
pub use wait::{endorsed, eventually};
pub use world::{ORGANISATIONS, World};

/// The project's README: its example is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
