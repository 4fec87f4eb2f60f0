use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! counters {
    ($($(#[doc = $text:literal])+ $name:ident,)+) => {
        /// What the server has done so far, as atomics that any thread may read.
        #[derive(Debug, Default)]
        pub struct Metrics {
            $(pub(crate) $name: Counter,)+
        }

        /// The counters of [`Metrics`] at one moment.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Snapshot {
            $($(#[doc = $text])+ pub $name: u64,)+
        }

        impl Metrics {
            /// Reads every counter.
            #[must_use]
            pub fn snapshot(&self) -> Snapshot {
                Snapshot { $($name: self.$name.get(),)+ }
            }
        }
    };
}

counters! {
    /// Streams open now.
    streams,
    /// Transactions accepted.
    transactions,
    /// Transactions accepted and not yet answered.
    in_flight,
    /// Transactions answered with `ERROR` without running: too many, draining, duplicate or undecodable.
    refused,
    /// Transactions that panicked.
    panics,
    /// Transactions given up at their time limit.
    expired,
    /// Ledger requests sent.
    requests,
    /// Write batches sent, or groups of single writes to a peer without batches.
    flushes,
    /// Writes sent.
    writes,
    /// Iterators that were exhausted, so that no `QUERY_STATE_CLOSE` was needed.
    closes_elided,
    /// Iterators closed by `QUERY_STATE_CLOSE`.
    closes_sent,
    /// Answers dropped because no request was waiting for them.
    dropped_late,
    /// Messages dropped or answered with `ERROR` because their type is unknown or does not fit the state.
    dropped_unexpected,
    /// Streams ended by a frame that does not decode.
    undecodable,
    /// Connections refused in the TLS handshake.
    handshakes_failed,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Relaxed);
    }

    pub(crate) fn increment(&self) {
        self.add(1);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    /// Counts one up until the answer is dropped.
    pub(crate) fn hold(&self) -> Held<'_> {
        self.increment();
        Held(self)
    }
}

/// One unit of a gauge, taken back when dropped.
pub(crate) struct Held<'a>(&'a Counter);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}
