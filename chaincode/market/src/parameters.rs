//! The market's rules as numbers: one version of them is pinned by every slot.

use serde::{Deserialize, Serialize};

use crate::billing::Billing;
use crate::cleanliness::Cleanliness;
use crate::clearing::ClearingRules;
use crate::credit::CreditRules;
use crate::order_rules::{Book, OrderRules};
use crate::session::SessionRules;
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

/// How long settlement waits, and what feed-in beyond the plan earns. 96 slots are a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettlementRules {
    /// F_over: the price of feed-in above the plan, µyuan/kWh; F where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed_in_over: Option<Price>,
    /// Slots after which a missing reading may be estimated.
    pub estimate_after_slots: u32,
    /// Slots during which corrections are taken.
    pub correction_slots: u32,
}

impl Default for SettlementRules {
    /// Three days; 36 months of 1 096 days together.
    fn default() -> Self {
        Self {
            feed_in_over: None,
            estimate_after_slots: 288,
            correction_slots: 105_216,
        }
    }
}

/// A floor and a cap of the limits that orders may name, µyuan/kWh, both allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceBounds {
    /// The lowest.
    pub floor: Price,
    /// The highest.
    pub cap: Price,
}

impl PriceBounds {
    /// True for a price that may be named.
    pub fn hold(&self, price: Price) -> bool {
        (self.floor..=self.cap).contains(&price)
    }
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
    /// How auctions take their orders; where nothing is said see [`Parameters::book`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<OrderRules>,
    /// Limits of settlement; the defaults where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<SettlementRules>,
    /// When gates open and close; the usual times where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<SessionRules>,
    /// Floor and cap of orders' limits; none for every price of the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<PriceBounds>,
    /// Credit tiers and holds; without them credit plays no part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<CreditRules>,
    /// Days, months and limits of statements; without them the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<Billing>,
    /// Q by energy type; the paper's table where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleanliness: Option<Cleanliness>,
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
    /// Gate times.
    #[error("the times of a slot's auctions must follow one another: day-ahead, intraday, delivery")]
    Sessions,
    /// Floor and cap.
    #[error("the floor of prices must not exceed their cap")]
    Bounds,
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
        if self.settlement.is_some() {
            return Some("limits of settlement");
        }
        if self.sessions.is_some() {
            return Some("gate times");
        }
        if self.bounds.is_some() {
            return Some("a floor and a cap of prices");
        }
        if self.credit.is_some() || self.billing.is_some() {
            return Some("rules of credit and billing");
        }
        if self.cleanliness.is_some() {
            return Some("a cleanliness table");
        }
        self.clearing.is_some().then_some("rules of clearing")
    }

    /// How auctions that are opened at schema 3 take their orders: as the rules say; where they say nothing sealed, and openly in the
    /// paper's profile.
    pub fn book(&self) -> Book {
        match (self.orders, self.profile) {
            (Some(rules), _) => rules.book,
            (None, Profile::Paper) => Book::Open,
            (None, Profile::Market) => Book::Sealed,
        }
    }

    /// The limits of settlement.
    pub fn settlement(&self) -> SettlementRules {
        self.settlement.unwrap_or_default()
    }

    /// Q by energy type.
    pub fn cleanliness(&self) -> Cleanliness {
        self.cleanliness.unwrap_or_default()
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
        if self.sessions.is_some_and(|sessions| !sessions.is_well_formed()) {
            return Err(ParametersError::Sessions);
        }
        if self.bounds.is_some_and(|bounds| bounds.floor > bounds.cap) {
            return Err(ParametersError::Bounds);
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
