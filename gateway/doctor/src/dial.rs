//! A TLS handshake that shows the server's certificate whether or not it is good. Nothing is sent but the handshake.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::aws_lc_rs::default_provider,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject};
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

/// A TLS server and what it should be.
#[derive(Clone)]
pub struct Target {
    /// Host and port.
    pub address: String,
    /// The name that its certificate must bear, where it is not the host.
    pub server_name: Option<String>,
    /// PEM of the authorities that may have issued the certificate.
    pub roots: Vec<u8>,
    /// PEM of a client's certificate and key, for mutual TLS.
    pub client: Option<(Vec<u8>, Vec<u8>)>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("address", &self.address)
            .field("server_name", &self.server_name)
            .finish_non_exhaustive()
    }
}

/// What a server showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// DER of the certificates, the server's own first.
    pub chain: Vec<Vec<u8>>,
    /// Why the chain is not good; none when it is.
    pub fault: Option<String>,
    /// Why the server ended the connection after the handshake, as it does where it refuses the client's certificate.
    pub refusal: Option<String>,
}

/// Why nothing was shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The target's own material is wrong.
    #[error("{0}")]
    Target(String),
    /// No connection.
    #[error("nothing answers at {0}: {1}")]
    Unreachable(String, String),
    /// It does not speak TLS, or refuses the handshake.
    #[error("{0} does not complete a TLS handshake: {1}")]
    Handshake(String, String),
}

/// Shakes hands with the target, and waits for its first word, which comes only where it accepts the client.
///
/// # Errors
/// When nothing answers, or it does not speak TLS.
pub async fn dial(target: &Target, limit: Duration) -> Result<Shown, DialError> {
    let (config, seen) = config(target).map_err(DialError::Target)?;
    let address = target.address.clone();
    let wrong = |why: String| DialError::Target(format!("{address}: {why}"));
    let host = address.rsplit_once(':').ok_or_else(|| wrong("no port".to_owned()))?.0;
    let name = target
        .server_name
        .as_deref()
        .unwrap_or(host)
        .trim_matches(['[', ']'])
        .to_owned();
    let name = ServerName::try_from(name).map_err(|error| wrong(error.to_string()))?;
    let overdue = |_| DialError::Unreachable(address.clone(), format!("no answer within {} s", limit.as_secs_f32()));
    let stream = timeout(limit, TcpStream::connect(&address)).await.map_err(overdue)?;
    let stream = stream.map_err(|error| DialError::Unreachable(address.clone(), error.to_string()))?;
    let shaken = timeout(limit, TlsConnector::from(config).connect(name, stream)).await;
    let silent = |_| DialError::Handshake(address.clone(), format!("no answer within {} s", limit.as_secs_f32()));
    let mut stream = shaken
        .map_err(silent)?
        .map_err(|error| DialError::Handshake(address.clone(), error.to_string()))?;
    let refusal = match timeout(limit, stream.read_u8()).await {
        Ok(Err(error)) => Some(words(&error)),
        Ok(Ok(_)) | Err(_) => None,
    };
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Shown { refusal, ..seen })
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it closes the connection".to_owned(),
        _ => error.to_string(),
    }
}

fn config(target: &Target) -> Result<(Arc<ClientConfig>, Arc<Mutex<Shown>>), String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&target.roots)? {
        roots
            .add(certificate)
            .map_err(|error| format!("a TLS root cannot be used: {error}"))?;
    }
    let provider = Arc::new(default_provider());
    let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    let witness = Witness {
        judge: judge.map_err(|error| format!("the TLS roots cannot be used: {error}"))?,
        seen: Arc::new(Mutex::new(Shown {
            chain: Vec::new(),
            fault: None,
            refusal: None,
        })),
    };
    let seen = Arc::clone(&witness.seen);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(witness));
    let mut config = match &target.client {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("the client's key: {error}"))?;
            let pair = builder.with_client_auth_cert(certificates(certificate)?, key);
            pair.map_err(|error| format!("the client's certificate and key: {error}"))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok((Arc::new(config), seen))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err("no PEM certificate found".to_owned()),
        Err(error) => Err(format!("damaged PEM: {error}")),
    }
}

/// Notes the chain and the judgement, and goes on either way, so that a bad certificate can be shown.
#[derive(Debug)]
struct Witness {
    judge: Arc<WebPkiServerVerifier>,
    seen: Arc<Mutex<Shown>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self
            .judge
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.chain = std::iter::once(end_entity)
            .chain(intermediates)
            .map(|one| one.to_vec())
            .collect();
        seen.fault = judged.err().map(|error| error.to_string());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}
