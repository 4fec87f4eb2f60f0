//! Changing and withdrawing orders before the gate closes, many in one transaction.

use der_market::filters::Filters;
use der_market::id::{OrderId, ParticipantId};
use der_market::slot::Auction;
use der_market::units::{Energy, Price};
use serde::{Deserialize, Serialize};

use super::request;
use crate::reply::OrdersAccepted;

/// The next version of an open order; its side stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// Its owner; the caller if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<ParticipantId>,
    /// Which order.
    pub order: OrderId,
    /// Its auction.
    pub slot: Auction,
    /// The version that this becomes: one more than the version that stands, which is 1 at first.
    pub version: u32,
    /// How much, Wh.
    pub energy_wh: Energy,
    /// Least energy of one contract, Wh; 0 for any.
    #[serde(default, skip_serializing_if = "Energy::is_zero")]
    pub min_wh: Energy,
    /// A seller's least price at its meter, a buyer's highest delivered price, µyuan/kWh.
    pub price: Price,
    /// What it asks of its counterpart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Filters>,
}

/// An order to withdraw, or all of a participant's orders in an auction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Its owner; the caller if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<ParticipantId>,
    /// Its auction.
    pub slot: Auction,
    /// Which order, sealed or not; all of them if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
}

request! { Amend => OrdersAccepted,
    /// Replaces open orders by their next versions, all of them or none; the versions before stay readable. Versions that stand
    /// already count as known. A sealed order is amended by a seal that replaces its own (`DTSC:Seal`).
    Amend {
        /// At most 5 000, and 1 MiB.
        orders: Vec<Amendment>,
    }
}
request! { WithdrawMany => OrdersAccepted,
    /// Withdraws orders, sealed ones too, before their gates close: all of them or none. Orders that are withdrawn already count as known.
    WithdrawMany {
        /// At most 5 000, and 1 MiB.
        orders: Vec<Withdrawal>,
    }
}
