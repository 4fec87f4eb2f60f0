//! OGSC and PPSC: what is to become of energy that found no contract. A plan moves no money.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cleanliness::Cleanliness;
use crate::eligibility::tie_hash;
use crate::grid::Rooms;
use crate::id::{OrderId, ParticipantId, PointId};
use crate::merit::{Merit, Merits};
use crate::order::Order;
use crate::participant::Side;
use crate::slot::{Auction, Slot};
use crate::units::{Energy, Ppm, UnitError};

/// What the plan says about one order's energy beyond its contracts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanLine {
    /// Whose order.
    pub participant: ParticipantId,
    /// Which order.
    pub order: OrderId,
    /// Offer or bid.
    pub side: Side,
    /// Where.
    pub point: PointId,
    /// In confirmed contracts (DTSC).
    pub direct_wh: Energy,
    /// With the grid: exported (OGSC) for an offer, supplied (PPSC) for a bid.
    pub grid_wh: Energy,
    /// Beyond the point's room: curtailed for an offer, unserved for a bid.
    pub left_wh: Energy,
}

/// L of what a participant sells at a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumptionIndex {
    /// Whose plants.
    pub participant: ParticipantId,
    /// Where.
    pub point: PointId,
    /// L, at least 1.
    pub index: u32,
}

/// What OGSC asks of the sellers of a slot.
#[derive(Clone, Copy, Debug)]
pub struct Sellers<'a> {
    /// Q by energy type.
    pub table: Cleanliness,
    /// S, and Q where it is not that of the energy type, of those who do not have the defaults.
    pub merits: &'a Merits,
    /// L where it is not 1.
    pub consumption: &'a [ConsumptionIndex],
}

/// An order with the energy that confirmed contracts gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The order.
    pub order: Order,
    /// Σ confirmed.
    pub direct_wh: Energy,
    /// The seller's S, and its Q where that is not its energy type's.
    pub merit: Merit,
    /// Q by energy type.
    pub table: Cleanliness,
    /// L ≥ 1: the energy-consumption index of the seller's plant; 1 where none is set.
    pub consumption_index: u32,
}

impl Planned {
    fn residual(&self) -> Energy {
        self.order.energy_wh.less(self.direct_wh)
    }

    fn cleanliness(&self) -> Ppm {
        self.merit.cleanliness_of(self.order.source, &self.table)
    }

    /// OGSC: Q, then C_max = M·S·Q/L, both descending. The fractions are compared by cross products, which stay below 10³⁴.
    fn before(&self, other: &Self) -> Ordering {
        let product = |one: &Self, index: u32| {
            [one.merit.stability.get(), one.cleanliness().get(), index]
                .into_iter()
                .fold(u128::from(one.residual().get()), |product, factor| {
                    product.saturating_mul(u128::from(factor))
                })
        };
        let (own, others) = (
            product(self, other.consumption_index),
            product(other, self.consumption_index),
        );
        other.cleanliness().cmp(&self.cleanliness()).then(others.cmp(&own))
    }
}

/// Plans a slot; lines come in the order of the input. `rooms` is what confirmed trades left.
pub fn plan(slot: Slot, orders: &[Planned], mut rooms: Rooms) -> Vec<PlanLine> {
    let mut grid = vec![Energy::ZERO; orders.len()];
    feed_in(slot, orders, &mut rooms, &mut grid);
    grid_supply(slot, orders, &rooms, &mut grid);
    let line = |(planned, grid_wh): (&Planned, Energy)| PlanLine {
        participant: planned.order.participant.clone(),
        order: planned.order.order.clone(),
        side: planned.order.side,
        point: planned.order.point.clone(),
        direct_wh: planned.direct_wh,
        grid_wh,
        left_wh: planned.residual().less(grid_wh),
    };
    orders.iter().zip(grid).map(line).collect()
}

