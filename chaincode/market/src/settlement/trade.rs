//! A contract in settlement: what was agreed, what was delivered, who was short and what it costs.

use serde::{Deserialize, Serialize};

use super::place::{Place, PlacePrices, Way};
use super::share::Dealt;
use super::volume::Volume;
use crate::id::{ContractId, ParticipantId, PointId};
use crate::journal::{Account, Journal, Purpose};
use crate::parameters::Profile;
use crate::units::{Energy, Money, Ppm, Price, UnitError};

/// A confirmed contract, as settlement sees it. Its place in the list is its place in sequence: stage, gate, rank in clearing.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Whether deviations cost anything: as the contract says.
    pub profile: Profile,
    /// Deviation that costs nothing, in ppm of q: of the rules that the contract names.
    pub band: Ppm,
}

impl Trade {
    /// Where the buyer takes.
    pub fn taken_at(&self) -> Place {
        Place::new(self.buyer.clone(), self.buyer_point.clone())
    }

    /// Where the seller gives.
    pub fn given_at(&self) -> Place {
        Place::new(self.seller.clone(), self.seller_point.clone())
    }
}

/// Who trades with whom, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parties {
    /// Who bought.
    pub buyer: ParticipantId,
    /// Where the buyer took.
    pub buyer_point: PointId,
    /// Who sold.
    pub seller: ParticipantId,
    /// Where the seller gave.
    pub seller_point: PointId,
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
    /// Who and where; lines of the ledger's first schemas leave it to the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parties: Option<Parties>,
    /// The buyer's side rests on an estimate: no credit changes for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub buyer_estimated: bool,
    /// The seller's side rests on an estimate: no credit changes for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seller_estimated: bool,
}

impl TradeLine {
    /// What a contract's delivery and shorts cost. A short side compensates the other's loss: a buyer's falls back on the feed-in
    /// price at the seller's place, a seller's on the retail price at the buyer's.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] beyond i128.
    pub fn new(trade: &Trade, dealt: &Dealt, buyer: &PlacePrices, seller: &PlacePrices) -> Result<Self, UnitError> {
        let penalised = (
            punished(trade, dealt.buyer_short_wh),
            punished(trade, dealt.seller_short_wh),
        );
        let lost_sale = penalised.0.at(trade.price).minus(penalised.0.at(seller.grid.feed_in))?;
        let delivered_price = penalised.1.at(trade.price).plus(penalised.1.at(trade.tariff))?;
        let lost_purchase = penalised.1.at(buyer.grid.retail).minus(delivered_price)?;
        Ok(Self {
            contract: trade.contract.clone(),
            energy_wh: trade.energy_wh,
            delivered_wh: dealt.delivered_wh,
            energy_cost: dealt.delivered_wh.at(trade.price),
            tariff_cost: dealt.delivered_wh.at(trade.tariff),
            buyer_short_wh: dealt.buyer_short_wh,
            seller_short_wh: dealt.seller_short_wh,
            buyer_penalty: lost_sale.max(Money::ZERO),
            seller_penalty: lost_purchase.max(Money::ZERO),
            parties: Some(Parties {
                buyer: trade.buyer.clone(),
                buyer_point: trade.buyer_point.clone(),
                seller: trade.seller.clone(),
                seller_point: trade.seller_point.clone(),
            }),
            buyer_estimated: dealt.buyer_estimated,
            seller_estimated: dealt.seller_estimated,
        })
    }

    /// d.
    pub fn volume(&self) -> Volume {
        Volume {
            direct_wh: self.delivered_wh,
            ..Volume::default()
        }
    }

    /// Books the line between its two parties and the grid company, or takes it back. The buyer pays the tariff, the seller is
    /// untouched by it.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] beyond i128.
    pub fn book(&self, trade: &Trade, journal: &mut Journal, way: Way) -> Result<(), UnitError> {
        let buyer = || Account::Participant(trade.buyer.clone());
        let seller = || Account::Participant(trade.seller.clone());
        journal.transfer(buyer(), seller(), Purpose::Energy, way.of(self.energy_cost)?)?;
        journal.transfer(buyer(), Account::Grid, Purpose::Tariff, way.of(self.tariff_cost)?)?;
        journal.transfer(buyer(), seller(), Purpose::Penalty, way.of(self.buyer_penalty)?)?;
        journal.transfer(seller(), buyer(), Purpose::Penalty, way.of(self.seller_penalty)?)
    }
}

/// max(0, short − ⌊band · q⌋), where the contract knows penalties.
fn punished(trade: &Trade, short: Energy) -> Energy {
    match trade.profile {
        Profile::Paper => Energy::ZERO,
        Profile::Market => short.less(trade.energy_wh.share(trade.band)),
    }
}
