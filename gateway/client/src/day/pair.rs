//! A seller and a buyer who trade with each other, slot after slot.

use der_api::request::{PostBid, PostOffer};
use der_market::slot::Slot;
use der_market::units::{Energy, Price};
use fabric_msp::PrivateKey;

use super::DayError;
use crate::{MarketClient, Meter};

/// The sellers' connection point.
pub(super) const SOUTH: &str = "pcc-south";
/// The buyers' connection point.
pub(super) const NORTH: &str = "pcc-north";
/// Asked by the seller, µyuan/kWh.
const ASKED: i64 = 530_000;
/// Bid by the buyer, µyuan/kWh.
const BID: i64 = 590_000;

/// A user before the day, with the key of its meter.
#[derive(Debug, Clone)]
pub struct Trader {
    /// The user.
    pub client: MarketClient,
    /// The meter's key.
    pub meter_key: PrivateKey,
}

/// A seller and a buyer who trade with each other.
#[derive(Debug)]
pub struct Pair {
    /// A user of the generation companies.
    pub seller: MarketClient,
    /// A user of the microgrid.
    pub buyer: MarketClient,
    /// The seller's meter.
    pub seller_meter: Meter,
    /// The buyer's meter.
    pub buyer_meter: Meter,
}

/// What one pair offers, bids and then does.
#[derive(Debug, Clone, Copy)]
pub struct Sale {
    /// Contracted, Wh.
    pub energy_wh: u64,
    /// At the buyer's meter, Wh.
    pub consumed_wh: u64,
    /// At the seller's meter, Wh.
    pub generated_wh: u64,
}

impl Sale {
    /// One kilowatt-hour, delivered exactly.
    pub const KILOWATT_HOUR: Self = Self {
        energy_wh: 1_000,
        consumed_wh: 1_000,
        generated_wh: 1_000,
    };
}

impl Pair {
    /// The pair's sale in this slot.
    ///
    /// # Errors
    /// None: the numbers are inside their bounds.
    pub fn offer_of(slot: Slot, sale: Sale) -> Result<PostOffer, DayError> {
        Ok(PostOffer {
            order: format!("offer-{slot}").parse()?,
            slot: slot.into(),
            point: SOUTH.parse()?,
            energy_wh: Energy::new(sale.energy_wh)?,
            min_wh: Energy::ZERO,
            price: Price::new(ASKED)?,
            filters: None,
        })
    }

    /// The pair's demand in this slot.
    ///
    /// # Errors
    /// None: the numbers are inside their bounds.
    pub fn bid_of(slot: Slot, sale: Sale) -> Result<PostBid, DayError> {
        Ok(PostBid {
            order: format!("bid-{slot}").parse()?,
            slot: slot.into(),
            point: NORTH.parse()?,
            energy_wh: Energy::new(sale.energy_wh)?,
            min_wh: Energy::ZERO,
            price: Price::new(BID)?,
            filters: None,
        })
    }
}
