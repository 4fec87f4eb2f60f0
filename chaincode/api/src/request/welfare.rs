//! Welfare mode: who proposes fills, and what was proposed.

use der_market::slot::Auction;
use der_market::welfare::WelfareProposal;

use super::request;
use crate::reply::{WelfareProposed, WelfareView};

request! { ProposeWelfare => WelfareProposed,
    /// TSSC: proposes the fills of a sealed book with the duals that prove them the best; the organisation's only one for the slot.
    ProposeWelfare {
        /// Which slot.
        slot: Auction,
        /// Fills and duals, over the orders of participants that are not suspended, by owner and order id.
        proposal: WelfareProposal,
    }
}
request! { QueryWelfare => WelfareView,
    /// What was proposed for a slot.
    QueryWelfare {
        /// Which slot.
        slot: Auction,
    }
}
