//! The paper's case: Table 1 in, Table 2 out. He et al. (2021), doi 10.13052/jwe1540-9589.2026.
//!
//! Opening balances are 200 yuan: the text says 100, its table can only be 200. Balances start anew in each test, the accumulated
//! volume does not.

use crate::parameters::{Opening, Parameters, PriceMode, Prices, Profile, Weights};
use crate::settlement::Branch;
use crate::tariff::Tariff;
use crate::units::{Distance, Energy, Money, Ppm, Price, UnitError};

/// Contracted energy of every test: 200 kWh.
pub const CONTRACT_WH: u64 = 200_000;
/// Electrical distance of the two users, mΩ: at 2 000 µyuan/kWh per mΩ it gives the paper's tariff.
pub const DISTANCE_MOHM: u32 = 10;
/// τ: 0.02 yuan/kWh.
pub const TARIFF: i64 = 20_000;
/// Capacity of users and points, W: 200 kWh in a quarter of an hour need 800 kW.
pub const CAPACITY_W: u64 = 1_000_000;
/// 200 yuan in nyuan.
pub const OPENING: i128 = 200_000_000_000;

/// One test: a row of Table 1 and its row of Table 2. Prices in µyuan/kWh, energy in Wh, money in nyuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// 1, 2 or 3.
    pub number: u8,
    /// The seller's limit at its meter.
    pub offer_price: i64,
    /// The buyer's delivered limit.
    pub bid_price: i64,
    /// p that the midpoint makes of them: Table 1's.
    pub price: i64,
    /// The buyer's meter.
    pub consumed_wh: u64,
    /// The seller's meter.
    pub generated_wh: u64,
    /// Branches that the contract takes.
    pub branches: &'static [Branch],
    /// The buyer pays.
    pub buyer_pays: i128,
    /// The generator gets.
    pub generator_gets: i128,
    /// Grid and retail company together net.
    pub company_nets: i128,
    /// Balances of buyer, generator and company.
    pub balances: [i128; 3],
    /// Accumulated trading volume: direct and PPSC.
    pub volume_wh: u64,
}

/// Tables 1 and 2.
pub const CASES: [Case; 3] = [
    Case {
        number: 1,
        offer_price: 530_000,
        bid_price: 590_000,
        price: 550_000,
        consumed_wh: 200_000,
        generated_wh: 200_000,
        branches: &[Branch::Direct],
        buyer_pays: 114_000_000_000,
        generator_gets: 110_000_000_000,
        company_nets: 4_000_000_000,
        balances: [86_000_000_000, 310_000_000_000, 204_000_000_000],
        volume_wh: 200_000,
    },
    Case {
        number: 2,
        offer_price: 520_000,
        bid_price: 580_000,
        price: 540_000,
        consumed_wh: 220_000,
        generated_wh: 200_000,
        branches: &[Branch::Direct, Branch::GridSupply],
        buyer_pays: 125_140_000_000,
        generator_gets: 108_000_000_000,
        company_nets: 17_140_000_000,
        balances: [74_860_000_000, 308_000_000_000, 217_140_000_000],
        volume_wh: 420_000,
    },
    Case {
        number: 3,
        offer_price: 540_000,
        bid_price: 600_000,
        price: 560_000,
        consumed_wh: 180_000,
        generated_wh: 200_000,
        branches: &[Branch::Direct, Branch::FeedIn],
        buyer_pays: 104_400_000_000,
        generator_gets: 108_800_000_000,
        company_nets: -4_400_000_000,
        balances: [95_600_000_000, 308_800_000_000, 195_600_000_000],
        volume_wh: 600_000,
    },
];

/// Contracted energy of every test.
///
/// # Errors
/// None: the number is inside the bound of energy.
pub fn contract_energy() -> Result<Energy, UnitError> {
    Energy::new(CONTRACT_WH)
}

/// The paper's rules: R = 0.657, F = 0.4, τ = 0.02 by distance, no penalties. The company's 200 yuan stand on the grid's account.
///
/// # Errors
/// None: every number is inside its unit's bounds.
pub fn parameters() -> Result<Parameters, UnitError> {
    Ok(Parameters {
        weights: Weights::default(),
        spread_reference: Price::new(20_000)?,
        reach_mohm: Distance::new(1_000)?,
        price_mode: PriceMode::Midpoint,
        tariff: Tariff::Distance {
            numerator: 2_000,
            denominator: 1,
            least: Price::ZERO,
            most: Price::new(1_000_000)?,
        },
        prices: Prices {
            retail: Price::new(657_000)?,
            feed_in: Price::new(400_000)?,
        },
        allow_feed_in_above_retail: false,
        profile: Profile::Paper,
        band: Ppm::new(50_000)?,
        opening: Opening {
            participant: Money::nyuan(OPENING),
            grid: Money::nyuan(OPENING),
            retail: Money::ZERO,
        },
        clearing: None,
        orders: None,
        settlement: None,
        sessions: None,
        bounds: None,
        credit: None,
        billing: None,
        cleanliness: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_hold_together() {
        assert_eq!(parameters().unwrap().validate(), Ok(()));
    }

    #[test]
    fn table_2_is_consistent_in_itself() {
        for case in CASES {
            assert_eq!(case.buyer_pays, case.generator_gets + case.company_nets);
            let deltas = [-case.buyer_pays, case.generator_gets, case.company_nets];
            assert_eq!(case.balances, deltas.map(|delta| OPENING + delta));
        }
    }
}
