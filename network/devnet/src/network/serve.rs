//! One organisation's TLS endpoint with all services.

use std::{sync::Arc, time::Duration};

use fabric_protos::{
    gateway::gateway_server::GatewayServer,
    orderer::atomic_broadcast_server::AtomicBroadcastServer,
    protos::{deliver_server::DeliverServer, endorser_server::EndorserServer},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::transport::{Identity, Server, ServerTlsConfig, server::TcpIncoming};

use super::SpawnError;
use crate::{
    config::Organization,
    service::{BroadcastService, Core, DeliverService, EndorserService, GatewayService, MAX_MESSAGE},
};

const WINDOW: u32 = 4 << 20;
/// Calls in flight on one connection. Fabric's server knows no such limit; hyper's own is 200, behind which a client's
/// other calls would wait for its commit status. The gateway's limit is refused aloud and lies well below.
const STREAMS: u32 = 4096;
/// For a client to complete its TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Serves until the network stops.
pub(super) fn serve(
    core: &Arc<Core>,
    index: usize,
    organization: &Organization,
    listener: TcpListener,
) -> Result<JoinHandle<()>, SpawnError> {
    let tls = &organization.tls;
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(&tls.certificate_pem, &tls.key_pem))
        .timeout(HANDSHAKE_TIMEOUT);
    let failed = |error: tonic::transport::Error| SpawnError::Tls {
        msp_id: organization.msp_id().to_owned(),
        reason: crate::ccaas::describe(&error),
    };
    let mut server = Server::builder()
        .tls_config(tls)
        .map_err(failed)?
        .max_concurrent_streams(Some(STREAMS))
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT));
    let gateway = GatewayServer::new(GatewayService::new(core.clone(), index));
    let deliver = DeliverServer::new(DeliverService::new(core.clone()));
    let broadcast = AtomicBroadcastServer::new(BroadcastService::new(core.clone()));
    let endorser = core.peers.get(index).cloned().map(|peer| {
        let endorser = EndorserServer::new(EndorserService::new(peer));
        endorser
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE)
    });
    let routes = server
        .add_service(
            gateway
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
        )
        .add_service(
            deliver
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
        )
        .add_service(
            broadcast
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
        )
        .add_optional_service(endorser);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let stopping = core.stopping.clone();
    let msp_id = organization.msp_id().to_owned();
    Ok(tokio::spawn(async move {
        let stopped = async move { Core::stopped(stopping).await };
        if let Err(error) = routes.serve_with_incoming_shutdown(incoming, stopped).await {
            tracing::error!(%error, msp_id, "the endpoint stopped");
        }
    }))
}
