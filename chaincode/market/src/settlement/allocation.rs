//! Who gets whose energy: contracts in sequence over what was metered, in Wh alone.

use std::collections::{BTreeMap, BTreeSet};

use super::place::{Metered, Place};
use super::sequence::{Step, sequence};
use super::share::{Dealt, Rest};
use super::trade::Trade;
use super::volume::Volume;
use crate::id::ParticipantId;
use crate::units::Energy;

/// A slot's energy, allotted. It is a pure function of the contracts in sequence and the latest readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// What each contract moved, in sequence; none while a reading of it is missing.
    pub trades: Vec<Option<Dealt>>,
    /// What became of each place's energy. A participant with a pending contract has no place here.
    pub places: BTreeMap<Place, Rest>,
    /// Places of contracts without a reading.
    pub missing: BTreeSet<Place>,
}

impl Allocation {
    /// Energy moved, each branch told as the bound of energy beyond it.
    pub fn volume(&self) -> Volume {
        let direct = self.trades.iter().flatten().map(|dealt| Volume {
            direct_wh: dealt.delivered_wh,
            ..Volume::default()
        });
        let grid = self.places.values().map(|rest| Volume {
            grid_supply_wh: rest.grid_supply_wh,
            feed_in_wh: rest.feed_in_wh,
            ..Volume::default()
        });
        direct.chain(grid).fold(Volume::default(), Volume::capped)
    }
}

/// What is left at a place. `left` is the energy there is. `alone` is what this side could do whatever its counterparties do, with
/// the energy that covers and sell-backs really moved; `assumed` is the same with the energy that they should have moved.
#[derive(Clone, Copy, Debug)]
struct Position {
    consumed: Energy,
    injected: Energy,
    consumed_left: Energy,
    injected_left: Energy,
    consumed_alone: Energy,
    injected_alone: Energy,
    consumed_assumed: Energy,
    injected_assumed: Energy,
    bought: Energy,
    sold: Energy,
    /// By its own reading.
    estimated: bool,
    /// By its own reading, or by energy that a cover or sell-back moved to it.
    touched: bool,
}

/// How much one side can do of a contract: with what there is, and with what it alone would have.
#[derive(Clone, Copy)]
struct Able {
    left: Energy,
    alone: Energy,
}

impl Position {
    /// A cover fills what the buyer's earlier sales lack; any other purchase is consumed.
    fn able_to_take(&self, step: &Step<'_>) -> Able {
        match step.covers {
            Some(owed) => Able {
                left: owed.less(self.injected_left),
                alone: owed.less(self.injected_assumed),
            },
            None => Able {
                left: self.consumed_left,
                alone: self.consumed_alone,
            },
        }
    }

    /// A sell-back gives what the seller's earlier purchases have too much; any other sale is injected.
    fn able_to_give(&self, step: &Step<'_>) -> Able {
        match step.returns {
            Some(owed) => Able {
                left: owed.less(self.consumed_left),
                alone: owed.less(self.consumed_assumed),
            },
            None => Able {
                left: self.injected_left,
                alone: self.injected_alone,
            },
        }
    }

    fn take(&mut self, step: &Step<'_>, moved: Energy, alone: Energy) {
        if step.covers.is_some() {
            self.injected_left = self.injected_left.capped(moved);
            self.injected_alone = self.injected_alone.capped(moved);
            self.injected_assumed = self.injected_assumed.capped(alone);
        } else {
            self.consumed_left = self.consumed_left.less(moved);
            self.consumed_alone = self.consumed_alone.less(alone);
            self.consumed_assumed = self.consumed_assumed.less(alone);
        }
        self.bought = self.bought.capped(moved);
    }

    fn give(&mut self, step: &Step<'_>, moved: Energy, alone: Energy) {
        if step.returns.is_some() {
            self.consumed_left = self.consumed_left.capped(moved);
            self.consumed_alone = self.consumed_alone.capped(moved);
            self.consumed_assumed = self.consumed_assumed.capped(alone);
        } else {
            self.injected_left = self.injected_left.less(moved);
            self.injected_alone = self.injected_alone.less(alone);
            self.injected_assumed = self.injected_assumed.less(alone);
        }
        self.sold = self.sold.capped(moved);
    }

    /// The other side's reading is missing: q is kept for it. What a cover may bring is not there yet, but nobody is short for it.
    fn reserve_purchase(&mut self, step: &Step<'_>) {
        let alone = step.trade.energy_wh.min(self.able_to_take(step).alone);
        if step.covers.is_some() {
            self.injected_alone = self.injected_alone.capped(alone);
            self.injected_assumed = self.injected_assumed.capped(alone);
        } else {
            self.consumed_left = self.consumed_left.less(step.trade.energy_wh);
            self.consumed_alone = self.consumed_alone.less(alone);
            self.consumed_assumed = self.consumed_assumed.less(alone);
        }
    }

