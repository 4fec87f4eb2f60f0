//! The whole network over its own gRPC endpoints: a chaincode on fabric-shim, clients on fabric-gateway, identities
//! from fabric-cryptogen, everything over TLS.

#![allow(unreachable_pub, reason = "a test binary exports nothing")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails a test")]

mod administration;
mod chaincode;
mod configuration;
mod delivery;
mod faults;
mod peer_command;
mod policies;
mod process;
mod queries;
mod services;
mod transactions;
mod wire;
mod world;
