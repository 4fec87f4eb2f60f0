//! A clearing, and what it takes to compute it again.

use std::collections::BTreeSet;

use der_market::grid::{Distances, Point, UsedRoom};
use der_market::id::{ContractId, IdError, MarketId, OrderId, ParticipantId, PointId};
use der_market::matching::Fill;
use der_market::merit::Merits;
use der_market::order::Order;
use der_market::parameters::Parameters;
use der_market::settlement::Branch;
use der_market::slot::Auction;
use der_market::units::Energy;
use serde::{Deserialize, Serialize};

use super::{ContractStatus, Seal, WelfareInputs};
use crate::bytes::Digest;
use crate::clearing::contract_id;
use crate::contract::ContractTerms;

reply! {
    /// A slot's clearing.
    ClearingView {
        /// Which slot.
        slot: Auction,
        /// Orders in the book.
        orders: u32,
        /// Proposed contracts, in rank order; empty where they are written in pages.
        contracts: Vec<ContractId>,
        /// SHA-256 of the fills table.
        fills: Digest,
        /// Σ energy of the proposed contracts.
        matched_wh: Energy,
        /// Offered and not matched.
        unmatched_supply_wh: Energy,
        /// Demanded and not matched.
        unmatched_demand_wh: Energy,
        /// Branches that TSSC chooses for it.
        branches: BTreeSet<Branch>,
        /// Proof of priority; from schema 3 on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    }
}
reply! {
    /// What was proved of a clearing, and how large it is.
    Proof {
        /// SHA-256 of everything that the fills follow from, and of the fills; see [`crate::clearing::PriorityProof`].
        digest: Digest,
        /// Proposed contracts.
        contracts: u32,
        /// Pages of contracts still to be written when it was cleared; 0 for a clearing in one transaction.
        pages: u32,
    }
}
reply! {
    /// A page of contracts is written.
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
}
reply! {
    /// What a slot's clearing stands on, besides its book.
    ClearingInputs {
        /// The market.
        market: MarketId,
        /// Which slot.
        slot: Auction,
        /// Count and digest of the book.
        seal: Seal,
        /// Version of the parameters.
        parameters_version: u32,
        /// The parameters.
        parameters: Parameters,
        /// Version of the distances.
        distances_version: u32,
        /// The distances.
        distances: Distances,
        /// The points of the book.
        points: Vec<Point>,
        /// Places, in the book by owner and order id, of orders whose owners were suspended or had left.
        excluded: Vec<u32>,
        /// Figures of participants that the score and the pilot rule asked for.
        merits: Merits,
        /// Room that confirmed contracts of the slot's earlier auctions use.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        used: Vec<UsedRoom>,
        /// Orders that are matched at most.
        book_limit: u32,
        /// Of a slot that clears by welfare.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        welfare: Option<WelfareInputs>,
    }
}
reply! {
    /// Where an order stands in a book.
    BookKey {
        /// Its point.
        point: PointId,
        /// Its owner.
        participant: ParticipantId,
        /// Its id.
        order: OrderId,
    }
}
reply! {
    /// A page of a book.
    BookPage {
        /// Its orders, in key order.
        orders: Vec<Order>,
        /// Where the next page begins; none after the last order.
        next: Option<BookKey>,
    }
}
reply! {
    /// A page of fills.
    FillsPage {
        /// In rank order. Places count the orders that were not excluded, by owner and order id.
        fills: Vec<Fill>,
    }
}
reply! {
    /// A page of contracts.
    ContractsPage {
        /// In rank order; those that are not written yet are left out.
        contracts: Vec<ProposedContract>,
    }
}
reply! {
    /// A contract as clearing proposed it, and how far it has come.
    ProposedContract {
        /// Its terms.
        terms: ContractTerms,
        /// Their canonical hash.
        hash: Digest,
        /// How far it has come.
        status: ContractStatus,
    }
}

impl ClearingView {
    /// How many pages of contracts were left to be written.
    pub fn pages(&self) -> u32 {
        self.proof.as_ref().map_or(0, |proof| proof.pages)
    }

    /// The ids of all proposed contracts, in rank order, written or not.
    ///
    /// # Errors
    /// None in practice: the ids are well formed.
    pub fn contract_ids(&self) -> Result<Vec<ContractId>, IdError> {
        match &self.proof {
            Some(proof) if proof.pages > 0 => (0..proof.contracts).map(|rank| contract_id(self.slot, rank)).collect(),
            _ => Ok(self.contracts.clone()),
        }
    }
}
