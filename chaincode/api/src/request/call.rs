//! Calls for a stage that the operator's clock does not bring.

use der_market::slot::Auction;

use super::request;
use crate::reply::{CallsView, Stage};

request! { CallFor => CallsView,
    /// The caller's organisation calls for a stage of an auction: once enough members have, an operator of any member may bring it.
    CallFor {
        /// Which auction.
        slot: Auction,
        /// The stage to reach.
        stage: Stage,
    }
}
request! { QueryCalls => CallsView,
    /// Which members have called for a stage of an auction.
    QueryCalls {
        /// Which auction.
        slot: Auction,
        /// The stage to reach.
        stage: Stage,
    }
}
