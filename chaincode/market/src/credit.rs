//! How performance moves a participant's credit (rule D of the model's section 8). Thousandths of a point, 0 … 1 000 000.

use crate::units::{Energy, Ppm};

/// What everybody starts with: 700 points.
pub const START: u32 = 700_000;

/// The score after one side's slot: `performed` of it short by `short`, both summed over its contracts.
///
/// Below 100 Wh nothing moves. `allowance_left` is what is left of the 512 units of weight that one counterparty may move in a month.
pub fn after_slot(credit: u32, contracted: Energy, short: Energy, band: Ppm, allowance_left: u32) -> u32 {
    if contracted.get() < 100 {
        return credit;
    }
    let weight = contracted
        .get()
        .div_euclid(10_000)
        .saturating_add(1)
        .min(64)
        .min(u64::from(allowance_left));
    let weight = i64::try_from(weight).unwrap_or(0);
    let gap = i64::from(performance(contracted, short, band)).saturating_sub(i64::from(credit));
    let moved = gap.saturating_mul(weight).div_euclid(1_024);
    let after = i64::from(credit).saturating_add(moved).clamp(0, 1_000_000);
    u32::try_from(after).unwrap_or(credit)
}

/// One million within the band, falling to zero at a shortfall of one half.
fn performance(contracted: Energy, short: Energy, band: Ppm) -> u32 {
    let short = u128::from(short.get()).saturating_mul(1_000_000);
    let delta = short.checked_div(u128::from(contracted.get())).unwrap_or(0);
    let band = u128::from(band.get());
    if delta <= band {
        return 1_000_000;
    }
    let beyond = delta.saturating_sub(band).saturating_mul(1_000_000);
    let lost = beyond
        .checked_div(500_000_u128.saturating_sub(band))
        .unwrap_or(1_000_000);
    u32::try_from(1_000_000_u128.saturating_sub(lost)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(credit: u32, contracted: u64, short: u64) -> u32 {
        after_slot(
            credit,
            Energy::new(contracted).unwrap(),
            Energy::new(short).unwrap(),
            Ppm::new(50_000).unwrap(),
            512,
        )
    }

    #[test]
    fn keeping_a_contract_raises_and_breaking_it_lowers() {
        assert_eq!(after(START, 200_000, 0), 700_000 + 300_000 * 21 / 1_024);
        assert_eq!(
            after(START, 200_000, 100_000),
            700_000 - 14_356,
            "floored towards the lower score"
        );
        assert_eq!(after(START, 99, 99), START);
    }

    proptest! {
        #[test]
        fn more_shortfall_never_gives_more_credit(credit in 0..=1_000_000_u32, q in 100..1_000_000_u64, a in 0..1_000_000_u64, b in 0..1_000_000_u64) {
            let (less, more) = (a.min(b).min(q), a.max(b).min(q));
            prop_assert!(after(credit, q, less) >= after(credit, q, more));
            prop_assert!(after(credit, q, more) <= 1_000_000);
        }
    }
}
