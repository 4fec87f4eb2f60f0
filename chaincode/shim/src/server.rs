use std::{
    future::{Future, ready},
    io,
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use futures_util::Stream;
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::watch,
    time::sleep,
};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use crate::{
    Chaincode, Limits, ServerError, TlsConfig, listener::incoming, metrics::Metrics, service::ConnectService,
    session::Shared, tls::TlsError,
};

/// As the peer's own server (internal/pkg/comm/config.go).
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// All transactions of a peer share one HTTP/2 stream.
const WINDOW_BYTES: u32 = 4 << 20;
/// From the end of the streams until connections still open are cut.
const CLOSING: Duration = Duration::from_secs(5);

/// A chaincode as an external service: peers dial it.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    package_id: String,
    tls: Option<Arc<ArcSwap<ServerConfig>>>,
    requires_client: bool,
    limits: Limits,
    metrics: Arc<Metrics>,
}

/// Settings of a [`Server`].
#[derive(Debug, Default)]
pub struct ServerBuilder {
    address: Option<SocketAddr>,
    package_id: Option<String>,
    tls: Option<TlsConfig>,
    allow_plaintext: bool,
    limits: Limits,
}

/// Replaces a running server's certificate, key and client authorities.
#[derive(Debug, Clone)]
pub struct Certificates {
    config: Arc<ArcSwap<ServerConfig>>,
    requires_client: bool,
}

impl Server {
    /// Starts the settings.
    #[must_use]
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// The address listened on, with its port if none was asked for.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The server's counters, to keep and read while it serves.
    #[must_use]
    pub fn metrics(&self) -> Arc<Metrics> {
        self.metrics.clone()
    }

    /// The way to replace its certificates while it serves; `None` without TLS.
    #[must_use]
    pub fn certificates(&self) -> Option<Certificates> {
        self.tls.clone().map(|config| Certificates {
            config,
            requires_client: self.requires_client,
        })
    }

    /// Serves until `shutdown` resolves and the streams have drained: new transactions are then answered with `ERROR`,
    /// running ones finish within [`Limits::drain`], and each stream ends when it has none left.
    ///
    /// # Errors
    /// If the HTTP/2 server fails.
    pub async fn serve<C: Chaincode>(
        self,
        chaincode: C,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServerError> {
        let (drain, draining) = watch::channel(false);
        let closing = self.limits.drain + CLOSING;
        let shared = Shared {
            chaincode: Arc::new(chaincode),
            package_id: self.package_id,
            limits: Arc::new(self.limits.usable()),
            metrics: self.metrics.clone(),
            drain: draining.clone(),
        };
        let service = ConnectService::new(shared);
        let signal = async move {
            shutdown.await;
            drain.send_replace(true);
        };
        let cut = cut_off(draining, closing);
        match self.tls {
            None => {
                let connections = incoming(self.listener, self.metrics, |socket| ready(Ok(socket)));
                run(service, connections, signal, cut).await
            }
            Some(config) => {
                let connections = incoming(self.listener, self.metrics, move |socket| {
                    TlsAcceptor::from(config.load_full()).accept(socket)
                });
                run(service, connections, signal, cut).await
            }
        }
    }
}

/// Resolves when connections have had their time to close.
async fn cut_off(mut draining: watch::Receiver<bool>, closing: Duration) {
    // An error means that the signal is gone, which happens after the drain only.
    let _ = draining.wait_for(|drain| *drain).await;
    sleep(closing).await;
}

async fn run<C: Chaincode, Io>(
    service: ConnectService<C>,
    connections: impl Stream<Item = io::Result<Io>>,
    signal: impl Future<Output = ()>,
    cut: impl Future<Output = ()>,
) -> Result<(), ServerError>
where
    Io: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let serving = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .serve_with_incoming_shutdown(service, connections, signal);
    tokio::select! {
        served = serving => Ok(served?),
        () = cut => Ok(()),
    }
}

impl ServerBuilder {
    /// Where to listen; port 0 lets the system choose.
    #[must_use]
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// The chaincode's package id, `label:hash`, as the peer computed it at installation.
    #[must_use]
    pub fn package_id(mut self, id: impl Into<String>) -> Self {
        self.package_id = Some(id.into());
        self
    }

    /// Serves TLS.
    #[must_use]
    pub fn tls(mut self, config: TlsConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// Serves plaintext even where other machines can reach it. Whoever can connect may then play the peer.
    #[must_use]
    pub fn allow_plaintext(mut self) -> Self {
        self.allow_plaintext = true;
        self
    }

    /// Replaces the time limits and bounds.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Listens. Connections wait until [`Server::serve`] takes them.
    ///
    /// # Errors
    /// If a setting is missing or unusable, or the address is taken.
    pub async fn bind(self) -> Result<Server, ServerError> {
        let address = self.address.ok_or(ServerError::Missing("an address to listen on"))?;
        let package_id = self
            .package_id
            .filter(|id| !id.is_empty())
            .ok_or(ServerError::Missing("a package id"))?;
        if self.tls.is_none() && !self.allow_plaintext && !address.ip().is_loopback() {
            return Err(ServerError::Plaintext(address));
        }
        let requires_client = self.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
        let tls = self
            .tls
            .map(|tls| tls.server())
            .transpose()?
            .map(|config| Arc::new(ArcSwap::new(config)));
        let bind = |source| ServerError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let local_addr = listener.local_addr().map_err(bind)?;
        let metrics = Arc::default();
        Ok(Server {
            listener,
            local_addr,
            package_id,
            tls,
            requires_client,
            limits: self.limits,
            metrics,
        })
    }
}

impl Certificates {
    /// Uses the given certificates for every connection from now on; open ones go on.
    ///
    /// # Errors
    /// If they are unusable, or would let in clients without a certificate where one was required. The earlier ones
    /// then stay.
    pub fn replace(&self, config: &TlsConfig) -> Result<(), TlsError> {
        if self.requires_client && config.client_ca.is_none() {
            return Err(TlsError::Authorities(
                "none given, where client certificates are required".to_owned(),
            ));
        }
        self.config.store(config.server()?);
        Ok(())
    }
}
