//! Versions of the ledger's schema.
//!
//! The market's own row carries the version as its shape, because every function reads that row first: a row of its own for the
//! version would be one read more, and peers of two builds would sign different read sets.

/// The first: four organisations, one for each part.
pub const FIRST: u32 = 1;
/// The second: members by list, governance.
pub const MEMBERS: u32 = 2;
/// The third: auctions within a slot, and the whole market.
pub const WHOLE_MARKET: u32 = 3;
/// The one this build writes.
pub const SCHEMA: u32 = WHOLE_MARKET;

pub(crate) const fn first() -> u32 {
    FIRST
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) const fn is_first(schema: &u32) -> bool {
    *schema == FIRST
}
