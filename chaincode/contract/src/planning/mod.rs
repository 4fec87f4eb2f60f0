//! From proposed contracts to a slot's plan.

mod direct;
mod end;
mod outcome;
mod plan;
mod sequence;

pub(crate) use direct::direct_energy;
pub(crate) use end::end_confirmation;
pub(crate) use outcome::{answers_to, auctions_of, ended};
pub(crate) use plan::plan_slot;
pub(crate) use sequence::sequence;
