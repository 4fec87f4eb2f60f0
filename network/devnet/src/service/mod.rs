//! What the network offers over gRPC: `gateway.Gateway`, `protos.Endorser`, `protos.Deliver`, `orderer.AtomicBroadcast`.
//!
//! Every organisation serves all of them on its own TLS endpoint.

mod broadcast;
mod collect;
mod commit;
mod core;
mod deadline;
mod deliver;
mod endorser;
mod events;
mod filtered;
mod gateway;
mod seek;
mod session;
mod status;

pub(crate) use self::core::Core;
pub(crate) use broadcast::BroadcastService;
pub(crate) use deliver::DeliverService;
pub(crate) use endorser::EndorserService;
pub(crate) use gateway::GatewayService;

/// Fabric's limit for one message.
pub(crate) const MAX_MESSAGE: usize = 100 << 20;
/// Messages waiting for a slow reader of a stream.
const STREAM_BUFFER: usize = 16;
