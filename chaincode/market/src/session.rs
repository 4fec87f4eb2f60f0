//! When gates open and close. The ledger has no clock: these rules tell the operator's, and whoever waits for it.

use serde::{Deserialize, Serialize};

use crate::slot::{SECONDS, Slot};

/// Seconds in a local day without a change of the clocks.
const DAY: i64 = 86_400;

/// The times of a slot's auctions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRules {
    /// Local time less UTC where no calendar is governed, seconds.
    pub utc_offset_s: i32,
    /// The day-ahead gate closes at this time of the day before by the clock on the wall, seconds after midnight.
    pub day_ahead_gate_s: u32,
    /// It opens so long before it closes, seconds.
    pub day_ahead_window_s: u32,
    /// The intraday gate closes so long before delivery, seconds.
    pub intraday_lead_s: u32,
    /// It opens so long before it closes, seconds; 0 for no intraday auctions.
    pub intraday_window_s: u32,
    /// Sealed orders are revealed so long after the gate, seconds.
    pub reveal_s: u32,
    /// Contracts are answered so long after that, seconds.
    pub confirmation_s: u32,
    /// After so long without the operator the members may call for a stage, seconds.
    pub silence_s: u32,
}

impl Default for SessionRules {
    fn default() -> Self {
        Self {
            utc_offset_s: 28_800,
            day_ahead_gate_s: 36_000,
            day_ahead_window_s: 36_000,
            intraday_lead_s: 1_800,
            intraday_window_s: 3_600,
            reveal_s: 300,
            confirmation_s: 600,
            silence_s: 900,
        }
    }
}

/// When an auction's stages are due, UTC seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The gate opens.
    pub open: i64,
    /// The gate closes.
    pub close: i64,
    /// The book is sealed and matched: whoever reveals has revealed.
    pub clear: i64,
    /// Confirmation ends.
    pub end: i64,
}

impl SessionRules {
    /// True where the times of a slot follow one another: each auction ends before the next one opens, the last before delivery.
    pub fn is_well_formed(self) -> bool {
        let day_ahead = i64::from(self.day_ahead_gate_s).saturating_add(self.after_gate());
        let earliest_intraday = DAY
            .saturating_sub(i64::from(self.intraday_lead_s))
            .saturating_sub(i64::from(self.intraday_window_s));
        self.utc_offset_s.unsigned_abs() <= 64_800
            && day_ahead < DAY
            && (!self.has_intraday()
                || (day_ahead <= earliest_intraday && self.after_gate() <= i64::from(self.intraday_lead_s)))
    }

    /// True where slots have an intraday auction.
    pub fn has_intraday(self) -> bool {
        self.intraday_window_s > 0
    }

    fn after_gate(self) -> i64 {
        i64::from(self.reveal_s).saturating_add(i64::from(self.confirmation_s))
    }

    /// The times of a slot's day-ahead auction where no calendar says when its day begins.
    pub fn day_ahead(self, slot: Slot) -> Times {
        let offset = i64::from(self.utc_offset_s);
        let local = begin(slot).saturating_add(offset);
        self.before(local.saturating_sub(local.rem_euclid(DAY)).saturating_sub(offset))
    }

    /// The times of the day-ahead auctions of a local day's slots, of which this is the first.
    pub fn day_ahead_of(self, first: Slot) -> Times {
        self.before(begin(first))
    }

    /// The gate is as long before a midnight as its time of the day is, by a clock that does not change after it: clocks are put forward
    /// or back in the small hours.
    fn before(self, midnight: i64) -> Times {
        let left = DAY.saturating_sub(i64::from(self.day_ahead_gate_s));
        self.times(midnight.saturating_sub(left), self.day_ahead_window_s)
    }

    /// The times of a slot's intraday auction.
    pub fn intraday(self, slot: Slot) -> Times {
        let close = begin(slot).saturating_sub(i64::from(self.intraday_lead_s));
        self.times(close, self.intraday_window_s)
    }

    fn times(self, close: i64, window: u32) -> Times {
        Times {
            open: close.saturating_sub(i64::from(window)),
            close,
            clear: close.saturating_add(i64::from(self.reveal_s)),
            end: close.saturating_add(self.after_gate()),
        }
    }
}

/// When a slot's delivery begins, UTC seconds.
pub fn begin(slot: Slot) -> i64 {
    i64::try_from(slot.get().saturating_mul(SECONDS)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 22 November 2026, 00:00 in China.
    const MIDNIGHT: i64 = 1_795_276_800;

    fn slot(at: i64) -> Slot {
        Slot::new(u64::try_from(at).unwrap() / SECONDS).unwrap()
    }

    #[test]
    fn the_day_ahead_gate_is_at_ten_the_day_before_for_every_slot_of_a_day() {
        let rules = SessionRules::default();
        for quarter in 0..96 {
            let times = rules.day_ahead(slot(MIDNIGHT + quarter * 900));
            assert_eq!(times.close, MIDNIGHT - 14 * 3_600, "quarter {quarter}");
        }
        assert_eq!(rules.day_ahead(slot(MIDNIGHT - 900)).close, MIDNIGHT - 38 * 3_600);
        assert_eq!(rules.day_ahead(slot(MIDNIGHT + 86_400)).close, MIDNIGHT + 10 * 3_600);
    }

    /// 29 March 2026 in Central Europe has 23 hours: the gate of the next day still closes at ten by the clock on the wall.
    #[test]
    fn trap_daylight_saving_the_gate_keeps_to_the_clock_on_the_wall() {
        let rules = SessionRules::default();
        let midnight = 1_774_738_800;
        let first_of = |at: i64| rules.day_ahead_of(slot(at));
        assert_eq!(
            first_of(midnight).close,
            midnight - 14 * 3_600,
            "the 28th, ten o'clock CET"
        );
        let next = midnight + 23 * 3_600;
        assert_eq!(
            first_of(next).close,
            midnight + 9 * 3_600,
            "the 29th, ten o'clock CEST, nine hours after midnight"
        );
    }

    #[test]
    fn an_intraday_gate_closes_half_an_hour_before_and_ends_before_delivery() {
        let rules = SessionRules::default();
        let times = rules.intraday(slot(MIDNIGHT));
        assert_eq!((times.open, times.close), (MIDNIGHT - 5_400, MIDNIGHT - 1_800));
        assert!(times.end < MIDNIGHT && rules.is_well_formed());
    }

    #[test]
    fn rules_whose_times_overlap_are_not_well_formed() {
        let rules = SessionRules::default();
        let late = SessionRules {
            intraday_lead_s: 899,
            ..rules
        };
        let long = SessionRules {
            intraday_window_s: 86_400,
            ..rules
        };
        let next_day = SessionRules {
            day_ahead_gate_s: 86_000,
            ..rules
        };
        for bad in [
            late,
            long,
            next_day,
            SessionRules {
                utc_offset_s: 70_000,
                ..rules
            },
        ] {
            assert!(!bad.is_well_formed(), "{bad:?}");
        }
        assert!(
            SessionRules {
                intraday_window_s: 0,
                intraday_lead_s: 0,
                ..rules
            }
            .is_well_formed()
        );
    }
}
