//! The market's founding, its members, rules and schema, and a slot's gate.

mod bootstrap;
mod call;
mod days;
mod enact;
mod gate;
mod guards;
mod matrix;
mod members;
mod migrate;
mod parameters;
mod prices;
mod propose;
mod suspension;
mod versions;
mod votes;

pub(crate) use bootstrap::{bootstrap, put_opening};
pub(crate) use call::{call_for, calls, require_operator};
pub(crate) use days::{days_around, days_between};
pub(crate) use enact::enact;
pub(crate) use gate::{close_gate, end_reveal, open_slot, require_gate, require_unsettled, seal_book, seal_of, stage};
pub(crate) use guards::{modelled_guard, resolve, rewrite_guards};
pub(crate) use matrix::{distances_among, publish_rows};
pub(crate) use members::{admit_member, dismiss_member, members_view};
pub(crate) use migrate::migrate;
pub(crate) use parameters::publish_parameters;
pub(crate) use prices::{PricesOf, price_book, prices_in_force, require_within};
pub(crate) use propose::{approve, propose, reject};
pub(crate) use suspension::{is_suspended, require_running, resume_market, suspend_market};
pub(crate) use versions::{head_of, in_force, rules_in_force};
pub(crate) use votes::proposal_view;
