//! Settlement: what metered energy does to contracts and to accounts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{ContractId, ParticipantId, PointId};
use crate::journal::{Account, Journal, Purpose};
use crate::parameters::{Parameters, Profile};
use crate::units::{Energy, Money, Price, UnitError};

/// A confirmed contract, as settlement sees it. Its place in the list is its place in sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trade {
    /// Which contract.
    pub contract: ContractId,
    /// Who buys.
    pub buyer: ParticipantId,
    /// Where the buyer takes.
    pub buyer_point: PointId,
    /// Who sells.
    pub seller: ParticipantId,
    /// Where the seller delivers.
    pub seller_point: PointId,
    /// q.
    pub energy_wh: Energy,
    /// p.
    pub price: Price,
    /// τ.
    pub tariff: Price,
}

/// Metered energy of one participant at one point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metered {
    /// Whose.
    pub participant: ParticipantId,
    /// Where.
    pub point: PointId,
    /// C.
    pub consumed_wh: Energy,
    /// G.
    pub injected_wh: Energy,
}

/// What became of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeLine {
    /// Which contract.
    pub contract: ContractId,
    /// q.
    pub energy_wh: Energy,
    /// d: delivered.
    pub delivered_wh: Energy,
    /// d · p.
    pub energy_cost: Money,
    /// d · τ.
    pub tariff_cost: Money,
    /// What the buyer alone could not take.
    pub buyer_short_wh: Energy,
    /// What the seller alone could not give.
    pub seller_short_wh: Energy,
    /// From the buyer to the seller.
    pub buyer_penalty: Money,
    /// From the seller to the buyer.
    pub seller_penalty: Money,
}

/// What became of a participant's energy at a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointLine {
    /// Whose.
    pub participant: ParticipantId,
    /// Where.
    pub point: PointId,
    /// C.
    pub consumed_wh: Energy,
    /// G.
    pub injected_wh: Energy,
    /// Delivered to it under contracts.
    pub bought_wh: Energy,
    /// Delivered by it under contracts.
    pub sold_wh: Energy,
    /// u: bought from the grid (PPSC).
    pub grid_supply_wh: Energy,
    /// v: fed in (OGSC).
    pub feed_in_wh: Energy,
    /// u · R.
    pub grid_supply_cost: Money,
    /// v · F.
    pub feed_in_revenue: Money,
}

/// The paper's three branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Branch {
    /// Direct trade.
    #[serde(rename = "DTSC")]
    Direct,
    /// Feed-in.
    #[serde(rename = "OGSC")]
    FeedIn,
    /// Grid supply.
    #[serde(rename = "PPSC")]
    GridSupply,
}

/// Energy that a slot moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Σ d.
    pub direct_wh: Energy,
    /// Σ u.
    pub grid_supply_wh: Energy,
    /// Σ v.
    pub feed_in_wh: Energy,
}

impl Volume {
    /// Both together.
    ///
    /// # Errors
    /// [`UnitError::OutOfRange`] beyond the bound of energy.
    pub fn plus(self, other: Self) -> Result<Self, UnitError> {
        Ok(Self {
            direct_wh: self.direct_wh.plus(other.direct_wh)?,
            grid_supply_wh: self.grid_supply_wh.plus(other.grid_supply_wh)?,
            feed_in_wh: self.feed_in_wh.plus(other.feed_in_wh)?,
        })
    }

    /// The paper's trading volume: direct and PPSC.
    ///
    /// # Errors
    /// [`UnitError::OutOfRange`] beyond the bound of energy.
    pub fn traded(self) -> Result<Energy, UnitError> {
        self.direct_wh.plus(self.grid_supply_wh)
    }

    /// The branches that moved energy.
    pub fn branches(self) -> BTreeSet<Branch> {
        let used = [
            (Branch::Direct, self.direct_wh),
            (Branch::FeedIn, self.feed_in_wh),
            (Branch::GridSupply, self.grid_supply_wh),
        ];
        used.into_iter()
            .filter(|(_, energy)| !energy.is_zero())
            .map(|(branch, _)| branch)
            .collect()
    }
}

