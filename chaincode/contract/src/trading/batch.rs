//! Many orders in one transaction: entered, sealed, revealed, amended or withdrawn, all of them or none. For others only as far as they
//! delegated it.

use std::collections::BTreeSet;

use der_api::bytes::Digest;
use der_api::delegation::Verb;
use der_api::event::{OrdersAmended, OrdersRevealed, OrdersSealed, OrdersWithdrawn};
use der_api::reply::{OrderVersion, OrdersAccepted};
use der_api::request::{Amend, Amendment, NewOrder, NewSeal, Opened, Reveal, Seal, WithdrawMany, Withdrawal};
use der_api::{ErrorCode, codec, seal};
use der_market::filters::Filters;
use der_market::id::{OrderId, ParticipantId};
use der_market::slot::Auction;
use serde::Serialize;

use super::agency::Agency;
use super::desk::{Desk, Revealed};
use super::enter::wanted;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::view::LedgerView;

/// Orders in one transaction.
const ORDERS_PER_BATCH: usize = 5_000;

/// A batch under way: the desk, on whose behalf the caller may act, and what has come of it so far.
pub(super) struct Batch {
    pub(super) desk: Desk,
    pub(super) agency: Agency,
    by: ParticipantId,
    digest: Digest,
    accepted: u32,
    known: u32,
}

/// What a batch's item says of itself.
pub(super) trait Item: Serialize {
    /// Its auction.
    fn slot(&self) -> Auction;
    /// Its owner, if it is not the caller.
    fn participant(&self) -> Option<&ParticipantId>;
    /// What it asks of its counterpart.
    fn filters(&self) -> Option<&Filters> {
        None
    }
}

macro_rules! item {
    ($name:ident) => {
        impl Item for $name {
            fn slot(&self) -> Auction {
                self.slot
            }
            fn participant(&self) -> Option<&ParticipantId> {
                self.participant.as_ref()
            }
        }
    };
    ($name:ident with filters) => {
        impl Item for $name {
            fn slot(&self) -> Auction {
                self.slot
            }
            fn participant(&self) -> Option<&ParticipantId> {
                self.participant.as_ref()
            }
            fn filters(&self) -> Option<&Filters> {
                self.filters.as_ref()
            }
        }
    };
}
item!(NewOrder with filters);
item!(Amendment with filters);
item!(NewSeal);
item!(Withdrawal);

impl Item for Opened {
    fn slot(&self) -> Auction {
        self.order.slot
    }
    fn participant(&self) -> Option<&ParticipantId> {
        self.order.participant.as_ref()
    }
    fn filters(&self) -> Option<&Filters> {
        self.order.filters.as_ref()
    }
}

impl Batch {
    /// Reads everything that a batch asks for.
    pub(super) async fn open<V: LedgerView, T: Item>(cx: &Context<'_, V>, items: &[T]) -> Result<Self, ContractError> {
        match items.len() {
            0 => return Err(ErrorCode::EmptyBatch.into()),
            1..=ORDERS_PER_BATCH => {}
            many => {
                let detail = format!("{many} orders, {ORDERS_PER_BATCH} are allowed in one transaction");
                return Err(ContractError::new(ErrorCode::TooManyItems, detail));
            }
        }
        let owner = |item: &T| item.participant().unwrap_or(&cx.caller).clone();
        let visits: BTreeSet<_> = items.iter().map(|item| (item.slot(), owner(item))).collect();
        let agency = Agency::read(cx, visits.iter().map(|(_, who)| who.clone())).await?;
        let mut desk = Desk::open(cx, &visits).await?;
        let priced = |item: &&T| item.filters().is_some_and(|filters| filters.agreed_price.is_some());
        for item in items.iter().filter(priced) {
            desk.learn_price_mode(cx, item.slot()).await?;
        }
        Ok(Self {
            desk,
            agency,
            by: cx.caller.clone(),
            digest: Digest::of(&codec::encode(&items)?),
            accepted: 0,
            known: 0,
        })
    }

    /// The owner of an item.
    pub(super) fn owner(&self, item: &impl Item) -> ParticipantId {
        item.participant().unwrap_or(&self.by).clone()
    }

    /// Counts an item that is new, or known already.
    pub(super) fn count(&mut self, new: bool) {
        let count = if new { &mut self.accepted } else { &mut self.known };
        *count = count.saturating_add(1);
    }

    /// Refuses unless the caller may do this for the owner at its point.
    fn require(&self, who: &ParticipantId, verb: Verb, slot: Auction) -> Result<(), ContractError> {
        self.agency.terms(who)?;
        self.agency.require(who, verb, slot, self.desk.point(who)?)
    }

