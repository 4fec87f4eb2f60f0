//! The desk at which orders are entered, sealed, revealed, amended and withdrawn at schema 3. No range is read and no shared row written, so that all
//! participants may come at once; a participant's orders in an auction are one row, however many they are.

mod amend;
mod enter;
mod seal;
mod withdraw;

use std::collections::{BTreeMap, BTreeSet};

use der_api::ErrorCode;
use der_api::bytes::Digest;
use der_api::reply::{OrderStatus, OrderView, SealStatus, SealView, SealsView};
use der_api::request::QuerySeals;
use der_market::id::{OrderId, ParticipantId, PointId};
use der_market::order::Order;
use der_market::order_rules::Book;
use der_market::parameters::PriceMode;
use der_market::participant::Side;
use der_market::slot::Auction;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::identity::{Standing, StandingRows};
use crate::key::Key;
use crate::money::Holdings;
use crate::planning::{Tradable, TradableRows};
use crate::rows::{Entered, Entry, Gate, Sealed, SealedOrder, digest_of};
use crate::schema;
use crate::view::LedgerView;

/// Where a participant's orders of an auction lie.
type Place = (Auction, PointId, ParticipantId);

/// An order as it is asked for.
pub(super) struct Wanted {
    pub(super) slot: Auction,
    pub(super) participant: ParticipantId,
    pub(super) side: Side,
    /// Where; the participant's registered point if nothing is said.
    pub(super) point: Option<PointId>,
    pub(super) content: Entered,
}

/// What became of a wanted order.
pub(super) struct Placed {
    pub(super) order: Order,
    /// False for one that was there already with the same content.
    pub(super) new: bool,
}

pub(super) use seal::Revealed;

/// What was read for some participants in some auctions, and the entries as they become.
pub(super) struct Desk {
    standings: BTreeMap<ParticipantId, Standing>,
    gates: BTreeMap<Auction, Gate>,
    mandates: BTreeMap<ParticipantId, Digest>,
    entries: BTreeMap<Place, Entry>,
    changed: BTreeSet<Place>,
    /// Sealed orders of auctions that take them.
    sealed: BTreeMap<(Auction, ParticipantId), Sealed>,
    resealed: BTreeSet<(Auction, ParticipantId)>,
    /// What forecast and position leave to order.
    tradable: BTreeMap<Place, Tradable>,
    /// Auctions that price their contracts by agreement, as far as it was asked.
    bilateral: BTreeSet<Auction>,
    holdings: Holdings,
}

impl Desk {
    /// Reads what concerns these participants in these auctions, in two reads however many they are.
    pub(super) async fn open<V: LedgerView>(
        cx: &Context<'_, V>,
        visits: &BTreeSet<(Auction, ParticipantId)>,
    ) -> Result<Self, ContractError> {
        let Visitors {
            standings,
            gates,
            mandates,
        } = visitors(cx, visits).await?;
        let place = |(slot, who): &(Auction, ParticipantId)| {
            let standing = standings.get(who)?;
            Some((*slot, standing.user.point.clone(), who.clone()))
        };
        let places: Vec<Place> = visits.iter().filter_map(place).collect();
        let rows: Vec<_> = places
            .iter()
            .map(|(slot, point, who)| schema::entry(slot, point, who))
            .collect();
        let bounds: Vec<_> = places
            .iter()
            .map(|(slot, point, who)| TradableRows::of(*slot, who, point))
            .collect();
        let seals: Vec<_> = visits
            .iter()
            .filter(|(slot, _)| gates.get(slot).and_then(|gate| gate.book) == Some(Book::Sealed))
            .collect();
        let mut keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
        keys.extend(seals.iter().map(|(slot, who)| schema::sealed(slot, who).key));
        keys.extend(bounds.iter().flat_map(TradableRows::keys));
        let answers = cx.ledger.many(&keys).await?;
        let (mut entries, mut tradable) = (BTreeMap::new(), BTreeMap::new());
        for ((place, row), bounds) in places.into_iter().zip(rows).zip(bounds) {
            if let Some(entry) = answers.get(&row)? {
                entries.insert(place.clone(), entry);
            }
            tradable.insert(place, bounds.read(&answers)?);
        }
        let mut sealed = BTreeMap::new();
        for (slot, who) in seals {
            let row = answers.get(&schema::sealed(slot, who))?;
            sealed.extend(row.map(|row| ((*slot, who.clone()), row)));
        }
        let holdings = Holdings::read(cx, visits, &gates).await?;
        Ok(Self {
            entries,
            tradable,
            standings,
            gates,
            mandates,
            changed: BTreeSet::new(),
            sealed,
            resealed: BTreeSet::new(),
            bilateral: BTreeSet::new(),
            holdings,
        })
    }

    /// Reads whether an auction prices its contracts by agreement; only orders that name a price ask for it.
    pub(super) async fn learn_price_mode<V: LedgerView>(
        &mut self,
        cx: &Context<'_, V>,
        slot: Auction,
    ) -> Result<(), ContractError> {
        if let Some(gate) = self.gates.get(&slot)
            && !self.bilateral.contains(&slot)
            && cx.parameters(gate.parameters).await?.price_mode == PriceMode::Bilateral
        {
            self.bilateral.insert(slot);
        }
        Ok(())
    }

