//! The market's rules as numbers: one version of them is pinned by every slot.

use serde::{Deserialize, Serialize};

use crate::billing::Billing;
use crate::clearing::ClearingRules;
use crate::credit::CreditRules;
use crate::order_rules::OrderRules;
use crate::tariff::Tariff;
use crate::units::{Distance, Money, Ppm, Price};

/// Weights of the score in percent; they sum to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// λ_D: closeness.
    pub distance: u8,
    /// λ_I: nearness of the two prices.
    pub price: u8,
    /// λ_Q: the seller's cleanliness.
    pub cleanliness: u8,
    /// λ_S: the seller's stability.
    pub stability: u8,
    /// λ_C: the lower of the two credit tiers.
    pub credit: u8,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            distance: 70,
            price: 30,
            cleanliness: 0,
            stability: 0,
            credit: 0,
        }
    }
}

impl Weights {
    fn sum(self) -> u16 {
        [self.distance, self.price, self.cleanliness, self.stability, self.credit]
            .into_iter()
            .fold(0, |total: u16, weight| total.saturating_add(u16::from(weight)))
    }
}

/// How a contract's price comes from the two limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceMode {
    /// θ = ½.
    Midpoint,
    /// θ = 1: the buyer pays its limit.
    PayAsBid,
    /// θ = 0: the seller gets its limit.
    PayAsOffer,
    /// Both orders name the price that their owners agreed on; where neither names one, θ = ½ gives it. Both sign it.
    Bilateral,
    /// One price for the slot, at which the most energy can be traded.
    Uniform,
    /// The largest welfare that somebody proposes and proves; θ = ½. Without a proposal the score decides.
    Welfare,
}

impl PriceMode {
    /// θ: so much of the spread, in ppm, goes to the seller where no price is agreed or uniform.
    pub fn theta(self) -> Ppm {
        match self {
            Self::Midpoint | Self::Bilateral | Self::Uniform | Self::Welfare => Ppm::HALF,
            Self::PayAsBid => Ppm::ONE,
            Self::PayAsOffer => Ppm::LEAST,
        }
    }

    /// True for a mode that the first two schemas do not know.
    pub fn is_of_the_whole_market(self) -> bool {
        matches!(self, Self::Bilateral | Self::Uniform | Self::Welfare)
    }
}

/// Whether deviations cost anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// The paper's case: no penalty.
    Paper,
    /// Penalties at the counterparty's loss.
    Market,
}

/// The grid's two prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// R: the selling company's price, µyuan/kWh.
    pub retail: Price,
    /// F: the feed-in price, µyuan/kWh.
    pub feed_in: Price,
}

/// What accounts start with, in nyuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Every participant, when it is authenticated.
    pub participant: Money,
    /// The grid company.
    pub grid: Money,
    /// The selling company.
    pub retail: Money,
}

/// One version of the market's rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Weights of the score.
    pub weights: Weights,
    /// s_ref, µyuan/kWh, above zero.
    pub spread_reference: Price,
    /// D_max: beyond it direct trade is not supported.
    pub reach_mohm: Distance,
    /// How a contract's price is set.
    pub price_mode: PriceMode,
    /// The network tariff.
    pub tariff: Tariff,
    /// R and F.
    pub prices: Prices,
    /// R ≤ F is an invitation to buy and feed in at once, so it needs this explicit word.
    pub allow_feed_in_above_retail: bool,
    /// Penalties or not.
    pub profile: Profile,
    /// Tolerated deviation, below one half.
    pub band: Ppm,
    /// Opening balances.
    pub opening: Opening,
    /// Further rules of clearing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearing: Option<ClearingRules>,
    /// How auctions take their orders; none for an open book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<OrderRules>,
    /// Credit tiers and holds; without them credit plays no part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<CreditRules>,
    /// Days, months and limits of statements; without them the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<Billing>,
}

/// Why parameters cannot come into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParametersError {
    /// Weights.
    #[error("the weights must sum to 100 percent")]
    Weights,
    /// s_ref.
    #[error("spread_reference must be above zero")]
    SpreadReference,
    /// Tariff.
    #[error(
        "the tariff is not well formed: a denominator of zero, bounds in the wrong order, a negative or missing fee"
    )]
    Tariff,
    /// F ≥ R.
    #[error("the feed-in price reaches the retail price; set allow_feed_in_above_retail if that is meant")]
    FeedInAboveRetail,
    /// Band.
    #[error("the band must be below 500000 ppm")]
    Band,
    /// Pilot rule.
    #[error("the pilot rule names the voltage of each level, rising from the lowest")]
    Pilot,
    /// Credit.
    #[error("a better credit tier must not hold more than a lower one")]
    Credit,
    /// Billing.
    #[error("day_offset must be below 96, and silence_days no more than default_days")]
    Billing,
}

impl Parameters {
    /// What these rules say that the first two schemas do not know; none if nothing.
    pub fn of_the_whole_market(&self) -> Option<&'static str> {
        if self.price_mode.is_of_the_whole_market() {
            return Some("this price mode");
        }
        if self.orders.is_some() {
            return Some("rules of order entry");
        }
        if self.credit.is_some() || self.billing.is_some() {
            return Some("rules of credit and billing");
        }
        self.clearing.is_some().then_some("rules of clearing")
    }

    /// Days, months and limits of statements.
    pub fn billing(&self) -> Billing {
        self.billing.unwrap_or_default()
    }

    /// Checks the rules against each other.
    ///
    /// # Errors
    /// [`ParametersError`] names the first rule that does not hold.
    pub fn validate(&self) -> Result<(), ParametersError> {
        if self.weights.sum() != 100 {
            return Err(ParametersError::Weights);
        }
        if self.spread_reference <= Price::ZERO {
            return Err(ParametersError::SpreadReference);
        }
        if !self.tariff.is_well_formed() {
            return Err(ParametersError::Tariff);
        }
        if self.prices.feed_in >= self.prices.retail && !self.allow_feed_in_above_retail {
            return Err(ParametersError::FeedInAboveRetail);
        }
        if self.band >= Ppm::HALF {
            return Err(ParametersError::Band);
        }
        let pilot = self.clearing.as_ref().and_then(|rules| rules.pilot.as_ref());
        if pilot.is_some_and(|rule| !rule.is_well_formed()) {
            return Err(ParametersError::Pilot);
        }
        if self.credit.is_some_and(|credit| !credit.is_ordered()) {
            return Err(ParametersError::Credit);
        }
        if !self.billing().is_well_formed() {
            return Err(ParametersError::Billing);
        }
        Ok(())
    }
}