/// Why a slot cannot be settled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettlementError {
    /// A party to a contract without a reading.
    #[error("no reading of {0} at {1}")]
    ReadingMissing(ParticipantId, PointId),
    /// A quantity beyond its bound.
    #[error(transparent)]
    Unit(#[from] UnitError),
}

/// A settled slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// What became of each contract, in sequence.
    pub trades: Vec<TradeLine>,
    /// What became of each participant's energy, by participant and point.
    pub points: Vec<PointLine>,
    /// The postings; they sum to zero.
    pub journal: Journal,
    /// Energy moved.
    pub volume: Volume,
}

type Place = (ParticipantId, PointId);

/// What is left of one participant's metered energy at one point.
#[derive(Clone, Copy)]
struct Position {
    consumed: Energy,
    injected: Energy,
    consumed_left: Energy,
    injected_left: Energy,
    consumed_alone: Energy,
    injected_alone: Energy,
}

struct Settling<'a> {
    parameters: &'a Parameters,
    positions: BTreeMap<Place, Position>,
    settled: Settled,
}

/// Settles a slot: contracts in sequence take from what was metered, and the rest is with the grid.
///
/// Covers and sell-backs need two gates for one slot, which come with intraday trading; until then order entry keeps a participant
/// to one side per point and slot.
///
/// # Errors
/// [`SettlementError::ReadingMissing`] for a party to a contract without a reading.
pub fn settle(trades: &[Trade], metered: &[Metered], parameters: &Parameters) -> Result<Settled, SettlementError> {
    let mut settling = Settling::new(metered, parameters)?;
    for trade in trades {
        settling.deliver(trade)?;
    }
    settling.book_rest()?;
    Ok(settling.settled)
}

impl<'a> Settling<'a> {
    fn new(metered: &[Metered], parameters: &'a Parameters) -> Result<Self, UnitError> {
        let mut positions: BTreeMap<Place, Position> = BTreeMap::new();
        for entry in metered {
            let place = (entry.participant.clone(), entry.point.clone());
            let before = positions
                .get(&place)
                .map_or((Energy::ZERO, Energy::ZERO), |p| (p.consumed, p.injected));
            let consumed = before.0.plus(entry.consumed_wh)?;
            let injected = before.1.plus(entry.injected_wh)?;
            let position = Position {
                consumed,
                injected,
                consumed_left: consumed,
                injected_left: injected,
                consumed_alone: consumed,
                injected_alone: injected,
            };
            positions.insert(place, position);
        }
        let settled = Settled {
            trades: Vec::new(),
            points: Vec::new(),
            journal: Journal::default(),
            volume: Volume::default(),
        };
        Ok(Self {
            parameters,
            positions,
            settled,
        })
    }

    fn position(&mut self, participant: &ParticipantId, point: &PointId) -> Result<&mut Position, SettlementError> {
        let missing = || SettlementError::ReadingMissing(participant.clone(), point.clone());
        self.positions
            .get_mut(&(participant.clone(), point.clone()))
            .ok_or_else(missing)
    }

