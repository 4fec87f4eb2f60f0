//! Taking orders back before the gate closes.

use der_api::ErrorCode;
use der_api::reply::OrderStatus;
use der_market::id::{OrderId, ParticipantId};
use der_market::order_rules::Book;
use der_market::slot::Auction;

use super::{Desk, unknown};
use crate::error::ContractError;
use crate::trading::post::require_open;

impl Desk {
    /// Withdraws an order, sealed or not; false for one that is withdrawn already.
    pub(in crate::trading) fn take_back(
        &mut self,
        slot: Auction,
        who: &ParticipantId,
        id: &OrderId,
    ) -> Result<bool, ContractError> {
        if self.is_withdrawn(slot, who, id)? {
            return Ok(false);
        }
        self.withdraw(slot, who, id)?;
        Ok(true)
    }

    /// Withdraws an order, sealed or not.
    pub(in crate::trading) fn withdraw(
        &mut self,
        slot: Auction,
        who: &ParticipantId,
        id: &OrderId,
    ) -> Result<(), ContractError> {
        if self.is_withdrawn(slot, who, id)? {
            let detail = format!("order {id} was withdrawn");
            return Err(ContractError::new(ErrorCode::OrderNotOpen, detail));
        }
        require_open(slot, self.gates.get(&slot))?;
        if self.is_sealed(slot) {
            return self.withdraw_sealed(slot, who, id);
        }
        let place = (slot, self.standing(who)?.user.point.clone(), who.clone());
        let entry = self.entries.get_mut(&place).ok_or_else(|| unknown(slot, who, id))?;
        let entered = entry.find_mut(id).ok_or_else(|| unknown(slot, who, id))?;
        entered.status = OrderStatus::Withdrawn;
        self.holdings.give_back(slot, who, id)?;
        self.changed.insert(place);
        Ok(())
    }

    /// The ids of a participant's open orders in an auction; of the sealed ones, where it takes sealed orders.
    pub(in crate::trading) fn open_orders(
        &self,
        slot: Auction,
        who: &ParticipantId,
    ) -> Result<Vec<OrderId>, ContractError> {
        let place = (slot, self.standing(who)?.user.point.clone(), who.clone());
        if self.is_sealed(slot) {
            let sealed = self.sealed.get(&(slot, who.clone()));
            let standing = sealed.into_iter().flat_map(|sealed| sealed.standing());
            return Ok(standing.map(|order| order.order.clone()).collect());
        }
        let orders = self.entries.get(&place).map(|entry| entry.open_orders());
        Ok(orders.into_iter().flatten().map(|order| order.order).collect())
    }

    /// Takes the mandate off a participant's orders in an auction.
    pub(in crate::trading) fn revoke(&mut self, slot: Auction, who: &ParticipantId) -> Result<(), ContractError> {
        let place = (slot, self.standing(who)?.user.point.clone(), who.clone());
        require_open(slot, self.gates.get(&slot))?;
        if let Some(entry) = self.entries.get_mut(&place)
            && entry.mandate.take().is_some()
        {
            self.changed.insert(place);
        }
        Ok(())
    }

    /// True for an auction that takes sealed orders.
    pub(in crate::trading) fn is_sealed(&self, slot: Auction) -> bool {
        self.gates.get(&slot).and_then(|gate| gate.book) == Some(Book::Sealed)
    }

    fn is_withdrawn(&self, slot: Auction, who: &ParticipantId, id: &OrderId) -> Result<bool, ContractError> {
        let point = self.standing(who)?.user.point.clone();
        let status = if self.is_sealed(slot) {
            let sealed = self.sealed.get(&(slot, who.clone()));
            sealed.and_then(|sealed| sealed.find(id)).map(|order| order.status)
        } else {
            let entry = self.entries.get(&(slot, point, who.clone()));
            entry.and_then(|entry| entry.find(id)).map(|(_, order)| order.status)
        };
        let status = status.ok_or_else(|| unknown(slot, who, id))?;
        Ok(status == OrderStatus::Withdrawn)
    }
}
