//! Orders, one and many.

use der_market::filters::Filters;
use der_market::id::{OrderId, ParticipantId, PointId};
use der_market::participant::Side;
use der_market::slot::Auction;
use der_market::units::{Energy, Price};
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;

reply! {
    /// An order is in the book.
    OrderAccepted {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        order: OrderId,
        /// Offer or bid.
        side: Side,
        /// Its slot.
        slot: Auction,
        /// SHA-256 of its content.
        digest: Digest,
    }
}

/// What may have become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// In the book; the slot's stage says what that means.
    Open,
    /// Withdrawn by its owner.
    Withdrawn,
}

reply! {
    /// An order.
    OrderView {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        order: OrderId,
        /// Offer or bid.
        side: Side,
        /// Its slot.
        slot: Auction,
        /// Where.
        point: PointId,
        /// How much.
        energy_wh: Energy,
        /// Least energy of one contract.
        min_wh: Energy,
        /// Its limit.
        price: Price,
        /// What it asks of its counterpart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filters: Option<Filters>,
        /// What became of it.
        status: OrderStatus,
        /// SHA-256 of its content.
        digest: Digest,
        /// The versions that amendments have replaced, the first one first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        earlier: Vec<OrderVersion>,
    }
}
reply! {
    /// A batch of orders is entered, sealed, revealed, amended or withdrawn.
    OrdersAccepted {
        /// How many are new.
        accepted: u32,
        /// How many were so already.
        known: u32,
        /// SHA-256 of the batch.
        digest: Digest,
    }
}
reply! {
    /// What an order said before it was amended.
    OrderVersion {
        /// How much, Wh.
        energy_wh: Energy,
        /// Least energy of one contract, Wh; 0 for any.
        min_wh: Energy,
        /// Its limit.
        price: Price,
        /// What it asked of its counterpart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filters: Option<Filters>,
    }
}
