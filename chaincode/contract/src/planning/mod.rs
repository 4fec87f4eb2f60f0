//! From proposed contracts to a slot's plan.

mod end;
mod outcome;
mod plan;
mod sequence;

pub(crate) use end::end_confirmation;
pub(crate) use outcome::{auctions_of, ended};
pub(crate) use plan::plan_slot;
pub(crate) use sequence::sequence;
