//! Records on the user chain, the grid chain and the energy chain.

mod grid;
mod meter;
mod plant;
mod regulator;
mod standing;
mod user;

pub(crate) use grid::{accept_connection, publish_distances, publish_point};
pub(crate) use meter::register_meter;
pub(crate) use plant::register_plant;
pub(crate) use regulator::{authenticate, reinstate, suspend};
pub(crate) use standing::{Standing, StandingRows, fingerprints};
pub(crate) use user::{add_key, register_user};
