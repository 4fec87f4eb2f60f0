//! Orders.

use der_market::id::{OrderId, ParticipantId};
use der_market::participant::Side;
use der_market::slot::Auction;

use crate::bytes::Digest;

event! {
    /// A sale or a demand was published.
    OrderPosted {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        order: OrderId,
        /// Offer or bid.
        side: Side,
        /// Its slot.
        slot: Auction,
        /// Digest of its content.
        digest: Digest,
    }
    /// Sales and demands were published together.
    OrdersPosted {
        /// By whom.
        by: ParticipantId,
        /// How many.
        orders: u32,
        /// Digest of the batch.
        digest: Digest,
    }
    /// An order left the book.
    OrderWithdrawn {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        order: OrderId,
        /// Its slot.
        slot: Auction,
    }
    /// Orders were sealed together.
    OrdersSealed {
        /// By whom.
        by: ParticipantId,
        /// How many.
        orders: u32,
        /// Digest of the seals.
        digest: Digest,
    }
    /// Sealed orders were revealed together.
    OrdersRevealed {
        /// By whom.
        by: ParticipantId,
        /// How many.
        orders: u32,
        /// Digest of the batch.
        digest: Digest,
    }
    /// Orders have their next versions.
    OrdersAmended {
        /// By whom.
        by: ParticipantId,
        /// How many.
        orders: u32,
        /// Digest of the batch.
        digest: Digest,
    }
    /// Orders were withdrawn together.
    OrdersWithdrawn {
        /// By whom.
        by: ParticipantId,
        /// How many.
        orders: u32,
        /// Digest of the batch.
        digest: Digest,
    }
}
