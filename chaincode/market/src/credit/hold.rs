//! Money held in advance for what a contract may cost.

use crate::parameters::{Prices, Profile};
use crate::participant::Side;
use crate::units::{Energy, Money, Ppm, Price, UnitError};

/// What a hold depends on besides the order: the slot's rules and the participant's tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldRates {
    /// The tier's share, ppm.
    pub tier: Ppm,
    /// R and F at the participant's point.
    pub prices: Prices,
    /// Whether shortfalls cost anything.
    pub profile: Profile,
}

/// At order entry: ⌈max(0, P_N) · q · tier⌉ of a buyer; of a seller ⌈π · q · tier⌉ at the highest π that its limit allows,
/// max(0, R − P_S), because a match cannot take it from the seller's account afterwards.
///
/// # Errors
/// [`UnitError`] beyond the bounds of a price.
pub fn at_entry(side: Side, limit: Price, energy: Energy, rates: &HoldRates) -> Result<Money, UnitError> {
    match side {
        Side::Buyer => share(limit, energy, rates.tier),
        Side::Seller => share(seller_rate(limit, Price::ZERO, rates)?, energy, rates.tier),
    }
}

/// At match: (p + τ) · q · tier of a buyer, π · q · tier of a seller with π = max(0, R − p − τ); each rounded up.
///
/// # Errors
/// [`UnitError`] beyond the bounds of a price.
pub fn at_match(
    side: Side,
    price: Price,
    tariff: Price,
    energy: Energy,
    rates: &HoldRates,
) -> Result<Money, UnitError> {
    match side {
        Side::Buyer => share(price.plus(tariff)?, energy, rates.tier),
        Side::Seller => share(seller_rate(price, tariff, rates)?, energy, rates.tier),
    }
}

/// π of a seller; zero where shortfalls are free.
fn seller_rate(price: Price, tariff: Price, rates: &HoldRates) -> Result<Price, UnitError> {
    match rates.profile {
        Profile::Paper => Ok(Price::ZERO),
        Profile::Market => rates.prices.retail.minus(price)?.minus(tariff),
    }
}

/// ⌈max(0, price) · energy · ratio⌉.
fn share(price: Price, energy: Energy, ratio: Ppm) -> Result<Money, UnitError> {
    let parts = energy.at(price.or_zero()).get().checked_mul(i128::from(ratio.get()));
    let up = parts.and_then(|parts| parts.checked_add(999_999));
    let up = up.ok_or(UnitError::Overflow("hold"))?;
    Ok(Money::nyuan(up.div_euclid(1_000_000)))
}
