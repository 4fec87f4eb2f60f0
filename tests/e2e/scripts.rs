//! The scripts: what they refuse, and what they complete.

#[path = "../script/joining.rs"]
mod joining;
#[path = "../script/network.rs"]
mod network;
#[path = "../script/place.rs"]
mod place;
