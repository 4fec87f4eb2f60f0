//! What one version of a settlement books anew: the contracts and places that differ from what is booked, in pages.
//!
//! The first version differs from nothing booked. A later one takes back exactly the lines that changed and books them anew, so that
//! the books end as if the latest readings had come first.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::allocation::Allocation;
use super::place::Place;
use super::share::{Dealt, Rest};
use super::trade::Trade;
use crate::id::{ContractId, ParticipantId, PointId};

/// What a page may weigh: a contract's line weighs two, with its four to eight postings; a place's line weighs one.
pub const PAGE_WEIGHT: usize = 500;
const TRADE_WEIGHT: usize = 2;
const PLACE_WEIGHT: usize = 1;

/// A contract of which something is booked anew. On the wire a list of three.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "TradeParts", into = "TradeParts")]
pub struct TradeShift {
    /// Which contract.
    pub contract: ContractId,
    /// The page whose line is taken back.
    pub before: Option<u32>,
    /// What is booked; none while it is pending.
    pub after: Option<Dealt>,
}

type TradeParts = (ContractId, Option<u32>, Option<Dealt>);

impl From<TradeParts> for TradeShift {
    fn from((contract, before, after): TradeParts) -> Self {
        Self {
            contract,
            before,
            after,
        }
    }
}

impl From<TradeShift> for TradeParts {
    fn from(shift: TradeShift) -> Self {
        (shift.contract, shift.before, shift.after)
    }
}

/// A place of which something is booked anew. On the wire a list of four.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "PlaceParts", into = "PlaceParts")]
pub struct PlaceShift {
    /// Which place.
    pub place: Place,
    /// The page whose line is taken back.
    pub before: Option<u32>,
    /// What is booked; none while its participant has a pending contract.
    pub after: Option<Rest>,
}

type PlaceParts = (ParticipantId, PointId, Option<u32>, Option<Rest>);

impl From<PlaceParts> for PlaceShift {
    fn from((participant, point, before, after): PlaceParts) -> Self {
        Self {
            place: Place::new(participant, point),
            before,
            after,
        }
    }
}

impl From<PlaceShift> for PlaceParts {
    fn from(shift: PlaceShift) -> Self {
        let Place { participant, point } = shift.place;
        (participant, point, shift.before, shift.after)
    }
}

/// A part of what a version books anew: contracts in sequence, then places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Contracts.
    pub trades: Vec<TradeShift>,
    /// Places.
    pub places: Vec<PlaceShift>,
}

impl Change {
    /// True where nothing is booked anew.
    pub fn is_empty(&self) -> bool {
        self.trades.is_empty() && self.places.is_empty()
    }

    /// The pages whose lines are taken back, each once.
    pub fn taken_back(&self) -> impl Iterator<Item = u32> {
        let trades = self.trades.iter().filter_map(|shift| shift.before);
        let pages: BTreeSet<u32> = trades
            .chain(self.places.iter().filter_map(|shift| shift.before))
            .collect();
        pages.into_iter()
    }

    /// Cuts the change into pages of at most this weight; one empty page where there is nothing.
    pub fn pages(self, weight: usize) -> Vec<Self> {
        let mut cutting = Cutting {
            weight,
            filled: 0,
            page: Self::default(),
            done: Vec::new(),
        };
        for trade in self.trades {
            cutting.make_room(TRADE_WEIGHT);
            cutting.page.trades.push(trade);
        }
        for place in self.places {
            cutting.make_room(PLACE_WEIGHT);
            cutting.page.places.push(place);
        }
        cutting.done.push(cutting.page);
        cutting.done
    }
}

/// A change being cut into pages.
struct Cutting {
    weight: usize,
    filled: usize,
    page: Change,
    done: Vec<Change>,
}

impl Cutting {
    fn make_room(&mut self, weight: usize) {
        if !self.page.is_empty() && self.filled.saturating_add(weight) > self.weight {
            self.done.push(std::mem::take(&mut self.page));
            self.filled = 0;
        }
        self.filled = self.filled.saturating_add(weight);
    }
}

/// What is booked of a slot: the latest line of each contract and place, with its page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Booked {
    trades: BTreeMap<ContractId, (u32, Dealt)>,
    places: BTreeMap<Place, (u32, Rest)>,
}

impl Booked {
    /// Takes in what a page books.
    pub fn add(&mut self, page: u32, change: &Change) {
        for shift in &change.trades {
            match shift.after {
                Some(dealt) => _ = self.trades.insert(shift.contract.clone(), (page, dealt)),
                None => _ = self.trades.remove(&shift.contract),
            }
        }
        for shift in &change.places {
            match shift.after {
                Some(rest) => _ = self.places.insert(shift.place.clone(), (page, rest)),
                None => _ = self.places.remove(&shift.place),
            }
        }
    }

    /// True where this page has the latest line of a contract.
    pub fn has_trade(&self, page: u32, contract: &ContractId) -> bool {
        self.trades.get(contract).is_some_and(|(latest, _)| *latest == page)
    }

    /// True where this page has the latest line of a place.
    pub fn has_place(&self, page: u32, place: &Place) -> bool {
        self.places.get(place).is_some_and(|(latest, _)| *latest == page)
    }

    /// What leads from here to an allocation of these contracts.
    pub fn change_to(&self, trades: &[Trade], allocation: &Allocation) -> Change {
        Change {
            trades: self.trade_shifts(trades, allocation),
            places: self.place_shifts(allocation),
        }
    }

    fn trade_shifts(&self, trades: &[Trade], allocation: &Allocation) -> Vec<TradeShift> {
        let shift = |(trade, after): (&Trade, &Option<Dealt>)| {
            let booked = self.trades.get(&trade.contract);
            let differs = booked.map(|(_, dealt)| dealt) != after.as_ref();
            differs.then(|| TradeShift {
                contract: trade.contract.clone(),
                before: booked.map(|(page, _)| *page),
                after: *after,
            })
        };
        trades.iter().zip(&allocation.trades).filter_map(shift).collect()
    }

    fn place_shifts(&self, allocation: &Allocation) -> Vec<PlaceShift> {
        let mut places: BTreeMap<&Place, Option<Rest>> = self.places.keys().map(|place| (place, None)).collect();
        places.extend(allocation.places.iter().map(|(place, rest)| (place, Some(*rest))));
        let shift = |(place, after): (&Place, Option<Rest>)| {
            let booked = self.places.get(place);
            let differs = booked.map(|(_, rest)| *rest) != after;
            differs.then(|| PlaceShift {
                place: place.clone(),
                before: booked.map(|(page, _)| *page),
                after,
            })
        };
        places.into_iter().filter_map(shift).collect()
    }
}