    /// The decision, with an event where something is new.
    pub(super) fn decide<E: Into<der_api::Event>>(
        self,
        event: impl FnOnce(ParticipantId, u32, Digest) -> E,
    ) -> Result<Decision, ContractError> {
        let Self {
            desk,
            by,
            digest,
            accepted,
            known,
            ..
        } = self;
        let mut decision = Decision::replying(&OrdersAccepted {
            accepted,
            known,
            digest,
        })?;
        desk.write(&mut decision)?;
        if accepted > 0 {
            decision.emit(event(by, accepted, digest))?;
        }
        Ok(decision)
    }
}

/// A refusal that names its order.
pub(super) fn named(error: &ContractError, slot: Auction, who: &ParticipantId, order: &OrderId) -> ContractError {
    let detail = format!("order {order} of {who} in slot {slot}: {}", error.detail());
    ContractError::new(error.code(), detail)
}

pub(crate) async fn seal_orders<V: LedgerView>(cx: &Context<'_, V>, request: Seal) -> Result<Decision, ContractError> {
    let mut batch = Batch::open(cx, &request.orders).await?;
    for new in request.orders {
        let (who, slot, id) = (batch.owner(&new), new.slot, new.order.clone());
        let sealed = batch
            .require(&who, Verb::Order, slot)
            .and_then(|()| batch.desk.seal(slot, &who, new.order, new.seal, new.replaces))
            .map_err(|error| named(&error, slot, &who, &id))?;
        batch.count(sealed);
    }
    batch.decide(|by, orders, digest| OrdersSealed { by, orders, digest })
}

pub(crate) async fn reveal_orders<V: LedgerView>(
    cx: &Context<'_, V>,
    request: Reveal,
) -> Result<Decision, ContractError> {
    let mut batch = Batch::open(cx, &request.orders).await?;
    let mut touched = Revealed::new();
    for opened in request.orders {
        let (who, slot, id) = (batch.owner(&opened), opened.order.slot, opened.order.order.clone());
        let new = reveal(cx, &mut batch, &who, opened, &mut touched).map_err(|error| named(&error, slot, &who, &id))?;
        batch.count(new);
    }
    batch.desk.require_revealed(&touched)?;
    batch.decide(|by, orders, digest| OrdersRevealed { by, orders, digest })
}

fn reveal<V: LedgerView>(
    cx: &Context<'_, V>,
    batch: &mut Batch,
    who: &ParticipantId,
    opened: Opened,
    touched: &mut Revealed,
) -> Result<bool, ContractError> {
    let Opened { order: new, salt } = opened;
    batch.agency.terms(who)?;
    let seal = seal::seal(&cx.market.market, who, &new, &salt)?;
    let slot = new.slot;
    let placed = batch.desk.reveal(wanted(who.clone(), new), seal, touched)?;
    batch.agency.require_order(Verb::Order, slot, &placed.order)?;
    Ok(placed.new)
}

pub(crate) async fn amend_orders<V: LedgerView>(
    cx: &Context<'_, V>,
    request: Amend,
) -> Result<Decision, ContractError> {
    let mut batch = Batch::open(cx, &request.orders).await?;
    for amendment in request.orders {
        let (who, slot, id) = (batch.owner(&amendment), amendment.slot, amendment.order.clone());
        let new = amend(&mut batch, &who, amendment).map_err(|error| named(&error, slot, &who, &id))?;
        batch.count(new);
    }
    batch.decide(|by, orders, digest| OrdersAmended { by, orders, digest })
}

fn amend(batch: &mut Batch, who: &ParticipantId, amendment: Amendment) -> Result<bool, ContractError> {
    let Amendment {
        order,
        slot,
        version,
        energy_wh,
        min_wh,
        price,
        filters,
        ..
    } = amendment;
    batch.agency.terms(who)?;
    let content = OrderVersion {
        energy_wh,
        min_wh,
        price,
        filters,
    };
    let placed = batch.desk.amend(slot, who, &order, version, content)?;
    batch.agency.require_order(Verb::Amend, slot, &placed.order)?;
    Ok(placed.new)
}

pub(crate) async fn withdraw_many<V: LedgerView>(
    cx: &Context<'_, V>,
    request: WithdrawMany,
) -> Result<Decision, ContractError> {
    let mut batch = Batch::open(cx, &request.orders).await?;
    for withdrawal in request.orders {
        let (who, slot) = (batch.owner(&withdrawal), withdrawal.slot);
        batch.require(&who, Verb::Withdraw, slot)?;
        let orders = match withdrawal.order {
            Some(order) => vec![order],
            None => batch.desk.open_orders(slot, &who)?,
        };
        for order in orders {
            let new = batch
                .desk
                .take_back(slot, &who, &order)
                .map_err(|error| named(&error, slot, &who, &order))?;
            batch.count(new);
        }
    }
    batch.decide(|by, orders, digest| OrdersWithdrawn { by, orders, digest })
}
