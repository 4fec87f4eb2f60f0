//! Entering an order that everybody may read.

use der_api::ErrorCode;
use der_market::order::Order;
use der_market::order_rules::Book;
use der_market::participant::Side;
use der_market::slot::Auction;
use der_market::units::Energy;

use super::{Desk, Place, Placed, Wanted};
use crate::error::ContractError;
use crate::governance::require_within;
use crate::identity::Standing;
use crate::planning::Tradable;
use crate::rows::{Entered, Entry};
use crate::trading::post::{refused, require_open};

/// Orders, withdrawn ones too, that a participant may have at one point in one slot.
pub(super) const ORDERS_PER_ENTRY: usize = 100;

impl Desk {
    /// Enters an order; tells it with its digest, and whether it is new.
    pub(in crate::trading) fn enter(&mut self, wanted: Wanted) -> Result<Placed, ContractError> {
        let (slot, side) = (wanted.slot, wanted.side);
        let standing = self.standing(&wanted.participant)?;
        let point = wanted.point.unwrap_or_else(|| standing.user.point.clone());
        let own = Entry {
            point,
            ..Entry::of(&standing.user)
        };
        let order = own.order(side, &wanted.content);
        order.validate().map_err(refused)?;
        if self.is_known(slot, &order, &wanted.content)? {
            return Ok(Placed { order, new: false });
        }
        standing.require_active()?;
        require_connected(&order, standing)?;
        self.require_open_book(slot)?;
        self.require_priced(slot, &order)?;
        let most = standing.user.capacity_w.per_slot();
        let place = (slot, order.point.clone(), order.participant.clone());
        let entry = self.entries.entry(place.clone()).or_insert(own);
        entry.mandate = self.mandates.get(&wanted.participant).copied();
        let mut sold = Energy::ZERO;
        if let Some(tradable) = self.tradable.get(&place) {
            tradable.require(side, entry.open_energy(side)?, order.energy_wh)?;
            sold = tradable.sold();
        }
        entry.add(side, wanted.content)?;
        entry.require_within(most, sold)?;
        self.holdings.take(slot, &order)?;
        self.changed.insert(place);
        Ok(Placed { order, new: true })
    }

    /// A client that lost the first answer asks again; it must get that answer, whatever has happened since.
    pub(super) fn is_known(&self, slot: Auction, order: &Order, content: &Entered) -> Result<bool, ContractError> {
        let place = (slot, order.point.clone(), order.participant.clone());
        let Some(entry) = self.entries.get(&place) else {
            return Ok(false);
        };
        match entry.find(&order.order) {
            None => Ok(false),
            Some((side, entered)) if side == order.side && entered.has_said(&content.version()) => Ok(true),
            Some(_) => {
                let detail = format!("order {} stands for another content", order.order);
                Err(ContractError::new(ErrorCode::OrderIdReused, detail))
            }
        }
    }

    /// Refuses a price, or a minimum, that the auction does not allow.
    pub(super) fn require_priced(&self, slot: Auction, order: &Order) -> Result<(), ContractError> {
        self.require_no_minimum(slot, order)?;
        require_within(self.gates.get(&slot).and_then(|gate| gate.bounds), order.price)?;
        if order.agreed_price().is_none() || self.bilateral.contains(&slot) {
            return Ok(());
        }
        let detail = format!("slot {slot} does not price its contracts by agreement");
        Err(ContractError::new(ErrorCode::NoAgreedPrices, detail))
    }

    fn require_no_minimum(&self, slot: Auction, order: &Order) -> Result<(), ContractError> {
        let by_welfare = self.gates.get(&slot).and_then(|gate| gate.welfare);
        if by_welfare == Some(true) && !order.min_wh.is_zero() {
            let detail = format!("order {} asks for {} Wh a contract at least", order.order, order.min_wh);
            return Err(ContractError::new(ErrorCode::NoMinimumHere, detail));
        }
        Ok(())
    }

    pub(super) fn require_open_book(&self, slot: Auction) -> Result<(), ContractError> {
        let gate = self.gates.get(&slot);
        require_open(slot, gate)?;
        match gate.and_then(|gate| gate.book) {
            Some(Book::Open) => Ok(()),
            Some(Book::Sealed) => Err(ContractError::new(
                ErrorCode::OrdersAreSealed,
                format!("slot {slot} takes sealed orders"),
            )),
            None => Err(ContractError::new(
                ErrorCode::WrongStage,
                format!("slot {slot} was opened before schema 3 and takes orders one by one"),
            )),
        }
    }

    /// Checks the open orders of one side at a place as a whole: against forecast and position, one after the other, and against the
    /// capacity.
    pub(super) fn require_tradable(&self, place: &Place, side: Side) -> Result<(), ContractError> {
        let (Some(entry), Some(standing)) = (self.entries.get(place), self.standings.get(&place.2)) else {
            return Ok(());
        };
        let mut before = Energy::ZERO;
        for order in entry.open_orders().filter(|order| order.side == side) {
            if let Some(tradable) = self.tradable.get(place) {
                tradable.require(side, before, order.energy_wh)?;
            }
            before = before.plus(order.energy_wh)?;
        }
        let sold = self.tradable.get(place).map_or(Energy::ZERO, Tradable::sold);
        entry.require_within(standing.user.capacity_w.per_slot(), sold)
    }
}

fn require_connected(order: &Order, standing: &Standing) -> Result<(), ContractError> {
    if order.point == standing.user.point {
        return Ok(());
    }
    let detail = format!("{} is connected at {}", order.participant, standing.user.point);
    Err(ContractError::new(ErrorCode::NotConnectedHere, detail))
}

impl Entry {
    fn add(&mut self, side: Side, order: Entered) -> Result<(), ContractError> {
        self.require_side(side)?;
        if self.orders().count() >= ORDERS_PER_ENTRY {
            let detail = format!("{ORDERS_PER_ENTRY} orders a participant, point and slot are allowed");
            return Err(ContractError::new(ErrorCode::TooManyOrders, detail));
        }
        self.push(side, order);
        Ok(())
    }

    /// Refuses an order of the other side than the open ones.
    pub(super) fn require_side(&self, side: Side) -> Result<(), ContractError> {
        if self.open_orders().any(|open| open.side != side) {
            return Err(ErrorCode::OppositeSide.into());
        }
        Ok(())
    }

    /// Energy of the open orders of a side.
    pub(crate) fn open_energy(&self, side: Side) -> Result<Energy, ContractError> {
        let mut sum = Energy::ZERO;
        for order in self.open_orders().filter(|order| order.side == side) {
            sum = sum.plus(order.energy_wh)?;
        }
        Ok(sum)
    }

    /// Refuses sales beyond the capacity, all open ones together with what the slot's earlier auctions sold.
    fn require_within(&self, most: Energy, sold: Energy) -> Result<(), ContractError> {
        let open = self.open_energy(Side::Seller)?;
        if !open.is_zero() && open.plus(sold)? > most {
            let detail = format!("open offers of {open} Wh and {sold} Wh sold, the capacity allows {most} Wh a slot");
            return Err(ContractError::new(ErrorCode::CapacityExceeded, detail));
        }
        Ok(())
    }
}
