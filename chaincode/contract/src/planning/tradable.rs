//! What a participant may order in an auction: by its forecast, and in intraday auctions by its position too.

use der_api::ErrorCode;
use der_market::forecast::{Forecast, Position, crosses, positive, tradable};
use der_market::id::{ParticipantId, PointId};
use der_market::participant::Side;
use der_market::slot::Auction;
use der_market::units::Energy;

use crate::context::Context;
use crate::error::ContractError;
use crate::key::Key;
use crate::ledger::Answers;
use crate::rows::{Entry, ForecastRow, GateState};
use crate::schema::{self, Row};
use crate::view::LedgerView;

/// The rows that say what may be ordered.
pub(crate) struct TradableRows {
    auction: Auction,
    forecast: Row<ForecastRow>,
    position: Row<Position>,
}

impl TradableRows {
    pub(crate) fn of(auction: Auction, who: &ParticipantId, point: &PointId) -> Self {
        Self {
            auction,
            forecast: schema::forecast(&auction.slot, who, point),
            position: schema::position(&auction.slot, who, point),
        }
    }

    pub(crate) fn keys(&self) -> Vec<Key> {
        let mut keys = vec![self.forecast.key.clone()];
        if !self.auction.is_day_ahead() {
            keys.push(self.position.key.clone());
        }
        keys
    }

    pub(crate) fn read(&self, answers: &Answers) -> Result<Tradable, ContractError> {
        Ok(Tradable {
            auction: self.auction,
            forecast: answers.get(&self.forecast)?.map(|row| row.latest),
            position: answers.get(&self.position)?.unwrap_or_default(),
            ordered: Vec::new(),
        })
    }
}

/// Forecast and position of a participant in an auction.
pub(crate) struct Tradable {
    auction: Auction,
    forecast: Option<Forecast>,
    position: Position,
    ordered: Vec<(Side, Energy)>,
}

impl Tradable {
    /// What the caller may have in auctions under new forecasts, beside what it has: one read, however many.
    pub(super) async fn under<V: LedgerView>(
        cx: &Context<'_, V>,
        point: &PointId,
        auctions: &[(Auction, Forecast)],
    ) -> Result<Vec<Self>, ContractError> {
        let rows = |auction: &Auction| {
            let bounds = TradableRows::of(*auction, &cx.caller, point);
            (bounds, schema::entry(auction, point, &cx.caller), schema::gate(auction))
        };
        let rows: Vec<_> = auctions.iter().map(|(auction, _)| rows(auction)).collect();
        let mut keys = Vec::new();
        for (bounds, entry, gate) in &rows {
            keys.extend(bounds.keys());
            keys.extend([entry.key.clone(), gate.key.clone()]);
        }
        let answers = cx.ledger.many(&keys).await?;
        let mut all = Vec::with_capacity(rows.len());
        for ((bounds, entry, gate), (_, forecast)) in rows.iter().zip(auctions) {
            let open = answers.get(gate)?.is_some_and(|gate| gate.state == GateState::Open);
            let entry: Option<Entry> = answers.get(entry)?.filter(|_| open);
            let mut ordered = Vec::new();
            for side in [Side::Seller, Side::Buyer] {
                let energy = entry
                    .as_ref()
                    .map_or(Ok(Energy::ZERO), |entry| entry.open_energy(side))?;
                ordered.push((side, energy));
            }
            all.push(Self {
                forecast: Some(*forecast),
                ordered,
                ..bounds.read(&answers)?
            });
        }
        Ok(all)
    }

    /// Refuses where the orders that are there are more than may be ordered.
    pub(super) fn keeps(&self) -> Result<(), ContractError> {
        let mut open = self.ordered.iter().filter(|(_, total)| !total.is_zero());
        open.try_for_each(|(side, total)| self.require_within(*side, *total))
    }

    /// Refuses an order that, with those before it, is more than may be ordered, or that lies on both sides of the position.
    pub(crate) fn require(&self, side: Side, before: Energy, order: Energy) -> Result<(), ContractError> {
        self.require_within(side, before.plus(order)?)?;
        let undone = self.position.undone_by(side);
        if !self.auction.is_day_ahead() && crosses(undone, before, order) {
            let detail = format!("{order} Wh after {before} Wh lie on both sides of the position of {undone} Wh");
            return Err(ContractError::new(ErrorCode::OrderCrossesPosition, detail));
        }
        Ok(())
    }

    /// What the participant has sold at the point by contracts of the slot's earlier auctions.
    pub(crate) fn sold(&self) -> Energy {
        self.position.sold_wh
    }

    fn require_within(&self, side: Side, total: Energy) -> Result<(), ContractError> {
        let slot = self.auction;
        let most = match (slot.is_day_ahead(), self.forecast, side) {
            (true, None, _) | (true, _, Side::Buyer) => return Ok(()),
            (true, Some(forecast), Side::Seller) => positive(forecast.net()),
            (false, Some(forecast), _) => tradable(forecast, self.position, side),
            (false, None, _) => {
                let detail = format!("no forecast of slot {}", slot.slot);
                return Err(ContractError::new(ErrorCode::ForecastMissing, detail));
            }
        };
        if total <= most {
            return Ok(());
        }
        let detail = format!("{total} Wh in slot {slot}, the forecast leaves {most} Wh");
        Err(ContractError::new(ErrorCode::BeyondForecast, detail))
    }
}
