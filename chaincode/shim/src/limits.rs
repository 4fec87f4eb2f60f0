use std::time::Duration;

use tokio::sync::Semaphore;

/// The largest gRPC message in either direction, as Fabric sets it (internal/pkg/comm/config.go).
pub const MAX_MESSAGE_BYTES: usize = 100 << 20;

/// Every wait and every buffer of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From connecting until `READY`. 30 s.
    pub handshake: Duration,
    /// From a ledger request to its answer. 30 s, as the peer's `chaincode.executetimeout`.
    pub request: Duration,
    /// From a transaction's arrival to its answer, waiting included. 30 s; later the peer would not listen.
    pub transaction: Duration,
    /// From the shutdown signal until transactions still running are given up. 20 s.
    pub drain: Duration,
    /// Transactions running at once on one stream. 1024.
    pub running: usize,
    /// Transactions waiting for their turn on one stream; beyond, they are answered with `ERROR`. 4096.
    pub queued: usize,
    /// Bytes of the transactions accepted and not yet answered on one stream; beyond, they are answered with `ERROR`.
    /// 512 MiB.
    pub accepted_bytes: usize,
    /// Streams at once on the whole server; beyond, a peer is refused with `RESOURCE_EXHAUSTED`. 64.
    pub streams: usize,
    /// Messages waiting to be written to one stream. 1024.
    pub outbound: usize,
    /// Bytes of keys and values in one write batch message, unless a single write is larger. 4 MiB.
    pub batch_bytes: usize,
    /// Bytes of keys and values that one transaction may hold unwritten. 128 MiB.
    pub buffered_bytes: usize,
}

impl Limits {
    /// The same, with every count one that queues and semaphores accept.
    pub(crate) fn usable(self) -> Self {
        let count = |count: usize| count.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            running: count(self.running),
            streams: count(self.streams),
            outbound: count(self.outbound),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(30),
            request: Duration::from_secs(30),
            transaction: Duration::from_secs(30),
            drain: Duration::from_secs(20),
            running: 1024,
            queued: 4096,
            accepted_bytes: 512 << 20,
            streams: 64,
            outbound: 1024,
            batch_bytes: 4 << 20,
            buffered_bytes: 128 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_count_is_zero_or_more_than_a_semaphore_holds() {
        let limits = Limits {
            running: 0,
            streams: usize::MAX,
            outbound: 0,
            ..Limits::default()
        }
        .usable();
        assert_eq!(
            (limits.running, limits.streams, limits.outbound),
            (1, Semaphore::MAX_PERMITS, 1)
        );
    }
}
