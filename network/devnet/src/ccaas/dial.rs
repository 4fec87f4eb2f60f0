//! Where a chaincode service listens and how it is dialled.

use std::{fmt, time::Duration};

use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

/// Fabric's gRPC keepalive towards chaincodes (`comm/config.go`).
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
const WINDOW: u32 = 4 << 20;

/// One organisation's chaincode service.
#[derive(Debug, Clone)]
pub struct ChaincodeService {
    /// `host:port`.
    pub address: String,
    /// TLS material; `None` dials in clear.
    pub tls: Option<ChaincodeTls>,
}

/// What the peer needs to dial a chaincode service over TLS.
#[derive(Clone)]
pub struct ChaincodeTls {
    /// Roots of the service's certificate, PEM.
    pub roots_pem: String,
    /// The name to expect in the certificate; the address's host when absent.
    pub server_name: Option<String>,
    /// The peer's own certificate and key, PEM, for mutual TLS.
    pub client: Option<(String, String)>,
}

impl fmt::Debug for ChaincodeTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaincodeTls")
            .field("server_name", &self.server_name)
            .field("client", &self.client.is_some())
            .finish_non_exhaustive()
    }
}

impl ChaincodeService {
    pub(super) async fn dial(&self, limit: Duration) -> Result<Channel, String> {
        let endpoint = self.endpoint(limit).map_err(|error| describe(&error))?;
        match tokio::time::timeout(limit, endpoint.connect()).await {
            Ok(connected) => connected.map_err(|error| describe(&error)),
            Err(_) => Err(format!("no connection within {} ms", limit.as_millis())),
        }
    }

    fn endpoint(&self, limit: Duration) -> Result<Endpoint, tonic::transport::Error> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{}", self.address))?
            .connect_timeout(limit)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW);
        match &self.tls {
            Some(tls) => endpoint.tls_config(tls.client_config()),
            None => Ok(endpoint),
        }
    }
}

impl ChaincodeTls {
    fn client_config(&self) -> ClientTlsConfig {
        let mut config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&self.roots_pem));
        if let Some(name) = &self.server_name {
            config = config.domain_name(name);
        }
        if let Some((certificate, key)) = &self.client {
            config = config.identity(Identity::from_pem(certificate, key));
        }
        config
    }
}

/// An error with its causes: tonic's own text says only "transport error".
pub(crate) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
