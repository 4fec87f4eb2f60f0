//! Many orders in one transaction.

use der_market::filters::Filters;
use der_market::id::{OrderId, ParticipantId};
use der_market::participant::Side;
use der_market::slot::Auction;
use der_market::units::{Energy, Price};
use serde::{Deserialize, Serialize};

use super::request;
use crate::reply::OrdersAccepted;

/// An order of a batch. It stands at its owner's registered connection point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Its owner; the caller if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<ParticipantId>,
    /// The owner's id for it, unique in the auction.
    pub order: OrderId,
    /// Offer or bid.
    pub side: Side,
    /// Its auction.
    pub slot: Auction,
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

request! { PostMany => OrdersAccepted,
    /// Publishes sales and demands, all of them or none. Orders that are there already with the same content count as known and
    /// write nothing, so that a batch may be sent again.
    PostMany {
        /// At most 5 000, and 1 MiB.
        orders: Vec<NewOrder>,
    }
}
