//! What a contract costs: p at the seller's meter.

use crate::eligibility::{Rules, spread};
use crate::matching::Links;
use crate::order::Order;
use crate::parameters::PriceMode;
use crate::participant::Side;
use crate::units::Price;

/// How the contracts of one book are priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pricing {
    /// By the two limits: p = P_S + ⌊θ · s / 10⁶⌋, or what both agreed on.
    Pairwise,
    /// All at one price.
    Uniform(Price),
    /// There is no uniform price, as nobody can trade.
    NoTrade,
}

impl Pricing {
    /// The pricing of a book.
    pub(crate) fn of(book: &[Order], rules: &Rules<'_>, links: &Links<'_>) -> Self {
        match rules.parameters.price_mode {
            PriceMode::Uniform => uniform(book, rules, links).map_or(Self::NoTrade, Self::Uniform),
            _ => Self::Pairwise,
        }
    }

    /// p of a feasible pair.
    pub(crate) fn price(self, rules: &Rules<'_>, bid: &Order, offer: &Order, tariff: Price) -> Option<Price> {
        match self {
            Self::Uniform(price) => Some(price),
            Self::NoTrade => None,
            Self::Pairwise => offer.agreed_price().or_else(|| {
                let theta = i64::from(rules.parameters.price_mode.theta().get());
                let spread = spread(bid.price, offer.price, tariff)?;
                let share = spread.checked_mul(theta)?.div_euclid(1_000_000);
                offer.price.plus(Price::new(share).ok()?).ok()
            }),
        }
    }

    /// P_S ≤ p* ≤ P_N − τ; every pair without a uniform price.
    pub fn allows(self, bid: Price, offer: Price, tariff: Price) -> bool {
        match self {
            Self::Pairwise => true,
            Self::NoTrade => false,
            Self::Uniform(price) => offer <= price && spread(bid, price, tariff).is_some_and(|left| left >= 0),
        }
    }
}

/// One side's limits with their energies, and how much of it accepts a price.
struct Curve {
    limits: Vec<(i64, u128)>,
}

impl Curve {
    /// Sums up the energies in the order given: rising limits for supply, falling ones for demand.
    fn of(mut limits: Vec<(i64, u128)>, rising: bool) -> Self {
        limits.sort_unstable();
        if !rising {
            limits.reverse();
        }
        let mut sum = 0_u128;
        for (_, energy) in &mut limits {
            sum = sum.saturating_add(*energy);
            *energy = sum;
        }
        Self { limits }
    }

    /// The energy of all limits that satisfy the condition, which the first ones do.
    fn up_to(&self, accepts: impl Fn(i64) -> bool) -> u128 {
        let count = self.limits.partition_point(|(limit, _)| accepts(*limit));
        let last = count.checked_sub(1).and_then(|last| self.limits.get(last));
        last.map_or(0, |(_, sum)| *sum)
    }
}

/// p* among all limits: the largest min(S, B), then the smallest |S − B|, then the lowest. S(p) is what is offered at p or less,
/// B(p) what is wanted at p and the buyer's lowest tariff or more.
fn uniform(book: &[Order], rules: &Rules<'_>, links: &Links<'_>) -> Option<Price> {
    let energy = |order: &Order| u128::from(order.energy_wh.get());
    let sellers = book.iter().filter(|order| order.side == Side::Seller);
    let supply: Vec<(i64, u128)> = sellers.map(|order| (order.price.get(), energy(order))).collect();
    let lowest = links.lowest_tariffs(book, rules);
    let demand: Vec<(i64, u128)> = book
        .iter()
        .zip(lowest)
        .filter_map(|(order, tariff)| Some((order.price.get().checked_sub(tariff?.get())?, energy(order))))
        .collect();
    let candidates: Vec<i64> = supply.iter().chain(&demand).map(|(limit, _)| *limit).collect();
    let (supply, demand) = (Curve::of(supply, true), Curve::of(demand, false));
    let best = candidates.into_iter().min_by_key(|p| {
        let (sold, bought) = (supply.up_to(|limit| limit <= *p), demand.up_to(|limit| limit >= *p));
        (std::cmp::Reverse(sold.min(bought)), sold.abs_diff(bought), *p)
    })?;
    Price::new(best).ok()
}
