//! What a store holds: energy by type, first in, first out.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::cleanliness::Cleanliness;
use crate::participant::Source;
use crate::units::{Energy, Ppm};

/// Energy of one type, charged with no other type between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lot {
    /// Its type; none for energy of the grid.
    pub source: Option<Source>,
    /// What is left of it, Wh after the loss of charging.
    pub energy_wh: Energy,
}

/// The lots of a store, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lots(VecDeque<Lot>);

/// What settlement says a store took in and gave out in a slot, Wh; below zero where a correction takes it back.
///
/// Purchases and supply are taken in, sales and feed-in are given out: together they are what was metered, and a cover passes through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Bought, by the seller's energy type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    typed: BTreeMap<Source, i64>,
    /// Supplied by the grid.
    grid: i64,
    /// Sold and fed in.
    discharged: i64,
}

impl Flow {
    /// True where nothing moved.
    pub fn is_empty(&self) -> bool {
        self.grid == 0 && self.discharged == 0 && self.typed.values().all(|wh| *wh == 0)
    }

    /// Bought from a seller of a type, or taken back.
    pub fn buy(&mut self, source: Source, wh: i64) {
        let sum = self.typed.entry(source).or_insert(0);
        *sum = sum.saturating_add(wh);
    }

    /// Supplied by the grid, or taken back.
    pub const fn supply(&mut self, wh: i64) {
        self.grid = self.grid.saturating_add(wh);
    }

    /// Sold or fed in, or taken back.
    pub const fn give(&mut self, wh: i64) {
        self.discharged = self.discharged.saturating_add(wh);
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        for (source, wh) in &other.typed {
            self.buy(*source, *wh);
        }
        self.supply(other.grid);
        self.give(other.discharged);
    }
}

/// So much energy, and whether it moved forth.
fn energy(wh: i64) -> (Energy, bool) {
    (Energy::new(wh.unsigned_abs()).unwrap_or(Energy::MOST), wh >= 0)
}

impl Lots {
    /// Takes energy in: ⌊Wh · η⌋ of it is kept. Energy that itself comes from a store counts as the grid's.
    pub fn charge(&mut self, source: Option<Source>, energy: Energy, efficiency: Ppm) {
        let source = source.filter(|source| *source != Source::Storage);
        let energy_wh = energy.share(efficiency);
        if energy_wh.is_zero() {
            return;
        }
        if let Some(newest) = self.0.back_mut().filter(|newest| newest.source == source)
            && let Ok(both) = newest.energy_wh.plus(energy_wh)
        {
            newest.energy_wh = both;
        } else {
            self.0.push_back(Lot { source, energy_wh });
        }
    }

    /// Gives energy out, the oldest lots first; what the lots do not hold is energy of the grid.
    pub fn discharge(&mut self, energy: Energy) -> Vec<Lot> {
        let (mut wanted, mut given) = (energy, Vec::new());
        while let Some(lot) = self.0.front_mut().filter(|_| !wanted.is_zero()) {
            let energy_wh = lot.energy_wh.min(wanted);
            let source = lot.source;
            given.push(Lot { source, energy_wh });
            wanted = wanted.less(energy_wh);
            lot.energy_wh = lot.energy_wh.less(energy_wh);
            if lot.energy_wh.is_zero() {
                self.0.pop_front();
            }
        }
        if !wanted.is_zero() {
            given.push(Lot {
                source: None,
                energy_wh: wanted,
            });
        }
        given
    }

    /// Takes back that so much was charged: from the newest lots of its type, as far as they still hold it.
    pub fn uncharge(&mut self, source: Option<Source>, energy: Energy, efficiency: Ppm) {
        let source = source.filter(|source| *source != Source::Storage);
        let mut left = energy.share(efficiency);
        for lot in self.0.iter_mut().rev().filter(|lot| lot.source == source) {
            let taken = lot.energy_wh.min(left);
            lot.energy_wh = lot.energy_wh.less(taken);
            left = left.less(taken);
        }
        self.0.retain(|lot| !lot.energy_wh.is_zero());
    }

    /// Takes back that so much was discharged. What it was is not known any more: it counts as energy of the grid, the oldest.
    pub fn undischarge(&mut self, energy_wh: Energy) {
        if !energy_wh.is_zero() {
            let source = None;
            self.0.push_front(Lot { source, energy_wh });
        }
    }

    /// What a slot moved: charging first, so that a store may give out what it took in.
    pub fn apply(&mut self, flow: &Flow, efficiency: Ppm) {
        let typed = flow.typed.iter().map(|(source, wh)| (Some(*source), *wh));
        for (source, wh) in typed.chain([(None, flow.grid)]) {
            match energy(wh) {
                (energy, true) => self.charge(source, energy, efficiency),
                (energy, false) => self.uncharge(source, energy, efficiency),
            }
        }
        match energy(flow.discharged) {
            (energy, true) => drop(self.discharge(energy)),
            (energy, false) => self.undischarge(energy),
        }
    }

