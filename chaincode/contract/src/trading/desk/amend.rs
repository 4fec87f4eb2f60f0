//! The next version of an open order, in place of the one that stands.

use der_api::ErrorCode;
use der_api::reply::{OrderStatus, OrderVersion};
use der_market::id::{OrderId, ParticipantId};
use der_market::slot::Auction;

use super::{Desk, Placed, unknown};
use crate::error::ContractError;
use crate::rows::Entered;
use crate::trading::post::refused;

/// Amendments of one order: its row keeps every version.
const AMENDMENTS: usize = 20;

impl Desk {
    /// Replaces what an order says; tells the order as it becomes. Its hold follows.
    pub(in crate::trading) fn amend(
        &mut self,
        slot: Auction,
        who: &ParticipantId,
        id: &OrderId,
        number: u32,
        version: OrderVersion,
    ) -> Result<Placed, ContractError> {
        let standing = self.standing(who)?;
        let place = (slot, standing.user.point.clone(), who.clone());
        let entry = self.entries.get(&place).ok_or_else(|| unknown(slot, who, id))?;
        let (side, entered) = entry.find(id).ok_or_else(|| unknown(slot, who, id))?;
        let next = amended(entered, version);
        let order = entry.order(side, &next);
        order.validate().map_err(refused)?;
        if entered.number() == number && entered.version() == next.version() {
            return Ok(Placed { order, new: false });
        }
        require_next(entered, number)?;
        standing.require_active()?;
        self.require_open_book(slot)?;
        self.require_priced(slot, &order)?;
        self.holdings.give_back(slot, who, id)?;
        self.holdings.take(slot, &order)?;
        if let Some(entry) = self.entries.get_mut(&place) {
            entry.mandate = self.mandates.get(who).copied();
            if let Some(entered) = entry.find_mut(id) {
                *entered = next;
            }
        }
        self.require_tradable(&place, side)?;
        self.changed.insert(place);
        Ok(Placed { order, new: true })
    }
}

fn amended(entered: &Entered, version: OrderVersion) -> Entered {
    let mut earlier = entered.earlier.clone();
    earlier.push(entered.version());
    let OrderVersion {
        energy_wh,
        min_wh,
        price,
        filters,
    } = version;
    Entered {
        order: entered.order.clone(),
        energy_wh,
        min_wh,
        price,
        filters,
        status: entered.status,
        earlier,
    }
}

fn require_next(entered: &Entered, number: u32) -> Result<(), ContractError> {
    let id = &entered.order;
    if entered.status != OrderStatus::Open {
        let detail = format!("order {id} was withdrawn");
        return Err(ContractError::new(ErrorCode::OrderNotOpen, detail));
    }
    if Some(number) != entered.number().checked_add(1) {
        let detail = format!("version {} of order {id} stands", entered.number());
        return Err(ContractError::new(ErrorCode::OtherVersion, detail));
    }
    if entered.earlier.len() >= AMENDMENTS {
        let detail = format!("order {id} was amended {AMENDMENTS} times");
        return Err(ContractError::new(ErrorCode::TooManyAmendments, detail));
    }
    Ok(())
}
