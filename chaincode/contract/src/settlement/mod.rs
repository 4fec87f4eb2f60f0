//! Metering and settlement.

mod allot;
mod booking;
mod estimate;
mod inputs;
mod page;
mod prices;
mod record;
mod settle;
mod stores;
mod term;

pub(crate) use allot::{booked, correct, pages_booked};
pub(crate) use estimate::estimate;
pub(crate) use page::settle_page;
pub(crate) use record::record_readings;
use settle::trade;
pub(crate) use settle::{settle_slot, view as settlement_view};
