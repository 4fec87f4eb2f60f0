use std::{sync::Arc, time::Duration};

use fabric_msp::Certificate;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::NodeAddress;
use crate::new_organization::host_and_port;

/// The certificate that a node shows, after its chain, name and time were found right.
pub(super) async fn shown(node: &NodeAddress, limit: Duration) -> Result<Certificate, String> {
    let handshake = async {
        let (host, _) = host_and_port(&node.address).map_err(|error| error.to_string())?;
        let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
        let stream = TcpStream::connect(&node.address)
            .await
            .map_err(|error| format!("nothing listens there: {error}"))?;
        let stream = TlsConnector::from(Arc::new(config(node)?)).connect(name, stream).await;
        let stream =
            stream.map_err(|error| format!("its TLS is not what the channel's configuration says: {error}"))?;
        let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let first = certificates.first().ok_or("it shows no certificate")?;
        Certificate::from_der(first.to_vec()).map_err(|error| error.to_string())
    };
    let overdue = |_| Err(format!("no TLS answer within {} s", limit.as_secs()));
    timeout(limit, handshake).await.unwrap_or_else(overdue)
}

fn config(node: &NodeAddress) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    for pem in &node.tls_roots {
        let der = CertificateDer::from_pem_slice(pem).map_err(|error| format!("a TLS authority: {error}"))?;
        roots.add(der).map_err(|error| format!("a TLS authority: {error}"))?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}
