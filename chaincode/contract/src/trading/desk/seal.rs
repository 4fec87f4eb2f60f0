//! Sealing orders, and revealing them. Whoever reveals writes its own rows and reads nobody else's, so that the order in which
//! participants reveal is nobody's matter.

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_api::bytes::Digest;
use der_api::reply::OrderStatus;
use der_market::id::{OrderId, ParticipantId};
use der_market::participant::Side;
use der_market::slot::Auction;

use super::enter::ORDERS_PER_ENTRY;
use super::{Desk, Place, Placed, Wanted, unknown};
use crate::error::ContractError;
use crate::rows::{Entry, GateState, Sealed, SealedOrder};
use crate::trading::post::{refused, require_open};

/// Seals that one order may have had: its row keeps every one.
const RESEALS: usize = 20;

/// Places whose orders are to be checked as a whole.
pub(in crate::trading) type Revealed = BTreeSet<(Place, Side)>;

impl Desk {
    /// Seals an order, or replaces its seal; false for a seal that stands already.
    pub(in crate::trading) fn seal(
        &mut self,
        slot: Auction,
        who: &ParticipantId,
        order: OrderId,
        seal: Digest,
        replaces: Option<Digest>,
    ) -> Result<bool, ContractError> {
        let standing = self.standing(who)?;
        let present = self
            .sealed
            .get(&(slot, who.clone()))
            .and_then(|sealed| sealed.find(&order));
        // A seal that was replaced stays known to whoever sends the first request again.
        let is_known =
            |present: &SealedOrder| present.seal == seal || (replaces.is_none() && present.earlier.contains(&seal));
        if present.is_some_and(is_known) {
            return Ok(false);
        }
        standing.require_active()?;
        self.require_sealed_book(slot)?;
        require_open(slot, self.gates.get(&slot))?;
        match (present, replaces) {
            (None, None) => self.add_seal(slot, who, order, seal)?,
            (Some(_), Some(replaces)) => self.replace_seal(slot, who, &order, seal, replaces)?,
            (Some(_), None) => {
                let detail = format!("order {order} is sealed otherwise");
                return Err(ContractError::new(ErrorCode::OrderIdReused, detail));
            }
            (None, Some(_)) => return Err(unknown(slot, who, &order)),
        }
        self.holdings.earmark(slot, who)?;
        self.resealed.insert((slot, who.clone()));
        Ok(true)
    }

    fn add_seal(
        &mut self,
        slot: Auction,
        who: &ParticipantId,
        order: OrderId,
        seal: Digest,
    ) -> Result<(), ContractError> {
        let none = || Sealed {
            participant: who.clone(),
            orders: Vec::new(),
        };
        let sealed = self.sealed.entry((slot, who.clone())).or_insert_with(none);
        if sealed.orders.len() >= ORDERS_PER_ENTRY {
            let detail = format!("{ORDERS_PER_ENTRY} orders a participant and slot are allowed");
            return Err(ContractError::new(ErrorCode::TooManyOrders, detail));
        }
        sealed.orders.push(SealedOrder {
            order,
            seal,
            earlier: Vec::new(),
            status: OrderStatus::Open,
        });
        Ok(())
    }

    fn replace_seal(
        &mut self,
        slot: Auction,
        who: &ParticipantId,
        id: &OrderId,
        seal: Digest,
        replaces: Digest,
    ) -> Result<(), ContractError> {
        let order = self.standing_seal(slot, who, id)?;
        if order.seal != replaces || order.earlier.contains(&seal) {
            let detail = format!("order {id} is sealed by {}, and no seal stands twice", order.seal);
            return Err(ContractError::new(ErrorCode::OtherVersion, detail));
        }
        if order.earlier.len() >= RESEALS {
            let detail = format!("order {id} was sealed anew {RESEALS} times");
            return Err(ContractError::new(ErrorCode::TooManyAmendments, detail));
        }
        order.earlier.push(replaces);
        order.seal = seal;
        Ok(())
    }