/// OGSC: the cleanest first, then by what can be delivered, then by the tie rule.
fn feed_in(slot: Slot, orders: &[Planned], rooms: &mut Rooms, grid: &mut [Energy]) {
    let mut sales: Vec<(usize, &Planned, [u8; 32])> = orders
        .iter()
        .enumerate()
        .filter(|(_, p)| p.order.side == Side::Seller)
        .map(|(place, p)| (place, p, tie_hash(slot, &p.order.participant)))
        .collect();
    sales.sort_by(|(_, one, tie), (_, other, others_tie)| {
        let by_rule = one.before(other).then(tie.cmp(others_tie));
        by_rule.then_with(|| one.order.order.cmp(&other.order.order))
    });
    for (place, planned, _) in sales {
        let exported = planned.residual().min(rooms.at(&planned.order.point).export);
        rooms.take_export(&planned.order.point, exported);
        if let Some(cell) = grid.get_mut(place) {
            *cell = exported;
        }
    }
}

/// PPSC: each point's import room pro rata by largest remainder.
fn grid_supply(slot: Slot, orders: &[Planned], rooms: &Rooms, grid: &mut [Energy]) {
    let bids: Vec<(usize, &Planned)> = orders
        .iter()
        .enumerate()
        .filter(|(_, p)| p.order.side == Side::Buyer)
        .collect();
    let mut points: Vec<&PointId> = bids.iter().map(|(_, p)| &p.order.point).collect();
    points.sort();
    points.dedup();
    for point in points {
        let here: Vec<(usize, &Planned)> = bids.iter().filter(|(_, p)| p.order.point == *point).copied().collect();
        for (place, energy) in pro_rata(slot, &here, rooms.at(point).import) {
            if let Some(cell) = grid.get_mut(place) {
                *cell = energy;
            }
        }
    }
}

fn pro_rata(slot: Slot, bids: &[(usize, &Planned)], room: Energy) -> Vec<(usize, Energy)> {
    let total = bids
        .iter()
        .fold(0_u128, |sum, (_, p)| sum.saturating_add(u128::from(p.residual().get())));
    let room_wh = u128::from(room.get());
    if total <= room_wh {
        return bids.iter().map(|(place, p)| (*place, p.residual())).collect();
    }
    let mut shares: Vec<Share<'_>> = bids
        .iter()
        .map(|(place, planned)| {
            let product = u128::from(planned.residual().get()).saturating_mul(room_wh);
            let floor = product.checked_div(total).unwrap_or(0);
            let remainder = product.checked_rem(total).unwrap_or(0);
            Share {
                place: *place,
                planned,
                floor,
                remainder,
            }
        })
        .collect();
    let given = shares.iter().fold(0_u128, |sum, share| sum.saturating_add(share.floor));
    shares.sort_by_cached_key(|share| {
        let order = &share.planned.order;
        (
            Reverse(share.remainder),
            tie_hash(slot, &order.participant),
            order.order.clone(),
        )
    });
    // The rest is smaller than the number of shares: one Wh each, largest remainder first.
    let rest = usize::try_from(room_wh.saturating_sub(given)).unwrap_or(0);
    let energy = |(rank, share): (usize, &Share<'_>)| {
        let wh = share.floor.saturating_add(u128::from(rank < rest));
        (
            share.place,
            u64::try_from(wh)
                .ok()
                .and_then(|wh| Energy::new(wh).ok())
                .unwrap_or(Energy::ZERO),
        )
    };
    shares.iter().enumerate().map(energy).collect()
}

struct Share<'a> {
    place: usize,
    planned: &'a Planned,
    floor: u128,
    remainder: u128,
}

/// Energy in confirmed contracts, by auction and order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Direct(BTreeMap<(Auction, ParticipantId, OrderId), Energy>);

impl Direct {
    /// Counts a contract's energy for one of its orders.
    ///
    /// # Errors
    /// [`UnitError`] beyond the unit's bound.
    pub fn add(
        &mut self,
        auction: Auction,
        who: &ParticipantId,
        order: &OrderId,
        energy: Energy,
    ) -> Result<(), UnitError> {
        let key = (auction, who.clone(), order.clone());
        let sum = self.0.entry(key).or_insert(Energy::ZERO);
        *sum = sum.plus(energy)?;
        Ok(())
    }

