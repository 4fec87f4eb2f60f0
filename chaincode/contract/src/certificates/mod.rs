//! Certificates of origin: accrued from settled, metered energy, held, moved and claimed.

mod accrue;
mod hold;

pub(crate) use accrue::accrue;
pub(crate) use hold::{claim, transfer, view as holding_view};
