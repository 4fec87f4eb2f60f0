//! Limits and switches, with the values of Fabric's sample `core.yaml`.

use std::time::Duration;

use crate::order::CutMode;

/// What is bounded, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows after which a query is cut without a word (`ledger.state.totalQueryLimit`).
    pub total_query: usize,
    /// Calls in flight per organisation's gateway (`peer.limits.concurrency.gatewayService`).
    pub gateway_concurrency: usize,
    /// How long a transaction function may run (`chaincode.executetimeout`).
    pub execute_timeout: Duration,
    /// How long dialling a chaincode service may take.
    pub dial_timeout: Duration,
    /// How long the gateway waits for one endorsement (`peer.gateway.endorsementTimeout`).
    pub endorsement_timeout: Duration,
    /// How long the gateway waits for the orderer (`peer.gateway.broadcastTimeout`).
    pub broadcast_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total_query: 100_000,
            gateway_concurrency: 500,
            execute_timeout: Duration::from_secs(30),
            dial_timeout: Duration::from_secs(3),
            endorsement_timeout: Duration::from_secs(30),
            broadcast_timeout: Duration::from_secs(30),
        }
    }
}

/// What is on and off: what READY offers to a chaincode (`chaincode.runtimeParams`), and who cuts blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// Largest write batch; `None` switches batches off.
    pub write_batch: Option<u32>,
    /// Most keys in one read; `None` switches multi-gets off.
    pub multi_get: Option<u32>,
    /// When blocks are cut.
    pub cut: CutMode,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            write_batch: Some(1000),
            multi_get: Some(1000),
            cut: CutMode::Limits,
        }
    }
}
