//! What the grid takes and pays at each place of a slot.

use std::collections::{BTreeMap, BTreeSet};

use der_market::id::ParticipantId;
use der_market::participant::Side;
use der_market::settlement::{Over, Place, PlacePrices};
use der_market::slot::Slot;
use der_market::units::{Energy, Price};

use super::inputs::Rules;
use crate::context::Context;
use crate::error::ContractError;
use crate::governance::{PricesOf, price_book};
use crate::schema;
use crate::view::LedgerView;

/// Prices by place: R of the participant's class and F of its energy type by the schedule and calendar that the slot keeps; the rules'
/// two prices where there is none.
pub(super) struct PriceList {
    grid: PricesOf,
    over: BTreeMap<Place, Over>,
}

impl PriceList {
    /// R and F of some participants; F_over above what the plan feeds in at a place with offers.
    pub(super) async fn read<V: LedgerView>(
        cx: &Context<'_, V>,
        slot: Slot,
        rules: &Rules,
        participants: BTreeSet<&ParticipantId>,
    ) -> Result<Self, ContractError> {
        let book = price_book(cx, rules.pinned, rules.parameters.prices).await?;
        let over = match rules.parameters.settlement().feed_in_over {
            Some(price) => planned(cx, slot, price).await?,
            None => BTreeMap::new(),
        };
        Ok(Self {
            grid: PricesOf::read(cx, slot, &book, participants).await?,
            over,
        })
    }

    pub(super) fn at(&self, place: &Place) -> PlacePrices {
        PlacePrices {
            grid: self.grid.of(&place.participant),
            over: self.over.get(place).copied(),
        }
    }
}

/// What the plan feeds in at each place with offers.
async fn planned<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
    price: Price,
) -> Result<BTreeMap<Place, Over>, ContractError> {
    let mut over = BTreeMap::new();
    let lines = cx.ledger.get(&schema::plan(&slot)).await?.map(|plan| plan.view.lines);
    let sales = lines.unwrap_or_default().into_iter();
    for line in sales.filter(|line| line.side == Side::Seller) {
        let nothing = Over {
            limit_wh: Energy::ZERO,
            price,
        };
        let entry = over.entry(Place::new(line.participant, line.point)).or_insert(nothing);
        entry.limit_wh = entry.limit_wh.capped(line.grid_wh);
    }
    Ok(over)
}
