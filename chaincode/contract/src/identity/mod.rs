//! Records on the user chain, the grid chain and the energy chain.

mod device;
mod grid;
mod index;
mod meter;
mod move_out;
mod plant;
mod regulator;
mod replace_meter;
mod standing;
mod user;

pub(crate) use device::{change_device, register_device, retire_device, set_state};
pub(crate) use grid::{accept_connection, publish_distances, publish_point};
pub(crate) use index::set_index;
pub(crate) use meter::register_meter;
pub(crate) use move_out::move_out;
pub(crate) use plant::{change_plant, register_plant, retire_plant};
pub(crate) use regulator::{authenticate, reinstate, suspend};
pub(crate) use replace_meter::replace_meter;
pub(crate) use standing::{Standing, StandingRows, fingerprints};
pub(crate) use user::{add_key, register_user};
