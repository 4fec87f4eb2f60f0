//! Sealed orders, and the money that is set aside for them.

use std::collections::BTreeSet;

use der_api::bytes::Digest;
use der_api::reply::OrderStatus;
use der_market::id::{OrderId, ParticipantId};
use der_market::slot::Auction;
use der_market::units::Money;
use serde::{Deserialize, Serialize};

use super::entry::{is_open, open};

row! {
    /// A sealed order. After the gate it never changes: that it is revealed shows in its owner's entry.
    SealedOrder {
        /// Its owner's id for it, unique in the auction.
        order: OrderId,
        /// The seal that stands.
        seal: Digest,
        /// Those that it replaced, the oldest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        earlier: Vec<Digest>,
        /// What its owner did with it. One that was withdrawn keeps its id for ever.
        #[serde(default = "open", skip_serializing_if = "is_open")]
        status: OrderStatus,
    }
}
row! {
    /// A participant's sealed orders in an auction.
    Sealed {
        /// Whose.
        participant: ParticipantId,
        /// In the order of their entry.
        orders: Vec<SealedOrder>,
    }
}

impl Sealed {
    /// The order of this id.
    pub(crate) fn find(&self, id: &OrderId) -> Option<&SealedOrder> {
        self.orders.iter().find(|sealed| sealed.order == *id)
    }

    /// The order of this id, to change it.
    pub(crate) fn find_mut(&mut self, id: &OrderId) -> Option<&mut SealedOrder> {
        self.orders.iter_mut().find(|sealed| sealed.order == *id)
    }

    /// Those that were not withdrawn.
    pub(crate) fn standing(&self) -> impl Iterator<Item = &SealedOrder> {
        self.orders.iter().filter(|sealed| sealed.status == OrderStatus::Open)
    }
}

row! {
    /// Money that a participant has set aside for a billing day's sealed orders. Only its own acts move it.
    Lump {
        /// Chosen.
        amount: Money,
        /// What revealed orders have not taken.
        left: Money,
        /// Auctions in which it stands for sealed orders.
        auctions: BTreeSet<Auction>,
    }
}
