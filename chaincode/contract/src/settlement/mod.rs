//! Metering and settlement.

mod record;
mod settle;

pub(crate) use record::record_readings;
pub(crate) use settle::{settle_slot, view as settlement_view};
