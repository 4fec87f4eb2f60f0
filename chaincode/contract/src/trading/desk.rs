//! The desk at which orders are entered, amended and withdrawn at schema 3. No range is read and no shared row written, so that all
//! participants may come at once; a participant's orders in an auction are one row, however many they are.

use std::collections::{BTreeMap, BTreeSet};

use der_api::ErrorCode;
use der_api::bytes::Digest;
use der_api::reply::{OrderStatus, OrderView};
use der_market::id::{OrderId, ParticipantId, PointId};
use der_market::order::Order;
use der_market::order_rules::Book;
use der_market::parameters::PriceMode;
use der_market::participant::Side;
use der_market::slot::Auction;
use der_market::units::Energy;

use super::post::{refused, require_open};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::require_within;
use crate::identity::{Standing, StandingRows};
use crate::key::Key;
use crate::money::Holdings;
use crate::planning::{Tradable, TradableRows};
use crate::rows::{Entered, Entry, Gate, digest_of};
use crate::schema;
use crate::view::LedgerView;

/// Orders, withdrawn ones too, that a participant may have at one point in one slot.
const ORDERS_PER_ENTRY: usize = 100;

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

/// What was read for some participants in some auctions, and the entries as they become.
pub(super) struct Desk {
    standings: BTreeMap<ParticipantId, Standing>,
    gates: BTreeMap<Auction, Gate>,
    mandates: BTreeMap<ParticipantId, Digest>,
    entries: BTreeMap<Place, Entry>,
    changed: BTreeSet<Place>,
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
        let mut keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
        keys.extend(bounds.iter().flat_map(TradableRows::keys));
        let answers = cx.ledger.many(&keys).await?;
        let (mut entries, mut tradable) = (BTreeMap::new(), BTreeMap::new());
        for ((place, row), bounds) in places.into_iter().zip(rows).zip(bounds) {
            if let Some(entry) = answers.get(&row)? {
                entries.insert(place.clone(), entry);
            }
            tradable.insert(place, bounds.read(&answers)?);
        }
        let holdings = Holdings::read(cx, visits, &gates).await?;
        Ok(Self {
            entries,
            tradable,
            standings,
            gates,
            mandates,
            changed: BTreeSet::new(),
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

    /// Enters an order; tells it with its digest, and whether it is new.
    pub(super) fn enter(&mut self, wanted: Wanted) -> Result<Placed, ContractError> {
        let (slot, side) = (wanted.slot, wanted.side);
        let standing = self.standing(&wanted.participant)?;
        let point = wanted.point.unwrap_or_else(|| standing.user.point.clone());
        let own = Entry {
            point,
            ..Entry::of(&standing.user)
        };
        let order = own.order(side, &wanted.content);
        order.validate().map_err(refused)?;
        if self.is_known(slot, &order)? {
            return Ok(Placed { order, new: false });
        }
        standing.require_active()?;
        if order.point != standing.user.point {
            let detail = format!("{} is connected at {}", order.participant, standing.user.point);
            return Err(ContractError::new(ErrorCode::NotConnectedHere, detail));
        }
        self.require_open_book(slot)?;
        require_within(self.gates.get(&slot).and_then(|gate| gate.bounds), order.price)?;
        if order.agreed_price().is_some() && !self.bilateral.contains(&slot) {
            let detail = format!("slot {slot} does not price its contracts by agreement");
            return Err(ContractError::new(ErrorCode::NoAgreedPrices, detail));
        }
        self.require_no_minimum(slot, &order)?;
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

    /// Withdraws an order.
    pub(super) fn withdraw(&mut self, slot: Auction, who: &ParticipantId, id: &OrderId) -> Result<(), ContractError> {
        let gate = self.gates.get(&slot);
        let standing = self.standings.get(who).ok_or_else(|| unregistered(who))?;
        let place = (slot, standing.user.point.clone(), who.clone());
        let entry = self.entries.get_mut(&place).ok_or_else(|| unknown(slot, who, id))?;
        let entered = entry.find_mut(id).ok_or_else(|| unknown(slot, who, id))?;
        if entered.status != OrderStatus::Open {
            let detail = format!("order {id} was withdrawn");
            return Err(ContractError::new(ErrorCode::OrderNotOpen, detail));
        }
        require_open(slot, gate)?;
        entered.status = OrderStatus::Withdrawn;
        self.holdings.give_back(slot, who, id)?;
        self.changed.insert(place);
        Ok(())
    }

    /// The ids of a participant's open orders in an auction.
    pub(super) fn open_orders(&self, slot: Auction, who: &ParticipantId) -> Result<Vec<OrderId>, ContractError> {
        let place = (slot, self.standing(who)?.user.point.clone(), who.clone());
        let orders = self.entries.get(&place).map(|entry| entry.open_orders());
        Ok(orders.into_iter().flatten().map(|order| order.order).collect())
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
        })
    }

    /// Takes the mandate off a participant's orders in an auction.
    pub(super) fn revoke(&mut self, slot: Auction, who: &ParticipantId) -> Result<(), ContractError> {
        let place = (slot, self.standing(who)?.user.point.clone(), who.clone());
        require_open(slot, self.gates.get(&slot))?;
        if let Some(entry) = self.entries.get_mut(&place)
            && entry.mandate.take().is_some()
        {
            self.changed.insert(place);
        }
        Ok(())
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
        Ok(())
    }

    fn standing(&self, who: &ParticipantId) -> Result<&Standing, ContractError> {
        self.standings.get(who).ok_or_else(|| unregistered(who))
    }

    /// A client that lost the first answer asks again; it must get that answer, whatever has happened since.
    fn is_known(&self, slot: Auction, order: &Order) -> Result<bool, ContractError> {
        let place = (slot, order.point.clone(), order.participant.clone());
        let Some(entry) = self.entries.get(&place) else {
            return Ok(false);
        };
        match entry.find(&order.order) {
            None => Ok(false),
            Some((side, entered)) if entry.order(side, entered) == *order => Ok(true),
            Some(_) => {
                let detail = format!("order {} stands for another content", order.order);
                Err(ContractError::new(ErrorCode::OrderIdReused, detail))
            }
        }
    }

    fn require_no_minimum(&self, slot: Auction, order: &Order) -> Result<(), ContractError> {
        let by_welfare = self.gates.get(&slot).and_then(|gate| gate.welfare);
        if by_welfare == Some(true) && !order.min_wh.is_zero() {
            let detail = format!("order {} asks for {} Wh a contract at least", order.order, order.min_wh);
            return Err(ContractError::new(ErrorCode::NoMinimumHere, detail));
        }
        Ok(())
    }

    fn require_open_book(&self, slot: Auction) -> Result<(), ContractError> {
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

impl Entry {
    fn add(&mut self, side: Side, order: Entered) -> Result<(), ContractError> {
        if self.open_orders().any(|open| open.side != side) {
            return Err(ErrorCode::OppositeSide.into());
        }
        if self.orders().count() >= ORDERS_PER_ENTRY {
            let detail = format!("{ORDERS_PER_ENTRY} orders a participant, point and slot are allowed");
            return Err(ContractError::new(ErrorCode::TooManyOrders, detail));
        }
        self.push(side, order);
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

fn unregistered(who: &ParticipantId) -> ContractError {
    ContractError::new(ErrorCode::NotRegistered, format!("{who} is not registered"))
}

fn unknown(slot: Auction, who: &ParticipantId, id: &OrderId) -> ContractError {
    ContractError::new(
        ErrorCode::RecordNotFound,
        format!("{who} has no order {id} in slot {slot}"),
    )
}
