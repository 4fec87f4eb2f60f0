//! A small generator, so that a seed gives the same figure everywhere (SplitMix64, Steele, Lea, Flood 2014).

/// Pseudo-random numbers from a seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from `least` to `most`, both possible.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        let width = u128::from(most - least) + 1;
        let scaled = (u128::from(self.next()) * width) >> 64;
        least + u64::try_from(scaled).unwrap_or(0)
    }

    /// True in so many of a million cases.
    pub(crate) fn happens(&mut self, ppm: u64) -> bool {
        self.between(1, 1_000_000) <= ppm
    }
}
