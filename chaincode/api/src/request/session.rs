//! A slot's auctions, one after the other.

use der_market::slot::{Auction, Slot};

use super::request;
use crate::reply::{AuctionsView, ConfirmationView};

request! { EndConfirmation => ConfirmationView,
    /// Ends the confirmation of one auction: contracts that both sides have not signed lapse, and their energy is free for the
    /// slot's next auction.
    EndConfirmation {
        /// Which auction.
        slot: Auction,
    }
}
request! { QueryAuctions => AuctionsView,
    /// A slot's auctions with their stages.
    QueryAuctions {
        /// Which slot.
        slot: Slot,
    }
}
