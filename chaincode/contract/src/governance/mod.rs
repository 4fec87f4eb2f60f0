//! The market's founding and a slot's gate.

mod bootstrap;
mod gate;

pub(crate) use bootstrap::{bootstrap, put_opening};
pub(crate) use gate::{close_gate, open_slot, require_gate, seal_book, seal_of, stage};
