//! Forecasts and orders: a member's whole day in one transaction.

use std::collections::BTreeMap;

use der_api::request::{NewOrder, PostForecast, PostMany};
use der_market::forecast::{Forecast, Position, positive};
use der_market::participant::Side;
use der_market::slot::{Auction, Slot};
use der_market::units::{Energy, Price};

use super::{District, DistrictError, Member, Outlook};
use crate::watch::Place;

/// Less than this is not worth an order, Wh.
const LEAST_WH: u64 = 50;

/// The positions of everybody, slot by slot.
pub(super) type Positions = BTreeMap<Slot, BTreeMap<Place, Position>>;

impl District {
    /// What a member expects of a run of slots; it begins with the first of them.
    pub(super) fn forecast(
        &self,
        member: &Member,
        slots: &[(Slot, u64)],
        outlook: Outlook,
    ) -> Result<Option<PostForecast>, DistrictError> {
        let Some((first, _)) = slots.first() else {
            return Ok(None);
        };
        let expected = slots
            .iter()
            .map(|(_, quarter)| self.population.energy(&member.person, *quarter, outlook));
        Ok(Some(PostForecast {
            point: member.point.clone(),
            first: *first,
            forecasts: expected.collect::<Result<Vec<Forecast>, _>>()?,
        }))
    }

    /// A member's orders in the day-ahead auctions: what it expects to have too much or too little of.
    pub(super) fn day_ahead(&self, member: &Member, slots: &[(Slot, u64)]) -> Result<Option<PostMany>, DistrictError> {
        let mut orders = Vec::new();
        for (slot, quarter) in slots {
            let net = self
                .population
                .energy(&member.person, *quarter, Outlook::DayAhead)?
                .net();
            let side = if net > 0 { Side::Seller } else { Side::Buyer };
            let energy = positive(net.saturating_mul(net.signum()));
            orders.extend(order(member, (*slot).into(), side, energy, "a")?);
        }
        Ok((!orders.is_empty()).then_some(PostMany { orders }))
    }

    /// A member's orders in the intraday auctions: what the newer forecast has beyond its contracts. What undoes a contract is an order
    /// of its own.
    pub(super) fn intraday(
        &self,
        member: &Member,
        slots: &[(Slot, u64)],
        positions: &Positions,
    ) -> Result<Option<PostMany>, DistrictError> {
        let place = (member.id(), member.point.clone());
        let mut orders = Vec::new();
        for (slot, quarter) in slots {
            let forecast = self.population.energy(&member.person, *quarter, Outlook::Intraday)?;
            let position = positions
                .get(slot)
                .and_then(|slot| slot.get(&place))
                .copied()
                .unwrap_or_default();
            let auction = Auction { slot: *slot, round: 1 };
            for side in [Side::Seller, Side::Buyer] {
                let energy = der_market::forecast::tradable(forecast, position, side);
                let undoing = energy.min(position.undone_by(side));
                orders.extend(order(member, auction, side, undoing, "b")?);
                orders.extend(order(member, auction, side, energy.less(undoing), "c")?);
            }
        }
        Ok((!orders.is_empty()).then_some(PostMany { orders }))
    }
}

/// An order that is large enough.
fn order(
    member: &Member,
    auction: Auction,
    side: Side,
    energy_wh: Energy,
    name: &str,
) -> Result<Option<NewOrder>, DistrictError> {
    if energy_wh.get() < LEAST_WH {
        return Ok(None);
    }
    let price = match side {
        Side::Seller => member.person.asks,
        Side::Buyer => member.person.bids,
    };
    Ok(Some(NewOrder {
        participant: None,
        order: name.parse()?,
        side,
        slot: auction,
        energy_wh,
        min_wh: Energy::ZERO,
        price: Price::new(price)?,
        filters: None,
    }))
}
