//! Who may trade with whom, and what fills must keep to: written down again without the engine's types.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

use der_market::grid::Point;
use der_market::matching::Fill;
use der_market::order::Order;
use der_market::tariff::Tariff;

use super::Market;

impl Market {
    pub fn place(&self, order: &Order) -> usize {
        self.points.iter().position(|point| point.point == order.point).unwrap()
    }

    /// D and τ from seller to buyer; none where they may not trade.
    pub fn way(&self, bid: &Order, offer: &Order) -> Option<(i128, i128)> {
        let (to, from) = (self.place(bid), self.place(offer));
        let d = i128::from(self.distances.rows[to][from].get());
        if d > i128::from(self.parameters.reach_mohm.get()) {
            return None;
        }
        let (to, from) = (&self.points[to], &self.points[from]);
        let tau = match &self.parameters.tariff {
            Tariff::Distance {
                numerator,
                denominator,
                least,
                most,
            } => {
                let (n, k) = (i128::from(*numerator), i128::from(*denominator));
                ((n * d * 2 + k) / (2 * k)).clamp(least.get().into(), most.get().into())
            }
            Tariff::Level { fees } => {
                let rules = self.parameters.clearing.as_ref();
                let area = rules.and_then(|rules| rules.areas.get(&from.area));
                let up = area.is_some_and(|area| area.installed_w >= area.average_w);
                let crossed = usize::from(to.level.max(from.level)) + usize::from(to.area != from.area);
                if crossed >= fees.len() {
                    return None;
                }
                let crossed = if up { (crossed + 1).min(fees.len() - 1) } else { crossed };
                fees[usize::from(to.level)][crossed].get().into()
            }
        };
        Some((d, tau))
    }

    pub fn accepts(&self, bid: &Order, offer: &Order, d: i128) -> bool {
        let near = |order: &Order| {
            let most = order.filters.as_ref().and_then(|filters| filters.max_distance_mohm);
            most.is_none_or(|most| d <= i128::from(most.get()))
        };
        let partner = |one: &Order, other: &Order| {
            let filters = one.filters.as_ref();
            filters.is_none_or(|f| f.partners.is_empty() || f.partners.contains(&other.participant))
        };
        let filters = bid.filters.as_ref();
        let source = filters.is_none_or(|f| f.sources.is_empty() || f.sources.contains(&offer.source));
        let apart = bid.participant != offer.participant && self.pilot(bid, offer);
        apart && near(bid) && near(offer) && partner(bid, offer) && partner(offer, bid) && source
    }

    pub fn pilot(&self, bid: &Order, offer: &Order) -> bool {
        let Some(rule) = self.parameters.clearing.as_ref().and_then(|rules| rules.pilot.as_ref()) else {
            return true;
        };
        let (to, from) = (&self.points[self.place(bid)], &self.points[self.place(offer)]);
        let (volts, watts) = (rule.volts[usize::from(from.level)], self.merit(offer).capacity_w);
        let watts = watts.map_or(u64::MAX, |watts| watts.get());
        let within = to.area == from.area && to.level <= from.level;
        (volts <= 35_000 && watts <= 20_000_000) || (within && volts <= 110_000 && watts <= 50_000_000)
    }

    /// What is left to come in and to go out.
    pub fn room(&self, point: &Point) -> (u64, u64) {
        let whole = point.capacity_w.get() / 4;
        let used = self.used.iter().find(|used| used.point == point.point);
        used.map_or((whole, whole), |used| {
            (
                whole.saturating_sub(used.import_wh.get()),
                whole.saturating_sub(used.export_wh.get()),
            )
        })
    }

    /// What must hold of fills, whoever found them.
    pub fn check(&self, book: &[Order], fills: &[Fill]) {
        for (place, order) in book.iter().enumerate() {
            let mine = fills
                .iter()
                .filter(|fill| [fill.bid as usize, fill.offer as usize].contains(&place));
            let filled: u64 = mine.map(|fill| fill.energy_wh.get()).sum();
            assert!(filled <= order.energy_wh.get(), "filled beyond what was ordered");
        }
        for (place, point) in self.points.iter().enumerate() {
            let at = |fill: &Fill| [fill.bid, fill.offer].map(|order| self.place(&book[order as usize]));
            let across = || fills.iter().filter(|fill| at(fill)[0] != at(fill)[1]);
            let sum = |end: usize| {
                across()
                    .filter(|fill| at(fill)[end] == place)
                    .map(|fill| fill.energy_wh.get())
                    .sum::<u64>()
            };
            let (import, export) = self.room(point);
            assert!(sum(0) <= import && sum(1) <= export, "room exceeded");
        }
        for fill in fills {
            let (bid, offer) = (&book[fill.bid as usize], &book[fill.offer as usize]);
            let (d, tau) = self.way(bid, offer).unwrap();
            assert!(
                self.accepts(bid, offer, d) && i128::from(fill.tariff.get()) == tau,
                "infeasible"
            );
            assert!(
                fill.price >= offer.price && fill.price.get() + fill.tariff.get() <= bid.price.get(),
                "beyond a limit"
            );
        }
    }
}
