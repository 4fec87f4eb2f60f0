//! Random choices that a seed repeats.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A sequence of choices.
#[derive(Debug, Clone)]
pub(super) struct Dice(SplitMix64);

impl Dice {
    /// The sequence of a seed and a purpose: sequences of different purposes have nothing to do with each other.
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        let start = SplitMix64::seed_from_u64(seed).next_u64();
        Self(SplitMix64::seed_from_u64(
            start ^ purpose.wrapping_mul(0xd6e8_feb8_6659_fd93),
        ))
    }

    /// A number from `least` to `most`, both allowed.
    pub(super) fn between(&mut self, least: u64, most: u64) -> u64 {
        let span = most.saturating_sub(least).saturating_add(1);
        least.saturating_add(self.0.next_u64() % span.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn a_seed_repeats_its_choices_and_another_purpose_has_others() {
        let roll = |seed, purpose| {
            let mut dice = Dice::new(seed, purpose);
            (0..8).map(|_| dice.between(10, 20)).collect::<Vec<_>>()
        };
        assert_eq!(roll(1, 2), roll(1, 2));
        assert_ne!(roll(1, 2), roll(1, 3));
        assert!(roll(7, 7).iter().all(|number| (10..=20).contains(number)));
    }
}
