//! A slot on its way.

use der_market::id::MspId;
use der_market::slot::{Auction, Slot};

use crate::bytes::Digest;
use crate::reply::Stage;

event! {
    /// A slot takes orders.
    SlotOpened {
        /// Which.
        slot: Auction,
    }
    /// A slot takes no more orders.
    GateClosed {
        /// Which slot.
        slot: Auction,
    }
    /// Sealed orders are revealed no more.
    RevealEnded {
        /// Which slot.
        slot: Auction,
    }
    /// A book is fixed.
    BookSealed {
        /// Which slot.
        slot: Auction,
        /// Orders in it.
        orders: u32,
        /// Digest of its rows.
        digest: Digest,
    }
    /// A member called for a stage that the operator does not bring.
    StageCalled {
        /// Which auction.
        slot: Auction,
        /// The stage to reach.
        stage: Stage,
        /// Which member.
        by: MspId,
    }
    /// Contracts are proposed.
    SlotMatched {
        /// Which slot.
        slot: Auction,
        /// How many contracts.
        contracts: u32,
        /// Digest of the fills table.
        fills: Digest,
    }
    /// Fills of a slot are proposed and proved to be of the greatest welfare.
    WelfareProposed {
        /// Which slot.
        slot: Auction,
        /// Whose proposal.
        member: MspId,
        /// SHA-256(slot ‖ fills).
        digest: Digest,
    }
    /// A page of a large clearing's contracts is written.
    ContractsWritten {
        /// Which slot.
        slot: Auction,
        /// Which page.
        page: u32,
        /// Contracts of the page.
        contracts: u32,
        /// SHA-256 of the contracts' hashes, in rank order.
        digest: Digest,
    }
    /// Confirmation has ended in an auction.
    ConfirmationEnded {
        /// Which auction.
        slot: Auction,
        /// Contracts signed by both sides.
        confirmed: u32,
        /// Contracts refused or expired.
        lapsed: u32,
    }
    /// Confirmation has ended.
    SlotPlanned {
        /// Which slot.
        slot: Slot,
        /// Confirmed contracts.
        confirmed: u32,
        /// Refused or expired ones.
        lapsed: u32,
        /// Digest of the plan.
        plan: Digest,
    }
}
