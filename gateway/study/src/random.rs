//! A seed gives the same figure everywhere.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Pseudo-random numbers from a seed.
pub(crate) struct Random(SplitMix64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    /// Evenly from `least` to `most`, both possible.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        let width = u128::from(most - least) + 1;
        let scaled = (u128::from(self.0.next_u64()) * width) >> 64;
        least + u64::try_from(scaled).unwrap_or(0)
    }

    /// True in so many of a million cases.
    pub(crate) fn happens(&mut self, ppm: u64) -> bool {
        self.between(1, 1_000_000) <= ppm
    }
}
