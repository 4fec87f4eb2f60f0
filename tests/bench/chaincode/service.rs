//! A chaincode service as a process, and the way to it.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use der_e2e::{Usage, eventually};
use tokio::net::TcpStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use super::keys::Keys;

pub(super) const PACKAGE_ID: &str = "counterpart:1";
const START_LIMIT: Duration = Duration::from_secs(30);
/// As Fabric's peer towards chaincodes.
const WINDOW: u32 = 4 << 20;

/// Ends when its standard input does, which is when this is dropped.
pub(super) struct Service {
    address: SocketAddr,
    process: Child,
}

impl Service {
    /// Starts a program that takes the arguments of the official witness, and waits until it listens.
    pub(super) async fn start(program: &Path, arguments: &[&str], keys: &Keys) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let tls = keys.service();
        let mut process = Command::new(program)
            .args(arguments)
            .args(["--address", &address.to_string(), "--package-id", PACKAGE_ID])
            .arg("--certificate")
            .arg(tls.join("server.crt"))
            .arg("--key")
            .arg(tls.join("server.key"))
            .arg("--client-roots")
            .arg(tls.join("ca.crt"))
            .stdin(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {}", program.display()))?;
        let listens = eventually(START_LIMIT, "the chaincode service listens", || async {
            TcpStream::connect(address).await.ok()
        });
        listens.await?;
        if let Some(status) = process.try_wait()? {
            bail!("{} ended at once: {status}", program.display());
        }
        Ok(Self { address, process })
    }

    pub(super) fn usage(&self) -> Result<Usage> {
        Ok(Usage::of(self.process.id())?)
    }

    /// Mutual TLS, as a peer dials.
    pub(super) async fn dial(&self, keys: &Keys) -> Result<Channel> {
        let read = |path: &Path| std::fs::read(path).with_context(|| path.display().to_string());
        let (service, peer) = (keys.service(), keys.peer());
        let identity = Identity::from_pem(read(&peer.join("server.crt"))?, read(&peer.join("server.key"))?);
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(read(&service.join("ca.crt"))?))
            .domain_name("localhost")
            .identity(identity);
        let endpoint = Endpoint::from_shared(format!("https://{}", self.address))?
            .tcp_nodelay(true)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .tls_config(tls)?;
        Ok(endpoint.connect().await?)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ended = self.process.wait();
    }
}
