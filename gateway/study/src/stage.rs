//! Books and grids for the engine.

use der_market::grid::Point;
use der_market::id::{OrderId, PointId};
use der_market::order::Order;
use der_market::participant::{Side, Source};
use der_market::units::{Energy, Power, Price};

use crate::StudyError;

/// Room that never binds.
const AMPLE_W: u64 = 1_000_000_000;

pub(crate) fn point_id(number: usize) -> Result<PointId, StudyError> {
    Ok(PointId::new(format!("p{number}"))?)
}

pub(crate) fn point(number: usize) -> Result<Point, StudyError> {
    Ok(Point {
        point: point_id(number)?,
        capacity_w: Power::new(AMPLE_W)?,
        area: PointId::new("area")?,
        level: 0,
    })
}

/// An order of the user of this number, at the point of the same number.
pub(crate) fn order(number: usize, side: Side, source: Source, wh: u64, price: i64) -> Result<Order, StudyError> {
    Ok(Order {
        participant: format!("M:u{number}").parse()?,
        order: OrderId::new("o")?,
        side,
        point: point_id(number)?,
        energy_wh: Energy::new(wh)?,
        min_wh: Energy::ZERO,
        price: Price::new(price)?,
        source,
        filters: None,
    })
}
