//! What is told of sealed orders.

use der_market::billing::BillingDay;
use der_market::id::{OrderId, ParticipantId};
use der_market::slot::Auction;
use der_market::units::Money;
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;

/// What became of a sealed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealStatus {
    /// Not revealed.
    Sealed,
    /// Revealed: `Query:Order` tells the order.
    Revealed,
    /// Withdrawn before the gate closed.
    Withdrawn,
}

reply! {
    /// A sealed order.
    SealView {
        /// Which.
        order: OrderId,
        /// The seal that stands.
        seal: Digest,
        /// Those that it replaced, the oldest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        earlier: Vec<Digest>,
        /// What became of it.
        status: SealStatus,
    }
}
reply! {
    /// A participant's sealed orders in an auction.
    SealsView {
        /// Whose.
        participant: ParticipantId,
        /// Which auction.
        slot: Auction,
        /// In the order of their entry.
        orders: Vec<SealView>,
    }
}
reply! {
    /// Money set aside for a day's sealed orders.
    SetAsideView {
        /// Whose.
        participant: ParticipantId,
        /// Which billing day.
        day: BillingDay,
        /// Chosen, nyuan.
        amount: Money,
        /// What revealed orders have not taken of it, nyuan.
        left: Money,
        /// Auctions in which it stands for sealed orders.
        auctions: Vec<Auction>,
    }
}
