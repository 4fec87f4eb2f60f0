//! What a store holds: energy by type, first in, first out.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::participant::Source;
use crate::units::{Energy, Ppm};

/// Energy of one type that was charged in one slot.
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

/// Q of energy of the grid: 0.3.
pub fn grid_cleanliness() -> Ppm {
    Source::Storage.cleanliness()
}

impl Lots {
    /// Takes energy in: ⌊Wh · η⌋ of it is kept. Energy that itself comes from a store counts as the grid's.
    pub fn charge(&mut self, source: Option<Source>, energy: Energy, efficiency: Ppm) {
        let source = source.filter(|source| *source != Source::Storage);
        let energy_wh = energy.share(efficiency);
        if !energy_wh.is_zero() {
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

    /// Q of the store: ⌊Σ Q·Wh / Σ Wh⌋ over its lots; the grid's where it is empty.
    pub fn cleanliness(&self) -> Ppm {
        let of = |lot: &Lot| lot.source.map_or(grid_cleanliness(), Source::cleanliness);
        let sums = self.0.iter().fold((0_u128, 0_u128), |(weighted, total), lot| {
            let wh = u128::from(lot.energy_wh.get());
            let part = wh.saturating_mul(u128::from(of(lot).get()));
            (weighted.saturating_add(part), total.saturating_add(wh))
        });
        let mean = sums.0.checked_div(sums.1).and_then(|ppm| u32::try_from(ppm).ok());
        mean.and_then(|ppm| Ppm::new(ppm).ok()).unwrap_or_else(grid_cleanliness)
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
        assert_eq!(lots.cleanliness().get(), (90 * 800_000 + 100 * 300_000) / 190);
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
        assert_eq!((lots.held_wh(), lots.cleanliness()), (0, grid_cleanliness()));
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
                let q = lots.cleanliness().get();
                prop_assert!((300_000..=800_000).contains(&q));
            }
        }
    }
}
