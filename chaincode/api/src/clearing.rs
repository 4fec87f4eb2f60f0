//! What a clearing's contracts and its proof follow from: the same for the contract that writes them and for whoever checks it.

use der_market::grid::{Distances, Point, UsedRoom};
use der_market::id::{ContractId, IdError, MarketId};
use der_market::matching::{Fill, sort_book};
use der_market::merit::Merits;
use der_market::order::Order;
use der_market::parameters::{Parameters, Profile};
use der_market::slot::Auction;
use serde::Serialize;

use crate::bytes::Digest;
use crate::codec;
use crate::contract::ContractTerms;
use crate::error_code::{ApiError, ErrorCode};
use crate::reply::Seal;

/// Contracts of one page. With the longest ids a page stays well below 1 MB.
pub const CONTRACTS_PER_PAGE: usize = 500;

/// The id of a contract: its slot and its rank, counted from 1.
///
/// # Errors
/// None in practice: the id is well formed.
pub fn contract_id(slot: Auction, rank: u32) -> Result<ContractId, IdError> {
    ContractId::new(format!("{slot}-{:05}", u64::from(rank).saturating_add(1)))
}

/// A sealed book as the matching takes it: by owner and order id, without the orders at the excluded places.
pub fn active_book(mut book: Vec<Order>, excluded: &[u32]) -> Vec<Order> {
    sort_book(&mut book);
    let places = (0_u32..).zip(book);
    let active = places.filter(|(place, _)| excluded.binary_search(place).is_err());
    active.map(|(_, order)| order).collect()
}

/// What all contracts of a clearing share.
#[derive(Clone, Debug)]
pub struct Proposal<'a> {
    /// The market.
    pub market: &'a MarketId,
    /// The slot.
    pub slot: Auction,
    /// Version of the parameters.
    pub parameters: u32,
    /// Version of the distances.
    pub distances: u32,
    /// Whether deviations cost anything.
    pub profile: Profile,
    /// The book that was matched.
    pub book: &'a [Order],
}

impl Proposal<'_> {
    /// The terms that a fill of this rank, counted from 0, proposes.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] for a fill that names no order of the book.
    pub fn terms(&self, rank: u32, fill: &Fill) -> Result<ContractTerms, ApiError> {
        let order = |place: u32| {
            let found = usize::try_from(place).ok().and_then(|place| self.book.get(place));
            found.ok_or_else(|| ApiError::new(ErrorCode::Internal, "a fill names no order"))
        };
        let (bid, offer) = (order(fill.bid)?, order(fill.offer)?);
        let id = contract_id(self.slot, rank);
        Ok(ContractTerms {
            market: self.market.clone(),
            contract: id.map_err(|e| ApiError::new(ErrorCode::Internal, e.to_string()))?,
            slot: self.slot,
            buyer: bid.participant.clone(),
            buyer_order: bid.order.clone(),
            buyer_point: bid.point.clone(),
            seller: offer.participant.clone(),
            seller_order: offer.order.clone(),
            seller_point: offer.point.clone(),
            energy_wh: fill.energy_wh,
            price: fill.price,
            tariff: fill.tariff,
            parameters: self.parameters,
            distances: self.distances,
            profile: self.profile,
        })
    }
}

/// Everything that a clearing's fills follow from, and the fills. Its hash is stored: who computes another one was told other inputs.
#[derive(Clone, Debug, Serialize)]
pub struct PriorityProof<'a> {
    /// The slot.
    pub slot: Auction,
    /// Count and digest of the book.
    pub seal: &'a Seal,
    /// The parameters.
    pub parameters: &'a Parameters,
    /// The distances.
    pub distances: &'a Distances,
    /// The points of the book.
    pub points: &'a [Point],
    /// Places of the orders that were left out.
    pub excluded: &'a [u32],
    /// Figures of participants.
    pub merits: &'a Merits,
    /// Room that the slot's earlier auctions use.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub used: &'a [UsedRoom],
    /// Orders that are matched at most.
    pub book_limit: u32,
    /// SHA-256(slot ‖ fills) of the welfare proposal that won.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welfare: Option<Digest>,
    /// SHA-256 of the fills.
    pub fills: Digest,
}

impl PriorityProof<'_> {
    /// SHA-256 of the line `der.priority.v1`, then compact JSON.
    ///
    /// # Errors
    /// None in practice; see [`codec::encode`].
    pub fn digest(&self) -> Result<Digest, ApiError> {
        let mut bytes = b"der.priority.v1\n".to_vec();
        bytes.extend(codec::encode(self)?);
        Ok(Digest::of(&bytes))
    }
}