    fn of(&self, auction: Auction, order: &Order) -> Energy {
        let key = (auction, order.participant.clone(), order.order.clone());
        self.0.get(&key).copied().unwrap_or(Energy::ZERO)
    }
}

/// Orders of a slot's auctions with what their contracts took. Who traded in a later auction brought there what was left: of the
/// earlier orders nothing is left to plan, or the same energy would be planned twice.
pub fn left_to_plan(books: Vec<(Auction, Vec<Order>)>, direct: &Direct, sellers: &Sellers<'_>) -> Vec<Planned> {
    let indices: BTreeMap<(&ParticipantId, &PointId), u32> = sellers
        .consumption
        .iter()
        .map(|one| ((&one.participant, &one.point), one.index))
        .collect();
    let mut last: BTreeMap<(ParticipantId, PointId), Auction> = BTreeMap::new();
    let place = |order: &Order| (order.participant.clone(), order.point.clone());
    for (auction, book) in &books {
        last.extend(book.iter().map(|order| (place(order), *auction)));
    }
    let planned = |auction: Auction, mut order: Order| {
        let direct_wh = direct.of(auction, &order);
        if last.get(&place(&order)) != Some(&auction) {
            order.energy_wh = direct_wh;
        }
        Planned {
            direct_wh,
            merit: sellers.merits.get(&order.participant).copied().unwrap_or_default(),
            table: sellers.table,
            consumption_index: indices.get(&(&order.participant, &order.point)).copied().unwrap_or(1),
            order,
        }
    };
    let orders = books
        .into_iter()
        .flat_map(|(auction, book)| book.into_iter().map(move |order| (auction, order)));
    orders.map(|(auction, order)| planned(auction, order)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Point;
    use crate::participant::Source;
    use crate::units::{Power, Price};
    use proptest::prelude::*;

    fn planned(user: usize, side: Side, source: Source, energy: u64, direct: u64) -> Planned {
        let order = Order {
            participant: format!("M:u{user}").parse().unwrap(),
            order: OrderId::new("o").unwrap(),
            side,
            point: PointId::new("p").unwrap(),
            energy_wh: Energy::new(energy).unwrap(),
            min_wh: Energy::ZERO,
            price: Price::ZERO,
            source,
            filters: None,
        };
        Planned {
            order,
            direct_wh: Energy::new(direct).unwrap(),
            merit: Merit::default(),
            table: Cleanliness::default(),
            consumption_index: 1,
        }
    }

    fn run(orders: &[Planned], capacity_w: u64) -> Vec<(u64, u64)> {
        let point = Point {
            point: PointId::new("p").unwrap(),
            capacity_w: Power::new(capacity_w).unwrap(),
            area: PointId::new("a").unwrap(),
            level: 0,
        };
        let lines = plan(Slot::new(7).unwrap(), orders, Rooms::whole([&point]));
        lines
            .iter()
            .map(|line| (line.grid_wh.get(), line.left_wh.get()))
            .collect()
    }

    #[test]
    fn clean_energy_is_exported_first() {
        let sale = |user, source| planned(user, Side::Seller, source, 60, 0);
        let orders = [sale(0, Source::Thermal), sale(1, Source::Hydro), sale(2, Source::Wind)];
        assert_eq!(run(&orders, 400), [(0, 60), (40, 20), (60, 0)]);
    }

    #[test]
    fn governance_may_put_another_type_first() {
        let sale = |user, source| planned(user, Side::Seller, source, 60, 0);
        let mut orders = [sale(0, Source::Thermal), sale(1, Source::Wind)];
        for order in &mut orders {
            order.table.thermal = Ppm::ONE;
        }
        assert_eq!(run(&orders, 320), [(60, 0), (20, 40)]);
    }

    #[test]
    fn of_equally_clean_ones_the_larger_residual_is_first() {
        let orders = [
            planned(0, Side::Seller, Source::Wind, 60, 10),
            planned(1, Side::Seller, Source::Wind, 60, 0),
        ];
        assert_eq!(run(&orders, 320), [(20, 30), (60, 0)]);
    }

    #[test]
    fn of_equal_residuals_the_steadier_and_the_thriftier_is_first() {
        let sale = |user| planned(user, Side::Seller, Source::Wind, 60, 0);
        let mut shaky = [sale(0), sale(1)];
        shaky[0].merit.stability = Ppm::HALF;
        assert_eq!(run(&shaky, 320), [(20, 40), (60, 0)]);
        let mut hungry = [sale(0), sale(1)];
        hungry[0].consumption_index = 3;
        hungry[1].consumption_index = 2;
        assert_eq!(run(&hungry, 320), [(20, 40), (60, 0)]);
    }

    #[test]
    fn a_store_stands_where_its_lots_put_it() {
        let mut orders = [
            planned(0, Side::Seller, Source::Hydro, 60, 0),
            planned(1, Side::Seller, Source::Storage, 60, 0),
        ];
        assert_eq!(run(&orders, 320), [(60, 0), (20, 40)]);
        orders[1].merit.cleanliness = Some(Ppm::new(700_000).unwrap());
        assert_eq!(run(&orders, 320), [(20, 40), (60, 0)]);
    }

    #[test]
    fn supply_is_shared_pro_rata_by_largest_remainder() {
        let bid = |user, energy| planned(user, Side::Buyer, Source::Wind, energy, 0);
        assert_eq!(
            run(&[bid(0, 50), bid(1, 30), bid(2, 19)], 400),
            [(50, 0), (30, 0), (19, 0)]
        );
        assert_eq!(
            run(&[bid(0, 50), bid(1, 33), bid(2, 17)], 40),
            [(5, 45), (3, 30), (2, 15)]
        );
    }

    proptest! {
        #[test]
        fn cross_products_order_as_fractions_do(
            rows in proptest::array::uniform2((0..=1_000_000_000_000_u64, 0..=1_000_000_u32, 0..=1_000_000_u32, 1..=u32::MAX)),
        ) {
            let [one, other] = rows.map(|(energy, stability, cleanliness, index)| {
                let mut planned = planned(0, Side::Seller, Source::Wind, energy, 0);
                planned.merit.stability = Ppm::new(stability).unwrap();
                planned.merit.cleanliness = Some(Ppm::new(cleanliness).unwrap());
                planned.consumption_index = index;
                planned
            });
            prop_assert_eq!(one.before(&other), other.before(&one).reverse());
            let value = |p: &Planned, (energy, stability, cleanliness, index): (u64, u32, u32, u32)| {
                let whole = u128::from(energy) * u128::from(stability) * u128::from(cleanliness);
                (Reverse(p.cleanliness()), Reverse(whole / u128::from(index)))
            };
            let (mine, yours) = (value(&one, rows[0]), value(&other, rows[1]));
            if mine != yours {
                prop_assert_eq!(one.before(&other), mine.cmp(&yours), "floored fractions that differ decide alike");
            }
        }

        #[test]
        fn every_wh_is_accounted_for_and_rooms_are_kept(
            rows in proptest::collection::vec((any::<bool>(), 0..1_000_u64, 0..1_000_u64), 0..12),
            capacity in 0..8_000_u64,
        ) {
            let side = |buys| if buys { Side::Buyer } else { Side::Seller };
            let orders: Vec<Planned> = rows.iter().enumerate()
                .map(|(n, (buys, direct, rest))| planned(n, side(*buys), Source::Hydro, direct + rest, *direct)).collect();
            let lines = run(&orders, capacity);
            for (order, (grid, left)) in orders.iter().zip(&lines) {
                prop_assert_eq!(order.residual().get(), grid + left);
            }
            for wanted in [Side::Buyer, Side::Seller] {
                let mine = || orders.iter().zip(&lines).filter(|(o, _)| o.order.side == wanted);
                let grid: u64 = mine().map(|(_, line)| line.0).sum();
                let demand: u64 = mine().map(|(o, _)| o.residual().get()).sum();
                prop_assert_eq!(grid, demand.min(capacity / 4), "all room is used, none beyond it");
            }
        }
    }
}
