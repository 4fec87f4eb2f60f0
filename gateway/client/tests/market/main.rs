//! The typed client against a gateway that answers as each test says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

mod acting;
mod confirming;
mod fake;
mod following;
mod identity;
mod naming;
mod posting;
mod refusing;
