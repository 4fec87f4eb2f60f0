//! A peer's folder against a TLS server that is right, and wrong in each way.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fabric_doctor::{Calendar, Finding, State, service_folder, worst};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::{io::AsyncWriteExt, net::TcpListener};
use tokio_rustls::TlsAcceptor;

const LIMIT: Duration = Duration::from_secs(10);

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn pair(authority: &Authority, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.not_after = date_time_ymd(2090, 1, 1);
    (params.signed_by(&key, authority).unwrap(), key)
}

/// A server that greets whom it accepts, as HTTP/2 servers do; where `clients` is none, it accepts everyone.
async fn serve(authority: &Authority, name: &str, clients: Option<&Authority>) -> String {
    let (certificate, key) = pair(authority, name);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
                .build()
                .unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = builder
        .with_single_cert(vec![CertificateDer::from(certificate.der().to_vec())], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _gone = stream.write_all(b"hello").await;
                let _gone = stream.shutdown().await;
            }
        }
    });
    address
}

fn folder(address: &str, root: &Authority, client: &(rcgen::Certificate, KeyPair)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = client;
    for (name, text) in [
        ("address", format!("{address}\n")),
        ("ca.crt", root.pem()),
        ("client.crt", certificate.pem()),
        ("client.key", key.serialize_pem()),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

async fn judge(folder: &Path) -> Vec<Finding> {
    let now = date_time_ymd(2030, 1, 1).unix_timestamp();
    service_folder::judge(folder, Calendar::new(now, 30), LIMIT).await
}

#[track_caller]
fn fails(findings: &[Finding], words: &str) {
    let failed = |finding: &&Finding| finding.state == State::Fail && !finding.advice.is_empty();
    assert!(
        findings
            .iter()
            .filter(failed)
            .any(|finding| finding.found.contains(words)),
        "{words}: {findings:#?}"
    );
}

#[tokio::test]
async fn mutual_tls_from_a_private_folder_is_good() {
    let (service, peer) = (authority(), authority());
    let address = serve(&service, "127.0.0.1", Some(&peer)).await;
    let folder = folder(&address, &service, &pair(&peer, "peer0"));
    let findings = judge(folder.path()).await;
    assert_eq!(worst(&findings), State::Ok, "{findings:#?}");
}

#[tokio::test]
async fn a_service_that_talks_to_anyone_in_plaintext_or_not_at_all_fails() {
    let (service, peer) = (authority(), authority());
    let client = pair(&peer, "peer0");
    let open = serve(&service, "127.0.0.1", None).await;
    fails(&judge(folder(&open, &service, &client).path()).await, "talks to anyone");

    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = plain.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            let _gone = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    fails(
        &judge(folder(&address, &service, &client).path()).await,
        "does not complete a TLS handshake",
    );

    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    fails(
        &judge(folder(&closed, &service, &client).path()).await,
        "nothing answers",
    );
}

#[tokio::test]
async fn wrong_names_authorities_and_clients_fail() {
    let (service, peer, other) = (authority(), authority(), authority());
    let client = pair(&peer, "peer0");
    let misnamed = serve(&service, "service.example", Some(&peer)).await;
    fails(
        &judge(folder(&misnamed, &service, &client).path()).await,
        "its certificate is not good",
    );
    let good = serve(&service, "127.0.0.1", Some(&peer)).await;
    fails(
        &judge(folder(&good, &other, &client).path()).await,
        "its certificate is not good",
    );
    fails(
        &judge(folder(&good, &service, &pair(&other, "peer0")).path()).await,
        "refuses client.crt",
    );
}

#[tokio::test]
async fn a_readable_key_a_foreign_key_and_a_missing_file_fail() {
    let (service, peer) = (authority(), authority());
    let address = serve(&service, "127.0.0.1", Some(&peer)).await;
    let made = folder(&address, &service, &pair(&peer, "peer0"));
    fs::set_permissions(made.path().join("client.key"), fs::Permissions::from_mode(0o640)).unwrap();
    fails(&judge(made.path()).await, "others may read");
    fs::write(
        made.path().join("client.key"),
        KeyPair::generate().unwrap().serialize_pem(),
    )
    .unwrap();
    fails(&judge(made.path()).await, "does not belong to client.key");
    fs::remove_file(made.path().join("ca.crt")).unwrap();
    fails(&judge(made.path()).await, "No such file");
}

#[tokio::test]
async fn an_expired_certificate_is_told() {
    let (service, peer) = (authority(), authority());
    let address = serve(&service, "127.0.0.1", Some(&peer)).await;
    let made = folder(&address, &service, &pair(&peer, "peer0"));
    let later = date_time_ymd(2090, 1, 5).unix_timestamp();
    let findings = service_folder::judge(made.path(), Calendar::new(later, 30), LIMIT).await;
    fails(&findings, "expired 4 days ago");
}
