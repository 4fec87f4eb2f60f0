//! From a book to a proposal: the pairs that are worth something, solved exactly.

use std::collections::BTreeMap;

use der_market::eligibility::Rules;
use der_market::grid::Rooms;
use der_market::id::PointId;
use der_market::matching::Links;
use der_market::order::Order;
use der_market::participant::Side;
use der_market::units::{Energy, Price};
use der_market::welfare::{Duals, RoomDuals, WelfareProposal, worth};

use super::simplex::{Column, Optimum, maximise};

/// Why there is no proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsolved {
    /// Rooms together with limits are no flow in a network: their optimum may halve a Wh, and then no whole fills can be proved the best.
    #[error("the best fills are fractions of a Wh, which nobody can trade; the slot is cleared by score")]
    Fractional,
    /// Numbers beyond 128 bits.
    #[error("the book's figures are too large to be solved exactly")]
    TooLarge,
}

/// A row of the program: an order, or a point's room.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Limit {
    Order(usize),
    Import(PointId),
    Export(PointId),
}

#[derive(Default)]
struct Program {
    rows: BTreeMap<Limit, usize>,
    columns: Vec<Column>,
    pairs: Vec<(usize, usize)>,
}

/// The fills of the greatest welfare with the duals that prove it. `grid_prices` holds R of each bid's owner and F of each offer's.
///
/// # Errors
/// [`Unsolved`].
pub fn solve(book: &[Order], rules: &Rules<'_>, grid_prices: &[Price]) -> Result<WelfareProposal, Unsolved> {
    let program = Program::of(book, rules, grid_prices);
    let rooms = Rooms::left(rules.points, rules.used);
    let optimum = maximise(&program.columns, &program.bounds(book, &rooms))?;
    program.proposal(book.len(), &optimum)
}

impl Program {
    fn of(book: &[Order], rules: &Rules<'_>, grid_prices: &[Price]) -> Self {
        let links = Links::of(book, rules);
        let mut program = Self::default();
        let places = |side| (0..book.len()).filter(move |place| book[*place].side == side);
        for bid in places(Side::Buyer) {
            for offer in places(Side::Seller) {
                let (Ok(to), Ok(from)) = (u32::try_from(bid), u32::try_from(offer)) else {
                    continue;
                };
                // A pair that is worth nothing adds nothing, and no dual has to cover it.
                if let Some(worth) = worth(book, rules, &links, grid_prices, to, from)
                    .ok()
                    .filter(|worth| *worth > 0)
                {
                    program.add(book, bid, offer, worth);
                }
            }
        }
        program
    }

    fn add(&mut self, book: &[Order], bid: usize, offer: usize, worth: i64) {
        let (to, from) = (&book[bid].point, &book[offer].point);
        let mut limits = vec![Limit::Order(bid), Limit::Order(offer)];
        if to != from {
            limits.extend([Limit::Import(to.clone()), Limit::Export(from.clone())]);
        }
        let mut row = |limit| {
            let next = self.rows.len();
            *self.rows.entry(limit).or_insert(next)
        };
        let rows = limits.into_iter().map(&mut row).collect();
        self.columns.push(Column { worth, rows });
        self.pairs.push((bid, offer));
    }

    fn bounds(&self, book: &[Order], rooms: &Rooms) -> Vec<u64> {
        let mut bounds = vec![0; self.rows.len()];
        for (limit, row) in &self.rows {
            bounds[*row] = match limit {
                Limit::Order(place) => book[*place].energy_wh,
                Limit::Import(point) => rooms.at(point).import,
                Limit::Export(point) => rooms.at(point).export,
            }
            .get();
        }
        bounds
    }

    fn proposal(&self, orders: usize, optimum: &Optimum) -> Result<WelfareProposal, Unsolved> {
        let mut fills = Vec::with_capacity(optimum.values.len());
        for (column, value) in &optimum.values {
            if value % optimum.scale != 0 {
                return Err(Unsolved::Fractional);
            }
            let energy = u64::try_from(value / optimum.scale)
                .ok()
                .and_then(|wh| Energy::new(wh).ok());
            let (bid, offer) = self.pairs[*column];
            let place = |place| u32::try_from(place).map_err(|_| Unsolved::TooLarge);
            fills.push((place(bid)?, place(offer)?, energy.ok_or(Unsolved::TooLarge)?));
        }
        fills.sort_unstable();
        Ok(WelfareProposal {
            fills,
            duals: self.duals(orders, optimum)?,
        })
    }

    fn duals(&self, orders: usize, optimum: &Optimum) -> Result<Duals, Unsolved> {
        let common = optimum
            .duals
            .iter()
            .fold(optimum.scale, |sum, dual| divisor(sum, *dual));
        let told = |dual: i128| u64::try_from(dual / common).map_err(|_| Unsolved::TooLarge);
        let mut duals = Duals {
            scale: u32::try_from(optimum.scale / common).map_err(|_| Unsolved::TooLarge)?,
            orders: vec![0; orders],
            rooms: Vec::new(),
        };
        let mut rooms: BTreeMap<&PointId, (u64, u64)> = BTreeMap::new();
        for (limit, row) in &self.rows {
            let dual = told(optimum.duals[*row])?;
            match limit {
                Limit::Order(place) => duals.orders[*place] = dual,
                Limit::Import(point) => rooms.entry(point).or_default().0 = dual,
                Limit::Export(point) => rooms.entry(point).or_default().1 = dual,
            }
        }
        rooms.retain(|_, room| *room != (0, 0));
        let room = |(point, (import, export)): (&PointId, (u64, u64))| RoomDuals {
            point: point.clone(),
            import,
            export,
        };
        duals.rooms = rooms.into_iter().map(room).collect();
        Ok(duals)
    }
}

fn divisor(one: i128, other: i128) -> i128 {
    if other == 0 { one } else { divisor(other, one % other) }
}
