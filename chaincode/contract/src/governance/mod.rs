//! The market's founding, its members, rules and schema, and a slot's gate.

mod bootstrap;
mod call;
mod gate;
mod guards;
mod members;
mod migrate;
mod parameters;

pub(crate) use bootstrap::{bootstrap, put_opening};
pub(crate) use call::{call_for, calls, require_operator};
pub(crate) use gate::{close_gate, open_slot, require_gate, require_unsettled, seal_book, seal_of, stage};
pub(crate) use guards::{modelled_guard, resolve, rewrite_guards};
pub(crate) use members::{admit_member, dismiss_member, members_view};
pub(crate) use migrate::migrate;
pub(crate) use parameters::publish_parameters;
