//! What the grid takes and pays at each place of a slot.

use std::collections::BTreeMap;

use der_market::parameters::Parameters;
use der_market::participant::Side;
use der_market::settlement::{Over, Place, PlacePrices};
use der_market::slot::Slot;
use der_market::units::Energy;

use crate::context::Context;
use crate::error::ContractError;
use crate::schema;
use crate::view::LedgerView;

/// Prices by place; places that are not named have the rules' two prices.
pub(super) struct PriceList {
    grid: PlacePrices,
    over: BTreeMap<Place, Over>,
}

impl PriceList {
    /// R and F of the rules that the slot keeps; F_over above what the plan feeds in at a place with offers.
    pub(super) async fn read<V: LedgerView>(
        cx: &Context<'_, V>,
        slot: Slot,
        parameters: &Parameters,
    ) -> Result<Self, ContractError> {
        let grid = PlacePrices::from(parameters.prices);
        let mut over = BTreeMap::new();
        let plan = match parameters.settlement().feed_in_over {
            Some(price) => cx.ledger.get(&schema::plan(&slot)).await?.map(|plan| (price, plan)),
            None => None,
        };
        if let Some((price, plan)) = plan {
            let sales = plan.view.lines.into_iter().filter(|line| line.side == Side::Seller);
            for line in sales {
                let nothing = Over {
                    limit_wh: Energy::ZERO,
                    price,
                };
                let entry = over.entry(Place::new(line.participant, line.point)).or_insert(nothing);
                entry.limit_wh = entry.limit_wh.capped(line.grid_wh);
            }
        }
        Ok(Self { grid, over })
    }

    pub(super) fn at(&self, place: &Place) -> PlacePrices {
        PlacePrices {
            over: self.over.get(place).copied(),
            ..self.grid
        }
    }
}
