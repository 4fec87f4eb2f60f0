//! The typed client against a gateway that answers as each test says.

mod confirming;
mod fake;
mod following;
mod identity;
mod posting;
mod refusing;
