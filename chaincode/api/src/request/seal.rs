//! Sealed orders: sealed before the gate closes, revealed after it.

use der_market::billing::BillingDay;
use der_market::id::{OrderId, ParticipantId};
use der_market::slot::Auction;
use der_market::units::Money;
use serde::{Deserialize, Serialize};

use super::{NewOrder, request};
use crate::bytes::{Digest, HexBytes};
use crate::reply::{OrdersAccepted, SealsView, SetAsideView, SlotView};

/// A seal of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSeal {
    /// The order's owner; the caller if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<ParticipantId>,
    /// The owner's id for the order, unique in the auction.
    pub order: OrderId,
    /// Its auction.
    pub slot: Auction,
    /// The seal; see [`crate::seal`].
    pub seal: Digest,
    /// The seal that stands and that this one replaces: an amended order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Digest>,
}

/// An order with the salt of its seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The order exactly as it was sealed.
    pub order: NewOrder,
    /// The 32 bytes that were drawn for it.
    pub salt: HexBytes,
}

request! { Seal => OrdersAccepted,
    /// Seals orders of auctions that take them sealed, all of them or none. A seal that is there already counts as known and writes
    /// nothing, so that a batch may be sent again.
    Seal {
        /// At most 5 000, and 1 MiB.
        orders: Vec<NewSeal>,
    }
}
request! { Reveal => OrdersAccepted,
    /// Reveals sealed orders after their gate has closed, all of them or none. Orders that are revealed already count as known.
    Reveal {
        /// At most 5 000, and 1 MiB.
        orders: Vec<Opened>,
    }
}
request! { EndReveal => SlotView,
    /// Ends the time for revealing an auction's sealed orders.
    EndReveal {
        /// Which auction.
        slot: Auction,
    }
}
request! { QuerySeals => SealsView,
    /// A participant's sealed orders in an auction.
    QuerySeals {
        /// Whose.
        participant: ParticipantId,
        /// Which auction.
        slot: Auction,
    }
}
request! { SetAside => SetAsideView,
    /// The caller sets money aside for a day's sealed orders, from which revealed ones take what they hold. The sum only rises;
    /// `Account:Release` gives back what is left of it.
    SetAside {
        /// Which billing day.
        day: BillingDay,
        /// The day's whole sum, nyuan.
        amount: Money,
    }
}
request! { QuerySetAside => SetAsideView,
    /// What a participant has set aside for a day's sealed orders.
    QuerySetAside {
        /// Whose.
        participant: ParticipantId,
        /// Which billing day.
        day: BillingDay,
    }
}
