//! From proposed contracts to a slot's plan.

mod direct;
mod end;
mod forecast;
mod outcome;
mod plan;
mod positions;
mod sequence;
mod tradable;
mod used_room;

pub(crate) use direct::direct_energy;
pub(crate) use end::end_confirmation;
pub(crate) use forecast::{position, post_forecast};
pub(crate) use outcome::{auctions_of, ended, statuses};
pub(crate) use plan::plan_slot;
pub(crate) use sequence::sequence;
pub(crate) use tradable::{Tradable, TradableRows};
pub(crate) use used_room::used_before;
