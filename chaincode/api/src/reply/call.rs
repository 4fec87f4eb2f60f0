//! What is told of calls for a stage.

use der_market::id::MspId;
use der_market::slot::Auction;
use serde::{Deserialize, Serialize};

use super::Stage;

reply! {
    /// Calls for a stage of an auction.
    CallsView {
        /// Which auction.
        slot: Auction,
        /// The stage to reach.
        stage: Stage,
        /// Members that have called.
        called: Vec<MspId>,
        /// How many must have called before any member's operator may bring the stage.
        needed: u32,
    }
}