    fn reserve_sale(&mut self, step: &Step<'_>) {
        let alone = step.trade.energy_wh.min(self.able_to_give(step).alone);
        if step.returns.is_some() {
            self.consumed_alone = self.consumed_alone.capped(alone);
            self.consumed_assumed = self.consumed_assumed.capped(alone);
        } else {
            self.injected_left = self.injected_left.less(step.trade.energy_wh);
            self.injected_alone = self.injected_alone.less(alone);
            self.injected_assumed = self.injected_assumed.less(alone);
        }
    }

    fn rest(&self) -> Rest {
        Rest {
            consumed_wh: self.consumed,
            injected_wh: self.injected,
            bought_wh: self.bought,
            sold_wh: self.sold,
            grid_supply_wh: self.consumed_left,
            feed_in_wh: self.injected_left,
            estimated: self.estimated,
        }
    }
}

struct Walk {
    positions: BTreeMap<Place, Position>,
    missing: BTreeSet<Place>,
    pending: BTreeSet<ParticipantId>,
}

/// Allots a slot's energy. Covers and sell-backs run first, the latest first; then every other contract in sequence takes what its
/// buyer and its seller have left. While a reading is missing its contracts stay pending and keep q on the other side.
pub fn allocate(trades: &[Trade], metered: &[Metered]) -> Allocation {
    let mut walk = Walk::new(metered);
    let mut dealt: Vec<Option<Dealt>> = vec![None; trades.len()];
    for step in sequence(trades) {
        if let Some(cell) = dealt.get_mut(step.place) {
            *cell = walk.deal(&step);
        }
    }
    walk.finish(dealt)
}

impl Walk {
    fn new(metered: &[Metered]) -> Self {
        let mut positions: BTreeMap<Place, Position> = BTreeMap::new();
        for entry in metered {
            let place = Place::new(entry.participant.clone(), entry.point.clone());
            let before = positions.get(&place).copied();
            let consumed = entry.consumed_wh.capped(before.map_or(Energy::ZERO, |p| p.consumed));
            let injected = entry.injected_wh.capped(before.map_or(Energy::ZERO, |p| p.injected));
            let estimated = entry.estimated || before.is_some_and(|p| p.estimated);
            let position = Position {
                consumed,
                injected,
                consumed_left: consumed,
                injected_left: injected,
                consumed_alone: consumed,
                injected_alone: injected,
                consumed_assumed: consumed,
                injected_assumed: injected,
                bought: Energy::ZERO,
                sold: Energy::ZERO,
                estimated,
                touched: estimated,
            };
            positions.insert(place, position);
        }
        Self {
            positions,
            missing: BTreeSet::new(),
            pending: BTreeSet::new(),
        }
    }

    fn deal(&mut self, step: &Step<'_>) -> Option<Dealt> {
        let (taken_at, given_at) = (step.trade.taken_at(), step.trade.given_at());
        let buyer = self.positions.get(&taken_at).copied();
        let seller = self.positions.get(&given_at).copied();
        let (Some(mut buyer), Some(mut seller)) = (buyer, seller) else {
            self.keep(step, taken_at, given_at);
            return None;
        };
        let quantity = step.trade.energy_wh;
        let (take, give) = (buyer.able_to_take(step), seller.able_to_give(step));
        let delivered = quantity.min(take.left).min(give.left);
        let (taken, given) = (quantity.min(take.alone), quantity.min(give.alone));
        let dealt = Dealt {
            delivered_wh: delivered,
            buyer_short_wh: quantity.less(taken),
            seller_short_wh: quantity.less(given),
            buyer_estimated: buyer.touched,
            seller_estimated: seller.touched,
        };
        buyer.take(step, delivered, taken);
        seller.give(step, delivered, given);
        buyer.touched |= step.covers.is_some() && dealt.seller_estimated;
        seller.touched |= step.returns.is_some() && dealt.buyer_estimated;
        self.positions.insert(taken_at, buyer);
        self.positions.insert(given_at, seller);
        Some(dealt)
    }

    fn keep(&mut self, step: &Step<'_>, taken_at: Place, given_at: Place) {
        match self.positions.get_mut(&taken_at) {
            Some(buyer) => buyer.reserve_purchase(step),
            None => _ = self.missing.insert(taken_at),
        }
        match self.positions.get_mut(&given_at) {
            Some(seller) => seller.reserve_sale(step),
            None => _ = self.missing.insert(given_at),
        }
        self.pending.insert(step.trade.buyer.clone());
        self.pending.insert(step.trade.seller.clone());
    }

    fn finish(self, trades: Vec<Option<Dealt>>) -> Allocation {
        let booked = self.positions.into_iter();
        let places = booked
            .filter(|(place, _)| !self.pending.contains(&place.participant))
            .map(|(place, position)| (place, position.rest()));
        Allocation {
            trades,
            places: places.collect(),
            missing: self.missing,
        }
    }
}
