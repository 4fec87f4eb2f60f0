//! Proposals of the greatest welfare.

use der_market::id::MspId;
use der_market::slot::Auction;
use der_market::units::{Money, Price};
use der_market::welfare::WelfareProposal;
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;

reply! {
    /// A proposal that was proved.
    WelfareProposed {
        /// Which slot.
        slot: Auction,
        /// Whose.
        member: MspId,
        /// SHA-256(slot ‖ fills): the smallest wins.
        digest: Digest,
        /// Σ q·(R − F − τ).
        welfare: Money,
    }
}
reply! {
    /// What was proposed for a slot.
    WelfareView {
        /// Which slot.
        slot: Auction,
        /// The proposals, the smallest digest first.
        proposals: Vec<WelfareProposed>,
    }
}
reply! {
    /// What a clearing by welfare stands on.
    WelfareInputs {
        /// R of each bid's owner and F of each offer's, by place among the orders that were not excluded.
        grid_prices: Vec<Price>,
        /// The proposal that won; none where there was none, and the score decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposal: Option<WelfareProposal>,
    }
}
