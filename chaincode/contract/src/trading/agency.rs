//! Acting for others: what the caller's principals delegated to it. Without a delegation nobody acts for anybody.

use std::collections::{BTreeMap, BTreeSet};

use der_api::ErrorCode;
use der_api::delegation::{DelegationTerms, SignedDelegation, Verb};
use der_market::id::{ParticipantId, PointId};
use der_market::order::Order;
use der_market::slot::Auction;

use crate::context::Context;
use crate::error::ContractError;
use crate::schema;
use crate::view::LedgerView;

/// The caller with what others delegated to it.
pub(crate) struct Agency {
    caller: ParticipantId,
    granted: BTreeMap<ParticipantId, SignedDelegation>,
}

impl Agency {
    /// Reads what these participants delegated to the caller. For the caller itself nothing is read.
    pub(crate) async fn read<V: LedgerView>(
        cx: &Context<'_, V>,
        people: impl IntoIterator<Item = ParticipantId>,
    ) -> Result<Self, ContractError> {
        let caller = cx.caller.clone();
        let principals: BTreeSet<_> = people.into_iter().filter(|who| *who != caller).collect();
        if principals.is_empty() {
            let granted = BTreeMap::new();
            return Ok(Self { caller, granted });
        }
        let rows: Vec<_> = principals.iter().map(|who| schema::delegation(who, &caller)).collect();
        let found = cx.ledger.all(&rows).await?;
        let granted = principals.into_iter().zip(found);
        Ok(Self {
            granted: granted.filter_map(|(who, row)| Some((who, row?))).collect(),
            caller,
        })
    }

    /// Refuses an act for somebody who did not delegate it there and then.
    pub(crate) fn require(
        &self,
        who: &ParticipantId,
        verb: Verb,
        slot: Auction,
        point: &PointId,
    ) -> Result<(), ContractError> {
        match self.terms(who)? {
            Some(terms) => Ok(terms.require(verb, slot.slot, point)?),
            None => Ok(()),
        }
    }

    /// Refuses an order for somebody who did not delegate it, or not so much, or not at this price.
    pub(crate) fn require_order(&self, verb: Verb, slot: Auction, order: &Order) -> Result<(), ContractError> {
        match self.terms(&order.participant)? {
            Some(terms) => Ok(terms.require_order(verb, slot.slot, order)?),
            None => Ok(()),
        }
    }

    /// What somebody delegated; none for the caller itself.
    ///
    /// # Errors
    /// [`ErrorCode::NotOwner`] for somebody who delegated nothing to the caller.
    pub(crate) fn terms(&self, who: &ParticipantId) -> Result<Option<&DelegationTerms>, ContractError> {
        if *who == self.caller {
            return Ok(None);
        }
        let unasked = || {
            let detail = format!("{} may not act for {who}", self.caller);
            ContractError::new(ErrorCode::NotOwner, detail)
        };
        let granted = self.granted.get(who).ok_or_else(unasked)?;
        Ok(Some(&granted.terms))
    }

    /// The signed delegation of somebody for whom the caller acts.
    pub(crate) fn signed(&self, who: &ParticipantId) -> Option<&SignedDelegation> {
        self.granted.get(who)
    }
}