    /// An order as it is told.
    pub(super) fn view(&self, slot: Auction, who: &ParticipantId, id: &OrderId) -> Result<OrderView, ContractError> {
        let place = (slot, self.standing(who)?.user.point.clone(), who.clone());
        let entry = self.entries.get(&place).ok_or_else(|| unknown(slot, who, id))?;
        let (side, entered) = entry.find(id).ok_or_else(|| unknown(slot, who, id))?;
        let order = entry.order(side, entered);
        Ok(OrderView {
            digest: digest_of(slot, &order)?,
            participant: order.participant,
            order: order.order,
            side,
            slot,
            point: order.point,
            energy_wh: order.energy_wh,
            min_wh: order.min_wh,
            price: order.price,
            filters: order.filters,
            status: entered.status,
            earlier: entered.earlier.clone(),
        })
    }

    /// A participant's sealed orders as they are told.
    fn seals(&self, slot: Auction, who: &ParticipantId) -> Result<SealsView, ContractError> {
        let place = (slot, self.point(who)?.clone(), who.clone());
        let entry = self.entries.get(&place);
        let is_revealed = |order: &OrderId| entry.is_some_and(|entry| entry.find(order).is_some());
        let sealed = self.sealed.get(&(slot, who.clone()));
        let orders = sealed.map(|sealed| sealed.orders.as_slice()).unwrap_or_default();
        let view = |order: &SealedOrder| SealView {
            order: order.order.clone(),
            seal: order.seal,
            earlier: order.earlier.clone(),
            status: match order.status {
                OrderStatus::Withdrawn => SealStatus::Withdrawn,
                OrderStatus::Open if is_revealed(&order.order) => SealStatus::Revealed,
                OrderStatus::Open => SealStatus::Sealed,
            },
        };
        Ok(SealsView {
            participant: who.clone(),
            slot,
            orders: orders.iter().map(view).collect(),
        })
    }

    /// Where a participant is connected.
    pub(super) fn point(&self, who: &ParticipantId) -> Result<&PointId, ContractError> {
        Ok(&self.standing(who)?.user.point)
    }

    /// Puts the entries that have changed.
    pub(super) fn write(mut self, decision: &mut Decision) -> Result<(), ContractError> {
        self.holdings.write(decision)?;
        for place in self.changed {
            if let Some(entry) = self.entries.remove(&place) {
                let (slot, point, who) = &place;
                decision.put(schema::entry(slot, point, who), &entry)?;
            }
        }
        for (slot, who) in self.resealed {
            if let Some(sealed) = self.sealed.remove(&(slot, who.clone())) {
                decision.put(schema::sealed(&slot, &who), &sealed)?;
            }
        }
        Ok(())
    }

    fn standing(&self, who: &ParticipantId) -> Result<&Standing, ContractError> {
        self.standings.get(who).ok_or_else(|| unregistered(who))
    }
}

/// An order of an auction that was opened at schema 3.
pub(crate) async fn entered_order<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Auction,
    who: &ParticipantId,
    id: &OrderId,
) -> Result<OrderView, ContractError> {
    let desk = Desk::open(cx, &BTreeSet::from([(slot, who.clone())])).await?;
    desk.view(slot, who, id)
}

/// A participant's sealed orders in an auction.
pub(crate) async fn seals<V: LedgerView>(cx: &Context<'_, V>, request: QuerySeals) -> Result<Decision, ContractError> {
    let QuerySeals { participant, slot } = request;
    let desk = Desk::open(cx, &BTreeSet::from([(slot, participant.clone())])).await?;
    Decision::replying(&desk.seals(slot, &participant)?)
}

/// Who comes to the desk, and the gates of the auctions they come for.
struct Visitors {
    standings: BTreeMap<ParticipantId, Standing>,
    gates: BTreeMap<Auction, Gate>,
    mandates: BTreeMap<ParticipantId, Digest>,
}

async fn visitors<V: LedgerView>(
    cx: &Context<'_, V>,
    visits: &BTreeSet<(Auction, ParticipantId)>,
) -> Result<Visitors, ContractError> {
    let slots: BTreeSet<Auction> = visits.iter().map(|(slot, _)| *slot).collect();
    let people: BTreeSet<&ParticipantId> = visits.iter().map(|(_, who)| who).collect();
    let mut keys: Vec<Key> = slots.iter().map(|slot| schema::gate(slot).key).collect();
    for who in &people {
        keys.extend(StandingRows::of(who).keys());
        keys.push(schema::standing_mandate(who).key);
    }
    let answers = cx.ledger.many(&keys).await?;
    let (mut standings, mut gates, mut mandates) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for who in people {
        let standing = StandingRows::of(who).find(&answers)?;
        standings.extend(standing.map(|standing| (who.clone(), standing)));
        let mandate = answers.get(&schema::standing_mandate(who))?;
        mandates.extend(mandate.map(|mandate| (who.clone(), mandate.hash)));
    }
    for slot in slots {
        gates.extend(answers.get(&schema::gate(&slot))?.map(|gate| (slot, gate)));
    }
    Ok(Visitors {
        standings,
        gates,
        mandates,
    })
}

fn unregistered(who: &ParticipantId) -> ContractError {
    ContractError::new(ErrorCode::NotRegistered, format!("{who} is not registered"))
}

fn unknown(slot: Auction, who: &ParticipantId, id: &OrderId) -> ContractError {
    ContractError::new(
        ErrorCode::RecordNotFound,
        format!("{who} has no order {id} in slot {slot}"),
    )
}
