use std::{fmt, sync::Arc};

use rustls::{
    RootCertStore, ServerConfig,
    server::{NoServerSessionStorage, WebPkiClientVerifier},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

/// The server's certificate and whom it lets in, as PEM.
#[derive(Clone)]
pub struct TlsConfig {
    /// The certificate chain, the server's own first. Peers check its name against the address they dial.
    pub cert: Vec<u8>,
    /// The private key, PKCS #8, SEC 1 or PKCS #1.
    pub key: Vec<u8>,
    /// The authorities of the peers' client certificates. Given, a connection without one is refused.
    pub client_ca: Option<Vec<u8>>,
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TlsConfig")
            .field("client_ca", &self.client_ca.is_some())
            .finish_non_exhaustive()
    }
}

/// Why a [`TlsConfig`] cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A PEM text holds none of what it should.
    #[error("the {0} is not usable PEM: {1}")]
    Pem(&'static str, String),
    /// The certificate and key do not serve, or do not belong together.
    #[error("the server certificate cannot be used: {0}")]
    Certificate(rustls::Error),
    /// The client authorities do not serve.
    #[error("the client authorities cannot be used: {0}")]
    Authorities(String),
}

impl TlsConfig {
    /// The TLS server: 1.2 or later, HTTP/2, and no session resumption, so that a replaced authority counts at once.
    pub(crate) fn server(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(TlsError::Certificate)?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(roots(pem)?.into(), provider)
                    .build()
                    .map_err(|error| TlsError::Authorities(error.to_string()))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|error| TlsError::Pem("private key", error.to_string()))?;
        let mut config = builder
            .with_single_cert(certificates("certificate", &self.cert)?, key)
            .map_err(TlsError::Certificate)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }
}

fn roots(pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("client authority", pem)? {
        roots
            .add(certificate)
            .map_err(|error| TlsError::Authorities(error.to_string()))?;
    }
    Ok(roots)
}

fn certificates(what: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::Pem(what, error.to_string()))?;
    if found.is_empty() {
        return Err(TlsError::Pem(what, "no certificate found".to_owned()));
    }
    Ok(found)
}
