//! A clearing, its fills and its contracts.

use der_api::bytes::Digest;
use der_api::contract::ContractTerms;
use der_api::reply::ClearingView;
use der_market::grid::UsedRoom;
use der_market::id::{MspId, ParticipantId};
use der_market::matching::Fill;
use der_market::merit::Merits;
use der_market::units::{Energy, Money, Price};
use serde::{Deserialize, Serialize};

row! {
    /// A clearing with its compact table of fills.
    Clearing {
        /// What is told of it.
        view: ClearingView,
        /// The fills, in rank order, over the active orders by owner and id; none where they stand in pages.
        fills: Vec<Fill>,
        /// What it takes to compute it again; from schema 3 on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<ClearingRecord>,
    }
}
row! {
    /// What a clearing stood on and no other row tells.
    ClearingRecord {
        /// Places, in the book by owner and order id, of orders whose owners were suspended or had left.
        excluded: Vec<u32>,
        /// Figures of participants.
        merits: Merits,
        /// Room that confirmed contracts of the slot's earlier auctions use.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        used: Vec<UsedRoom>,
        /// Orders that were matched at most.
        book_limit: u32,
        /// Whose proposal of the greatest welfare won.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        welfare: Option<MspId>,
    }
}
row! {
    /// An organisation's proposal for a slot that clears by welfare.
    WelfareHead {
        /// Who made it.
        by: ParticipantId,
        /// SHA-256(slot ‖ fills).
        digest: Digest,
        /// Σ q·(R − F − τ).
        welfare: Money,
    }
}
row! {
    /// Room that confirmed contracts use, of one auction and those before it.
    UsedRoomRow {
        /// By point.
        points: Vec<UsedRoom>,
    }
}
row! {
    /// A page of a large clearing's fills.
    FillsRow {
        /// Bid, offer, Wh, p, τ: in rank order.
        fills: Vec<(u32, u32, Energy, Price, Price)>,
    }
}
row! {
    /// A page of contracts that is written.
    ContractsPageRow {
        /// Contracts of the page.
        contracts: u32,
        /// SHA-256 of the contracts' hashes, in rank order.
        digest: Digest,
    }
}
row! {
    /// A proposed contract.
    StoredContract {
        /// Its terms.
        terms: ContractTerms,
        /// Their canonical hash.
        hash: Digest,
    }
}

impl FillsRow {
    /// A page of these fills.
    pub fn of(fills: &[Fill]) -> Self {
        let row = |fill: &Fill| (fill.bid, fill.offer, fill.energy_wh, fill.price, fill.tariff);
        Self {
            fills: fills.iter().map(row).collect(),
        }
    }

    /// The fills of this page.
    pub fn fills(&self) -> Vec<Fill> {
        let fill = |(bid, offer, energy_wh, price, tariff): &(u32, u32, Energy, Price, Price)| Fill {
            bid: *bid,
            offer: *offer,
            energy_wh: *energy_wh,
            price: *price,
            tariff: *tariff,
        };
        self.fills.iter().map(fill).collect()
    }
}
