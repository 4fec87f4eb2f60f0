//! Where a gateway peer listens, and how to know that it is the right one.

use std::{fmt, net::IpAddr, str::FromStr, time::Duration};

use bytes::Bytes;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity, Uri};

use crate::{ConfigError, Limits, signing::sha256};

const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

// Fabric's peer closes connections that ping more often than once a minute (core.yaml, peer.keepalive.minInterval).
const PING_INTERVAL: Duration = Duration::from_secs(70);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// One gateway peer: its address and the TLS material to reach it.
#[derive(Clone)]
pub struct Endpoint {
    address: String,
    roots: Option<Vec<u8>>,
    server_name: Option<String>,
    client: Option<(Vec<u8>, Vec<u8>)>,
    insecure: bool,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("address", &self.address)
            .field("server_name", &self.server_name)
            .field("mutual_tls", &self.client.is_some())
            .field("insecure", &self.insecure)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// A peer at `https://host:port` or `host:port`.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            roots: None,
            server_name: None,
            client: None,
            insecure: false,
        }
    }

    /// The address as given.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Trusts the certificate authorities of this PEM bundle, and no others.
    #[must_use]
    pub fn tls_roots_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }

    /// Expects this name in the peer's certificate instead of the address's host.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Presents this certificate chain, with its key, both PEM: mutual TLS.
    #[must_use]
    pub fn client_identity_pem(mut self, certificates: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.client = Some((certificates.into(), key.into()));
        self
    }

    /// Allows plaintext, and only to a loopback address `http://127.0.0.1:port`.
    #[must_use]
    pub fn insecure(mut self) -> Self {
        self.insecure = true;
        self
    }

    /// SHA-256 of the client's TLS certificate, which block event requests bind to the connection under mutual TLS.
    pub(crate) fn client_certificate_hash(&self) -> Result<Bytes, ConfigError> {
        let Some((certificates, _)) = &self.client else {
            return Ok(Bytes::new());
        };
        let der = CertificateDer::from_pem_slice(certificates).map_err(|error| self.tls(error))?;
        Ok(Bytes::copy_from_slice(&sha256(&[der.as_ref()])))
    }

    /// A channel that connects when it is first used.
    pub(crate) fn channel(&self, limits: &Limits) -> Result<Channel, ConfigError> {
        let uri = self.uri()?;
        let plaintext = uri.scheme_str() == Some("http");
        if plaintext && !(self.insecure && is_loopback(&uri)) {
            return Err(ConfigError::Plaintext {
                address: self.address.clone(),
            });
        }
        let endpoint = Channel::builder(uri)
            .connect_timeout(limits.connect)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW);
        if plaintext {
            return Ok(endpoint.connect_lazy());
        }
        let endpoint = endpoint
            .tls_config(self.tls_config(limits)?)
            .map_err(|error| self.tls(error))?;
        Ok(endpoint.connect_lazy())
    }

    fn uri(&self) -> Result<Uri, ConfigError> {
        let wrong = |reason: &str| ConfigError::Address {
            address: self.address.clone(),
            reason: reason.to_owned(),
        };
        let full = match self.address.contains("://") {
            true => self.address.clone(),
            false => format!("https://{}", self.address),
        };
        let uri = Uri::from_str(&full).map_err(|error| wrong(&error.to_string()))?;
        match (uri.scheme_str(), uri.host(), uri.port_u16()) {
            (Some("http" | "https"), Some(host), Some(_)) if !host.is_empty() => Ok(uri),
            (Some("http" | "https"), Some(_), None) => Err(wrong("the port is missing")),
            (Some("http" | "https"), _, _) => Err(wrong("the host is missing")),
            _ => Err(wrong("the scheme is not https")),
        }
    }

    fn tls_config(&self, limits: &Limits) -> Result<ClientTlsConfig, ConfigError> {
        let roots = self
            .roots
            .as_ref()
            .ok_or_else(|| self.tls("no root was given: call `tls_roots_pem`"))?;
        if CertificateDer::pem_slice_iter(roots).next().is_none() {
            return Err(self.tls("the roots hold no PEM certificate"));
        }
        let mut tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(roots))
            .timeout(limits.connect);
        if let Some(name) = &self.server_name {
            tls = tls.domain_name(name);
        }
        if let Some((certificates, key)) = &self.client {
            tls = tls.identity(Identity::from_pem(certificates, key));
        }
        Ok(tls)
    }

    fn tls(&self, reason: impl fmt::Display) -> ConfigError {
        ConfigError::Tls {
            address: self.address.clone(),
            reason: reason.to_string(),
        }
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri
        .host()
        .unwrap_or_default()
        .trim_start_matches('[')
        .trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(endpoint: Endpoint) -> ConfigError {
        endpoint.channel(&Limits::default()).unwrap_err()
    }

    #[tokio::test]
    async fn plaintext_needs_both_the_word_and_a_loopback_address() {
        assert!(matches!(
            refused(Endpoint::new("http://127.0.0.1:7051")),
            ConfigError::Plaintext { .. }
        ));
        assert!(matches!(
            refused(Endpoint::new("http://10.0.0.1:7051").insecure()),
            ConfigError::Plaintext { .. }
        ));
        assert!(matches!(
            refused(Endpoint::new("http://peer.example:7051").insecure()),
            ConfigError::Plaintext { .. }
        ));
        for host in ["127.0.0.1", "[::1]", "localhost", "127.9.9.9"] {
            Endpoint::new(format!("http://{host}:7051"))
                .insecure()
                .channel(&Limits::default())
                .unwrap();
        }
    }

    #[tokio::test]
    async fn addresses_without_port_host_or_known_scheme_are_refused() {
        for address in [
            "peer.example",
            "https://peer.example",
            "grpcs://peer.example:7051",
            "",
            "https://:7051",
        ] {
            assert!(
                matches!(refused(Endpoint::new(address)), ConfigError::Address { .. }),
                "{address}"
            );
        }
    }

    #[tokio::test]
    async fn tls_without_roots_is_refused() {
        assert!(matches!(
            refused(Endpoint::new("peer.example:7051")),
            ConfigError::Tls { .. }
        ));
        let junk = Endpoint::new("peer.example:7051").tls_roots_pem("no certificate");
        assert!(matches!(refused(junk), ConfigError::Tls { .. }));
    }

    #[test]
    fn debug_output_holds_no_key() {
        let endpoint = Endpoint::new("peer.example:7051").client_identity_pem("certificate", "secret key");
        assert!(!format!("{endpoint:?}").contains("secret"));
    }
}