    /// Reveals an order whose seal was computed from what was sent; `touched` takes its place, for [`Desk::require_revealed`].
    pub(in crate::trading) fn reveal(
        &mut self,
        wanted: Wanted,
        seal: Digest,
        touched: &mut Revealed,
    ) -> Result<Placed, ContractError> {
        let (slot, side, who) = (wanted.slot, wanted.side, wanted.participant);
        let own = Entry::of(&self.standing(&who)?.user);
        self.require_revealing(slot)?;
        let id = wanted.content.order.clone();
        if self.standing_seal(slot, &who, &id)?.seal != seal {
            let detail = format!("order {id} of {who} in slot {slot} is not what was sealed");
            return Err(ContractError::new(ErrorCode::SealMismatch, detail));
        }
        let order = own.order(side, &wanted.content);
        order.validate().map_err(refused)?;
        if self.is_known(slot, &order, &wanted.content)? {
            return Ok(Placed { order, new: false });
        }
        self.require_priced(slot, &order)?;
        let place = (slot, own.point.clone(), who.clone());
        let entry = self.entries.entry(place.clone()).or_insert(own);
        entry.mandate = self.mandates.get(&who).copied();
        entry.require_side(side)?;
        entry.insert(side, wanted.content);
        self.holdings.draw(slot, &order)?;
        self.changed.insert(place.clone());
        touched.insert((place, side));
        Ok(Placed { order, new: true })
    }

    /// Checks what was revealed place by place, when all of it is there: so the sequence within a batch does not matter.
    pub(in crate::trading) fn require_revealed(&mut self, touched: &Revealed) -> Result<(), ContractError> {
        for (place, side) in touched {
            let (slot, _, who) = place;
            self.require_tradable(place, *side).map_err(|error| {
                let detail = format!("orders of {who} in slot {slot}: {}", error.detail());
                ContractError::new(error.code(), detail)
            })?;
            if self.all_revealed(place) {
                self.holdings.unmark(*slot, who);
            }
        }
        Ok(())
    }

    fn all_revealed(&self, place: &Place) -> bool {
        let (slot, _, who) = place;
        let (Some(entry), Some(sealed)) = (self.entries.get(place), self.sealed.get(&(*slot, who.clone()))) else {
            return false;
        };
        sealed.standing().all(|order| entry.find(&order.order).is_some())
    }

    pub(super) fn withdraw_sealed(
        &mut self,
        slot: Auction,
        who: &ParticipantId,
        id: &OrderId,
    ) -> Result<(), ContractError> {
        self.standing_seal(slot, who, id)?.status = OrderStatus::Withdrawn;
        let at = (slot, who.clone());
        if self
            .sealed
            .get(&at)
            .is_some_and(|sealed| sealed.standing().next().is_none())
        {
            self.holdings.unmark(slot, who);
        }
        self.resealed.insert(at);
        Ok(())
    }

    /// A sealed order that was not withdrawn.
    fn standing_seal(
        &mut self,
        slot: Auction,
        who: &ParticipantId,
        id: &OrderId,
    ) -> Result<&mut SealedOrder, ContractError> {
        let sealed = self.sealed.get_mut(&(slot, who.clone()));
        let order = sealed.and_then(|sealed| sealed.find_mut(id));
        let order = order.ok_or_else(|| unknown(slot, who, id))?;
        if order.status != OrderStatus::Open {
            let detail = format!("order {id} was withdrawn");
            return Err(ContractError::new(ErrorCode::OrderNotOpen, detail));
        }
        Ok(order)
    }

    fn require_sealed_book(&self, slot: Auction) -> Result<(), ContractError> {
        if self.is_sealed(slot) {
            return Ok(());
        }
        require_open(slot, self.gates.get(&slot))?;
        let detail = format!("slot {slot} takes orders openly");
        Err(ContractError::new(ErrorCode::OrdersAreOpen, detail))
    }

    /// Refuses outside the time between the gate and the end of revealing.
    fn require_revealing(&self, slot: Auction) -> Result<(), ContractError> {
        let refused = |code, what: String| Err(ContractError::new(code, what));
        match self.gates.get(&slot).map(|gate| gate.state) {
            None => refused(ErrorCode::SlotNotOpened, format!("slot {slot} was never opened")),
            Some(_) if !self.is_sealed(slot) => {
                refused(ErrorCode::OrdersAreOpen, format!("slot {slot} takes orders openly"))
            }
            Some(GateState::Open) => {
                let detail = format!("the gate of slot {slot} is open: what is revealed now, everybody could answer");
                refused(ErrorCode::RevealTooEarly, detail)
            }
            Some(GateState::Closed) => Ok(()),
            Some(_) => refused(ErrorCode::RevealEnded, format!("revealing has ended in slot {slot}")),
        }
    }
}