    /// d = min(q, C\[buyer\], G\[seller\]); each side is short by what it alone could not do in sequence.
    fn deliver(&mut self, trade: &Trade) -> Result<(), SettlementError> {
        let quantity = trade.energy_wh;
        let buyer = *self.position(&trade.buyer, &trade.buyer_point)?;
        let seller = *self.position(&trade.seller, &trade.seller_point)?;
        let delivered = quantity.min(buyer.consumed_left).min(seller.injected_left);
        let (taken, given) = (quantity.min(buyer.consumed_alone), quantity.min(seller.injected_alone));
        let buyer = self.position(&trade.buyer, &trade.buyer_point)?;
        buyer.consumed_left = buyer.consumed_left.less(delivered);
        buyer.consumed_alone = buyer.consumed_alone.less(taken);
        let seller = self.position(&trade.seller, &trade.seller_point)?;
        seller.injected_left = seller.injected_left.less(delivered);
        seller.injected_alone = seller.injected_alone.less(given);
        let (buyer_short_wh, seller_short_wh) = (quantity.less(taken), quantity.less(given));
        let line = TradeLine {
            contract: trade.contract.clone(),
            energy_wh: quantity,
            delivered_wh: delivered,
            energy_cost: delivered.at(trade.price),
            tariff_cost: delivered.at(trade.tariff),
            buyer_short_wh,
            seller_short_wh,
            buyer_penalty: self.penalty(quantity, buyer_short_wh, self.buyer_rate(trade)?),
            seller_penalty: self.penalty(quantity, seller_short_wh, self.seller_rate(trade)?),
        };
        self.book_trade(trade, &line)?;
        self.settled.volume.direct_wh = self.settled.volume.direct_wh.plus(delivered)?;
        self.settled.trades.push(line);
        Ok(())
    }

    fn buyer_rate(&self, trade: &Trade) -> Result<Price, UnitError> {
        Ok(trade.price.minus(self.parameters.prices.feed_in)?.or_zero())
    }

    fn seller_rate(&self, trade: &Trade) -> Result<Price, UnitError> {
        Ok(self
            .parameters
            .prices
            .retail
            .minus(trade.price)?
            .minus(trade.tariff)?
            .or_zero())
    }

    /// max(0, short − ⌊band · q⌋) · π.
    fn penalty(&self, quantity: Energy, short: Energy, rate: Price) -> Money {
        match self.parameters.profile {
            Profile::Paper => Money::ZERO,
            Profile::Market => short.less(quantity.share(self.parameters.band)).at(rate),
        }
    }

    fn book_trade(&mut self, trade: &Trade, line: &TradeLine) -> Result<(), UnitError> {
        let buyer = || Account::Participant(trade.buyer.clone());
        let seller = || Account::Participant(trade.seller.clone());
        let journal = &mut self.settled.journal;
        journal.transfer(buyer(), seller(), Purpose::Energy, line.energy_cost)?;
        journal.transfer(buyer(), Account::Grid, Purpose::Tariff, line.tariff_cost)?;
        journal.transfer(buyer(), seller(), Purpose::Penalty, line.buyer_penalty)?;
        journal.transfer(seller(), buyer(), Purpose::Penalty, line.seller_penalty)
    }

    /// u of consumption pays R (PPSC), v of injection gets F (OGSC).
    fn book_rest(&mut self) -> Result<(), UnitError> {
        let prices = self.parameters.prices;
        for ((participant, point), position) in &self.positions {
            let (bought, supplied) = (position.consumed.less(position.consumed_left), position.consumed_left);
            let (sold, fed_in) = (position.injected.less(position.injected_left), position.injected_left);
            let line = PointLine {
                participant: participant.clone(),
                point: point.clone(),
                consumed_wh: position.consumed,
                injected_wh: position.injected,
                bought_wh: bought,
                sold_wh: sold,
                grid_supply_wh: supplied,
                feed_in_wh: fed_in,
                grid_supply_cost: supplied.at(prices.retail),
                feed_in_revenue: fed_in.at(prices.feed_in),
            };
            let account = || Account::Participant(participant.clone());
            let Settled {
                journal,
                volume,
                points,
                ..
            } = &mut self.settled;
            journal.transfer(account(), Account::Retail, Purpose::GridSupply, line.grid_supply_cost)?;
            journal.transfer(Account::Retail, account(), Purpose::FeedIn, line.feed_in_revenue)?;
            volume.grid_supply_wh = volume.grid_supply_wh.plus(supplied)?;
            volume.feed_in_wh = volume.feed_in_wh.plus(fed_in)?;
            points.push(line);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "settlement_tests.rs"]
mod tests;
