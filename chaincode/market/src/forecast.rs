//! Forecasts, positions and deviations: what may be traded in a slot's day-ahead auction, and what in its intraday ones.

use serde::{Deserialize, Serialize};

use crate::participant::Side;
use crate::units::Energy;

/// What a participant expects to generate and to consume at a point in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forecast {
    /// Generation, Wh.
    pub generation_wh: Energy,
    /// Load, Wh.
    pub load_wh: Energy,
}

impl Forecast {
    /// Generation less load, Wh.
    pub fn net(self) -> i64 {
        signed(self.generation_wh).saturating_sub(signed(self.load_wh))
    }
}

/// What a participant has sold less what it has bought directly at a point in a slot: the plan on the energy chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// By contracts of the day-ahead auction, Wh; never rewritten.
    pub day_ahead_wh: i64,
    /// By contracts of the intraday auctions, Wh.
    pub intraday_wh: i64,
    /// Σ of all sales, Wh, whatever was bought back: the seller's capacity bounds it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub sold_wh: Energy,
}

impl Position {
    /// Final plan: day-ahead and all intraday contracts together, Wh.
    pub fn net(self) -> i64 {
        self.day_ahead_wh.saturating_add(self.intraday_wh)
    }

    /// Books a contract's energy.
    pub fn book(&mut self, day_ahead: bool, side: Side, energy: Energy) {
        let part = if day_ahead {
            &mut self.day_ahead_wh
        } else {
            &mut self.intraday_wh
        };
        if side == Side::Seller {
            self.sold_wh = self.sold_wh.capped(energy);
        }
        *part = match side {
            Side::Seller => part.saturating_add(signed(energy)),
            Side::Buyer => part.saturating_sub(signed(energy)),
        };
    }

    /// How much of an order of this side undoes the position: a buyer's cover of what it has sold, a seller's sale of what it has
    /// bought.
    pub fn undone_by(self, side: Side) -> Energy {
        match side {
            Side::Buyer => positive(self.net()),
            Side::Seller => positive(self.net().saturating_neg()),
        }
    }
}

/// The traded variable of the intraday auctions: what the new forecast has beyond the position, Wh. Above zero it may be offered,
/// below zero demanded.
pub fn deviation(forecast: Forecast, position: Position) -> i64 {
    forecast.net().saturating_sub(position.net())
}

/// The most that a participant may order on a side in an intraday auction.
pub fn tradable(forecast: Forecast, position: Position, side: Side) -> Energy {
    let deviation = deviation(forecast, position);
    match side {
        Side::Seller => positive(deviation),
        Side::Buyer => positive(deviation.saturating_neg()),
    }
}

/// True where an order on top of others lies on both sides of the position: settlement takes a cover apart from a purchase, so that
/// such an order is split in two.
pub fn crosses(undone: Energy, before: Energy, order: Energy) -> bool {
    before < undone && before.get().saturating_add(order.get()) > undone.get()
}

/// Energy, or zero where the difference is below it.
pub fn positive(wh: i64) -> Energy {
    u64::try_from(wh)
        .ok()
        .and_then(|wh| Energy::new(wh).ok())
        .unwrap_or(if wh > 0 { Energy::MOST } else { Energy::ZERO })
}

fn is_none(energy: &Energy) -> bool {
    energy.is_zero()
}

fn signed(energy: Energy) -> i64 {
    i64::try_from(energy.get()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn energy(wh: u64) -> Energy {
        Energy::new(wh).unwrap()
    }

    fn forecast(generation: u64, load: u64) -> Forecast {
        Forecast {
            generation_wh: energy(generation),
            load_wh: energy(load),
        }
    }

    #[test]
    fn who_sold_more_than_it_will_have_demands_the_difference() {
        let mut sold = Position::default();
        sold.book(true, Side::Seller, energy(100));
        let now = forecast(70, 10);
        assert_eq!(deviation(now, sold), -40);
        assert_eq!(tradable(now, sold, Side::Buyer), energy(40));
        assert_eq!(tradable(now, sold, Side::Seller), Energy::ZERO);
        sold.book(false, Side::Buyer, energy(40));
        assert_eq!((deviation(now, sold), sold.day_ahead_wh, sold.net()), (0, 100, 60));
    }

    #[test]
    fn an_order_that_crosses_the_position_is_split() {
        for (undone, before, order, split) in [
            (60, 0, 60, false),
            (60, 0, 61, true),
            (60, 60, 1, false),
            (60, 59, 2, true),
            (0, 0, 5, false),
        ] {
            assert_eq!(crosses(energy(undone), energy(before), energy(order)), split);
        }
    }

    proptest! {
        #[test]
        fn trading_the_deviation_leaves_none(generation in 0..1_000_000_u64, load in 0..1_000_000_u64, sold in -1_000_000..1_000_000_i64) {
            let (now, mut position) = (forecast(generation, load), Position { day_ahead_wh: sold, ..Position::default() });
            for side in [Side::Seller, Side::Buyer] {
                let most = tradable(now, position, side);
                position.book(false, side, most);
            }
            prop_assert_eq!(deviation(now, position), 0);
            prop_assert_eq!(position.net(), now.net());
            prop_assert_eq!(position.day_ahead_wh, sold, "what was sold the day before stays");
        }

        #[test]
        fn one_side_is_tradable_at_most(generation in 0..1_000_u64, load in 0..1_000_u64, sold in -1_000..1_000_i64) {
            let position = Position { day_ahead_wh: sold, ..Position::default() };
            let (sale, purchase) = (tradable(forecast(generation, load), position, Side::Seller), tradable(forecast(generation, load), position, Side::Buyer));
            prop_assert!(sale.is_zero() || purchase.is_zero());
        }
    }
}
