//! S: how often a seller keeps within the band.

use serde::{Deserialize, Serialize};

use crate::billing::BillingDay;
use crate::units::Ppm;

/// Settled slots that count.
pub const STABILITY_SLOTS: u32 = 2_880;
/// Days that are kept at most: who sells seldom is judged by a year.
const DAYS: usize = 366;

/// A seller's settled slots, by day, the earliest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stability(Vec<Sold>);

/// A day in which it sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sold {
    day: BillingDay,
    /// Slots within the band.
    within: u32,
    /// All slots.
    slots: u32,
}

impl Stability {
    /// True where nothing was sold yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says how a day's slots were kept, in place of what was said before.
    pub fn tell(&mut self, day: BillingDay, kept: impl Iterator<Item = bool>) {
        let (mut within, mut slots) = (0_u32, 0_u32);
        for kept in kept {
            within = within.saturating_add(u32::from(kept));
            slots = slots.saturating_add(1);
        }
        self.0.retain(|sold| sold.day != day);
        if slots > 0 {
            let place = self.0.partition_point(|sold| sold.day < day);
            self.0.insert(place, Sold { day, within, slots });
        }
        let old = self.0.len().saturating_sub(DAYS);
        self.0.drain(..old);
    }

    /// S, floored: of as many of the latest days as have at most [`STABILITY_SLOTS`] slots together; one where nothing was sold.
    pub fn ppm(&self) -> Ppm {
        let (mut within, mut slots) = (0_u32, 0_u32);
        for sold in self.0.iter().rev() {
            let all = slots.saturating_add(sold.slots);
            if all > STABILITY_SLOTS {
                break;
            }
            slots = all;
            within = within.saturating_add(sold.within);
        }
        let share = u64::from(within)
            .saturating_mul(1_000_000)
            .checked_div(u64::from(slots));
        let share = share.and_then(|share| u32::try_from(share).ok());
        share.and_then(|share| Ppm::new(share).ok()).unwrap_or(Ppm::ONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> BillingDay {
        BillingDay::new(number).unwrap()
    }

    fn sold(stability: &mut Stability, number: u32, within: usize, slots: usize) {
        stability.tell(day(number), (0..slots).map(|slot| slot < within));
    }

    #[test]
    fn who_never_sold_is_steady() {
        assert_eq!(Stability::default().ppm(), Ppm::ONE);
    }

    #[test]
    fn a_corrected_day_replaces_itself() {
        let mut stability = Stability::default();
        sold(&mut stability, 2, 10, 96);
        sold(&mut stability, 1, 96, 96);
        assert_eq!(stability.ppm().get(), 106_000_000 / 192);
        sold(&mut stability, 2, 96, 96);
        assert_eq!(stability.ppm(), Ppm::ONE);
        sold(&mut stability, 2, 0, 0);
        assert!(!stability.is_empty());
        sold(&mut stability, 1, 0, 0);
        assert!(stability.is_empty());
    }

    #[test]
    fn the_latest_thirty_days_of_96_slots_count() {
        let mut stability = Stability::default();
        sold(&mut stability, 0, 0, 96);
        for number in 1..=30 {
            sold(&mut stability, number, 96, 96);
        }
        assert_eq!(stability.ppm(), Ppm::ONE, "the day before them is forgotten");
        sold(&mut stability, 31, 0, 100);
        assert_eq!(stability.ppm().get(), 28 * 96 * 1_000_000 / (28 * 96 + 100));
    }
}
