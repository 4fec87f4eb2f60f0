//! Delivery slots: quarters of an hour, counted from 1970 in UTC.

use crate::units::unit;

/// Seconds in a slot.
pub const SECONDS: u64 = 900;

unit!(
    /// A delivery slot: ⌊UTC seconds / 900⌋, at most ten decimal digits, so that keys sort as numbers do.
    Slot, u64, "slot", 0, 9_999_999_999
);

impl Slot {
    /// Ten digits, for keys.
    pub fn padded(self) -> String {
        format!("{:010}", self.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_slots_sort_as_numbers() {
        let (early, late) = (Slot::new(99).unwrap(), Slot::new(1_000).unwrap());
        assert!(early.padded() < late.padded());
        assert!(Slot::new(10_000_000_000).is_err());
        assert!(serde_json::from_str::<Slot>("-1").is_err());
    }
}
