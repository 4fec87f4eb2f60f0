//! Changes of a channel's configuration, against the rules that Fabric's orderers keep.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code outside the test functions themselves"
)]

mod computing;
mod consenters;
mod material;
mod members;
mod reviewing;
mod revoking;
