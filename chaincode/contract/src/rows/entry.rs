//! A participant's orders in an auction, in one row: the book of schema 3.

use der_api::bytes::Digest;
use der_api::reply::{OrderStatus, OrderVersion};
use der_market::filters::Filters;
use der_market::id::{OrderId, ParticipantId, PointId};
use der_market::order::Order;
use der_market::participant::{Side, Source};
use der_market::slot::Auction;
use der_market::units::{Energy, Price};
use serde::{Deserialize, Serialize};

use super::User;

row! {
    /// An order in an entry; what the orders of an entry share stands in the entry.
    Entered {
        /// Its owner's id for it, unique in the auction.
        order: OrderId,
        /// How much, in Wh.
        energy_wh: Energy,
        /// The least energy of one contract; 0 for any.
        #[serde(default, skip_serializing_if = "Energy::is_zero")]
        min_wh: Energy,
        /// Its limit.
        price: Price,
        /// What it asks of its counterpart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filters: Option<Filters>,
        /// What its owner did with it. One that was withdrawn keeps its id for ever.
        #[serde(default = "open", skip_serializing_if = "is_open")]
        status: OrderStatus,
        /// The versions that amendments have replaced, the first one first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        earlier: Vec<OrderVersion>,
    }
}
row! {
    /// A participant's orders at a point in an auction: order entry writes this one row and nothing else. Sealed orders come here when
    /// they are revealed.
    Entry {
        /// Whose.
        participant: ParticipantId,
        /// Where.
        point: PointId,
        /// The owner's energy type.
        source: Source,
        /// The mandate under which its orders were entered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mandate: Option<Digest>,
        /// Sales, in the order of their entry.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        offers: Vec<Entered>,
        /// Demands, in the order of their entry. Of offers and bids only one kind is open.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        bids: Vec<Entered>,
    }
}

pub(super) const fn open() -> OrderStatus {
    OrderStatus::Open
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn is_open(status: &OrderStatus) -> bool {
    *status == OrderStatus::Open
}

impl Entry {
    /// A participant's entry without orders.
    pub(crate) fn of(user: &User) -> Self {
        Self {
            participant: user.participant.clone(),
            point: user.point.clone(),
            source: user.source,
            mandate: None,
            offers: Vec::new(),
            bids: Vec::new(),
        }
    }

    /// All orders, sales first.
    pub(crate) fn orders(&self) -> impl Iterator<Item = (Side, &Entered)> {
        let offers = self.offers.iter().map(|order| (Side::Seller, order));
        offers.chain(self.bids.iter().map(|order| (Side::Buyer, order)))
    }

    /// Its open orders, as clearing sees them.
    pub(crate) fn open_orders(&self) -> impl Iterator<Item = Order> {
        self.orders()
            .filter(|(_, order)| order.status == OrderStatus::Open)
            .map(|(side, order)| self.order(side, order))
    }

    /// One of its orders, as clearing sees it.
    pub(crate) fn order(&self, side: Side, entered: &Entered) -> Order {
        Order {
            participant: self.participant.clone(),
            order: entered.order.clone(),
            side,
            point: self.point.clone(),
            energy_wh: entered.energy_wh,
            min_wh: entered.min_wh,
            price: entered.price,
            source: self.source,
            filters: entered.filters.clone(),
        }
    }

    /// The order of this id.
    pub(crate) fn find(&self, id: &OrderId) -> Option<(Side, &Entered)> {
        self.orders().find(|(_, order)| order.order == *id)
    }

    /// The order of this id, to change it.
    pub(crate) fn find_mut(&mut self, id: &OrderId) -> Option<&mut Entered> {
        let mut all = self.offers.iter_mut().chain(self.bids.iter_mut());
        all.find(|order| order.order == *id)
    }

    /// Adds an order of one side.
    pub(crate) fn push(&mut self, side: Side, order: Entered) {
        self.of_side(side).push(order);
    }

    /// Adds an order of one side in the order of ids: whatever the sequence, the entry comes out the same.
    pub(crate) fn insert(&mut self, side: Side, order: Entered) {
        let orders = self.of_side(side);
        let place = orders.partition_point(|present| present.order < order.order);
        orders.insert(place, order);
    }

    fn of_side(&mut self, side: Side) -> &mut Vec<Entered> {
        match side {
            Side::Seller => &mut self.offers,
            Side::Buyer => &mut self.bids,
        }
    }
}

impl Entered {
    /// What it says now.
    pub(crate) fn version(&self) -> OrderVersion {
        OrderVersion {
            energy_wh: self.energy_wh,
            min_wh: self.min_wh,
            price: self.price,
            filters: self.filters.clone(),
        }
    }

    /// The number of the version that stands; 1 for an order that was never amended.
    pub(crate) fn number(&self) -> u32 {
        u32::try_from(self.earlier.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// True where this is, or once was, what it says.
    pub(crate) fn has_said(&self, version: &OrderVersion) -> bool {
        self.version() == *version || self.earlier.contains(version)
    }
}

/// SHA-256 of an order's auction and content: by it a repeated order is known.
pub(crate) fn digest_of(slot: Auction, order: &Order) -> Result<Digest, der_api::ApiError> {
    Ok(Digest::of(&der_api::codec::encode(&(slot, order))?))
}