    /// Q of the store: ⌊Σ Q·Wh / Σ Wh⌋ over its lots; the grid's where it is empty.
    pub fn cleanliness(&self, table: &Cleanliness) -> Ppm {
        let of = |lot: &Lot| table.of(lot.source.unwrap_or(Source::Storage));
        let sums = self.0.iter().fold((0_u128, 0_u128), |(weighted, total), lot| {
            let wh = u128::from(lot.energy_wh.get());
            let part = wh.saturating_mul(u128::from(of(lot).get()));
            (weighted.saturating_add(part), total.saturating_add(wh))
        });
        let mean = sums.0.checked_div(sums.1).and_then(|ppm| u32::try_from(ppm).ok());
        mean.and_then(|ppm| Ppm::new(ppm).ok()).unwrap_or(table.storage)
    }

    /// Wh that the lots hold.
    pub fn held_wh(&self) -> u128 {
        self.0
            .iter()
            .fold(0, |sum, lot| sum.saturating_add(u128::from(lot.energy_wh.get())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wh(wh: u64) -> Energy {
        Energy::new(wh).unwrap()
    }

    fn sources() -> impl Strategy<Value = Option<Source>> {
        prop_oneof![
            Just(None),
            proptest::sample::select(Source::ALL.to_vec()).prop_map(Some)
        ]
    }

    #[test]
    fn first_in_is_first_out_and_beyond_it_is_the_grid_s() {
        let mut lots = Lots::default();
        lots.charge(Some(Source::Photovoltaic), wh(101), Ppm::new(900_000).unwrap());
        lots.charge(Some(Source::Thermal), wh(100), Ppm::ONE);
        assert_eq!(lots.held_wh(), 190, "⌊101 · 0.9⌋ and 100");
        assert_eq!(
            lots.cleanliness(&Cleanliness::default()).get(),
            (90 * 800_000 + 100 * 300_000) / 190
        );
        let given = lots.discharge(wh(250));
        let told: Vec<_> = given.iter().map(|lot| (lot.source, lot.energy_wh.get())).collect();
        assert_eq!(
            told,
            [
                (Some(Source::Photovoltaic), 90),
                (Some(Source::Thermal), 100),
                (None, 60)
            ]
        );
        assert_eq!(
            (lots.held_wh(), lots.cleanliness(&Cleanliness::default())),
            (0, Source::Storage.cleanliness())
        );
    }

    #[test]
    fn a_correction_takes_back_what_it_can() {
        let flow = |sun: i64, grid: i64, given: i64| {
            let mut flow = Flow::default();
            flow.buy(Source::Photovoltaic, sun);
            flow.supply(grid);
            flow.give(given);
            flow
        };
        let mut lots = Lots::default();
        lots.apply(&flow(100, 50, 30), Ppm::ONE);
        assert_eq!(lots.held_wh(), 120);
        let mut right = Lots::default();
        right.apply(&flow(60, 90, 30), Ppm::ONE);
        lots.apply(&flow(-40, 40, 0), Ppm::ONE);
        assert_eq!(lots, right, "the same as if it had been right at once");
        lots.apply(&flow(0, 0, -30), Ppm::ONE);
        assert_eq!(lots.held_wh(), 150, "what was not given out is still there");
        lots.apply(&flow(-1_000, -1_000, 0), Ppm::ONE);
        assert_eq!(lots, Lots::default(), "no lot is below zero");
        let mut both = flow(1, 2, 3);
        both.add(&flow(-1, -2, -3));
        assert!(both.is_empty());
    }

    #[test]
    fn a_store_does_not_clean_a_store_s_energy() {
        let mut lots = Lots::default();
        lots.charge(Some(Source::Storage), wh(10), Ppm::ONE);
        assert_eq!(lots.discharge(wh(10))[0].source, None);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_once(
            acts in proptest::collection::vec((any::<bool>(), sources(), 0..1_000_u64, 0..=1_000_000_u32), 0..40),
        ) {
            let mut lots = Lots::default();
            let (mut kept, mut typed_out) = (0_u128, 0_u128);
            for (charges, source, energy, efficiency) in acts {
                let before = lots.held_wh();
                if charges {
                    let efficiency = Ppm::new(efficiency).unwrap();
                    lots.charge(source, wh(energy), efficiency);
                    kept += u128::from(wh(energy).share(efficiency).get());
                    prop_assert!(lots.held_wh() - before <= u128::from(energy));
                } else {
                    let given = lots.discharge(wh(energy));
                    prop_assert_eq!(given.iter().map(|lot| lot.energy_wh.get()).sum::<u64>(), energy);
                    typed_out += before - lots.held_wh();
                }
                prop_assert_eq!(lots.held_wh() + typed_out, kept);
                let q = lots.cleanliness(&Cleanliness::default()).get();
                prop_assert!((300_000..=800_000).contains(&q));
            }
        }
    }
}
