use bytes::Bytes;

use crate::channel::BatchConfig;

/// An admitted envelope: its bytes, and the size that the limits count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The encoded envelope.
    pub envelope: Bytes,
    /// Bytes of payload and signature, without the message's own framing.
    pub size: u64,
}

/// Gathers envelopes into batches.
///
/// Source: Fabric, orderer/common/blockcutter/blockcutter.go.
#[derive(Debug, Default)]
pub struct Cutter {
    pending: Vec<Message>,
    pending_bytes: u64,
}

impl Cutter {
    /// Takes one envelope; gives the batches that it completes under the limits of now, at most two.
    ///
    /// An envelope above the preferred size goes alone. One that would lift the pending batch above it cuts the
    /// batch first. The count limit cuts at once.
    pub fn ordered(&mut self, limits: &BatchConfig, message: Message) -> Vec<Vec<Bytes>> {
        let preferred = u64::from(limits.preferred_max_bytes);
        let mut batches = Vec::new();
        if message.size > preferred {
            batches.extend(self.cut());
            batches.push(vec![message.envelope]);
            return batches;
        }
        if self.pending_bytes + message.size > preferred {
            batches.extend(self.cut());
        }
        self.pending_bytes += message.size;
        self.pending.push(message);
        if self.pending.len() as u64 >= u64::from(limits.max_message_count) {
            batches.extend(self.cut());
        }
        batches
    }

    /// Whether envelopes wait for a batch to be cut.
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The pending batch; `None` when nothing is pending.
    pub fn cut(&mut self) -> Option<Vec<Bytes>> {
        self.pending_bytes = 0;
        let pending = std::mem::take(&mut self.pending);
        (!pending.is_empty()).then(|| pending.into_iter().map(|message| message.envelope).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn limits(max_message_count: u32, preferred_max_bytes: u32) -> BatchConfig {
        BatchConfig {
            max_message_count,
            preferred_max_bytes,
            absolute_max_bytes: 1000,
            timeout: Duration::from_secs(1),
        }
    }

    fn message(name: u8, size: u64) -> Message {
        Message {
            envelope: Bytes::copy_from_slice(&[name]),
            size,
        }
    }

    /// Sizes of the batches cut, and whether some envelopes are pending.
    type Cut = (&'static [usize], bool);

    /// Feeds sizes; gives after each the sizes of the batches cut, and whether some are pending.
    fn feed(limits: BatchConfig, sizes: &[u64]) -> Vec<(Vec<usize>, bool)> {
        let mut cutter = Cutter::default();
        sizes
            .iter()
            .map(|size| {
                let cut = cutter
                    .ordered(&limits, message(0, *size))
                    .iter()
                    .map(Vec::len)
                    .collect();
                (cut, cutter.is_pending())
            })
            .collect()
    }

    /// The cases of Fabric's blockcutter_test.go.
    #[test]
    fn batches_are_cut_as_by_fabric() {
        let cases: [(&str, BatchConfig, &[u64], &[Cut]); 6] = [
            ("count", limits(2, 100), &[10, 10], &[(&[], true), (&[2], false)]),
            ("count of one", limits(1, 100), &[10], &[(&[1], false)]),
            (
                "overflow cuts first",
                limits(20, 25),
                &[10, 10, 10],
                &[(&[], true), (&[], true), (&[2], true)],
            ),
            (
                "exactly preferred is no overflow",
                limits(20, 20),
                &[10, 10, 1],
                &[(&[], true), (&[], true), (&[2], true)],
            ),
            (
                "oversize goes alone",
                limits(20, 25),
                &[10, 26],
                &[(&[], true), (&[1, 1], false)],
            ),
            (
                "oversize with nothing pending",
                limits(20, 25),
                &[26, 5],
                &[(&[1], false), (&[], true)],
            ),
        ];
        for (name, limits, sizes, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|(cut, pending)| (cut.to_vec(), *pending)).collect();
            assert_eq!(feed(limits, sizes), expected, "{name}");
        }
    }

    /// The overflowing envelope may at once fill a batch of its own when the count is one.
    #[test]
    fn overflow_and_count_give_two_batches() {
        let mut cutter = Cutter::default();
        assert!(cutter.ordered(&limits(20, 25), message(1, 20)).is_empty());
        let batches = cutter.ordered(&limits(1, 25), message(2, 20));
        assert_eq!(
            batches,
            [vec![Bytes::from_static(&[1])], vec![Bytes::from_static(&[2])]]
        );
        assert!(!cutter.is_pending());
    }

    proptest! {
        /// Nothing is lost, doubled or reordered, and the limits hold.
        #[test]
        fn batches_hold_everything_in_order(
            sizes in prop::collection::vec(1_u64..60, 1..60),
            count in 1_u32..8,
            preferred in 1_u32..80,
        ) {
            let mut cutter = Cutter::default();
            let limits = limits(count, preferred);
            let mut batches = Vec::new();
            for (name, size) in sizes.iter().enumerate() {
                batches.extend(cutter.ordered(&limits, message(u8::try_from(name).unwrap(), *size)));
            }
            batches.extend(cutter.cut());
            for batch in &batches {
                let bytes: u64 = batch.iter().map(|envelope| sizes[usize::from(envelope[0])]).sum();
                prop_assert!(batch.len() <= count as usize && !batch.is_empty());
                prop_assert!(bytes <= u64::from(preferred) || batch.len() == 1);
            }
            let order: Vec<_> = batches.concat().iter().map(|envelope| usize::from(envelope[0])).collect();
            prop_assert_eq!(order, (0..sizes.len()).collect::<Vec<_>>());
        }
    }
}
