//! Pauses between attempts, and the policy for conflicts.

use std::time::Duration;

/// Doubling pauses, each cut by up to a half at random so that clients do not keep step.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    first: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self {
            next: first,
            first,
            longest,
        }
    }

    pub(crate) fn pause(&mut self) -> Duration {
        let whole = self.next.min(self.longest);
        self.next = whole.saturating_mul(2).min(self.longest);
        whole.mul_f64(0.5 + 0.5 * random_fraction())
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}

fn random_fraction() -> f64 {
    let mut bytes = [0; 4];
    // Without randomness the pause is merely not spread.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

/// Repeats a submission that met a conflicting one (MVCC or phantom), as a new transaction each time.
///
/// Only for what may be decided anew by the chaincode: the repeated transaction reads the state as it is then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConflictRetry {
    /// How many transactions are sent at most.
    pub attempts: u32,
    /// After this time no further one is begun.
    pub budget: Duration,
    /// The first pause; it doubles each time, with jitter.
    pub pause: Duration,
}

impl Default for ConflictRetry {
    fn default() -> Self {
        Self {
            attempts: 5,
            budget: Duration::from_secs(30),
            pause: Duration::from_millis(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_pause_is_never_longer_than_the_longest_nor_shorter_than_half_its_step(first in 1_u64..500, longest in 500_u64..5000) {
            let (first, longest) = (Duration::from_millis(first), Duration::from_millis(longest));
            let mut backoff = Backoff::new(first, longest);
            for step in 0..12 {
                let whole = first.saturating_mul(1 << step).min(longest);
                let pause = backoff.pause();
                prop_assert!(pause <= whole && pause >= whole / 2);
            }
            backoff.reset();
            prop_assert!(backoff.pause() <= first);
        }
    }
}
