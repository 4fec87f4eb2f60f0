use bytes::Bytes;
use fabric_gateway::{Code, Endpoint, NO_ARGS};
use fabric_msp::{Certificate as MspCertificate, sha256};
use fabric_protos::common::ChannelHeader;
use prost::Message;
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::{
    authority::Authority,
    fake::{Behaviour, Fake, builder},
};

/// A fake behind mutual TLS whose certificate is for `peer.example`.
async fn guarded(authority: &Authority) -> Fake {
    let (certificate, key) = authority.certify("peer.example");
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(certificate, key))
        .client_ca_root(Certificate::from_pem(&authority.root));
    Fake::start_with(
        Behaviour {
            blocks: (3, usize::MAX),
            ..Behaviour::default()
        },
        Some(tls),
    )
    .await
}

fn endpoint(fake: &Fake, authority: &Authority) -> Endpoint {
    Endpoint::new(fake.address.to_string())
        .server_name("peer.example")
        .tls_roots_pem(authority.root.clone())
}

#[tokio::test]
async fn mutual_tls_works_and_block_requests_are_bound_to_the_clients_certificate() {
    let authority = Authority::new("TlsCa");
    let fake = guarded(&authority).await;
    let (certificate, key) = authority.certify("client");
    let endpoint = endpoint(&fake, &authority).client_identity_pem(certificate.clone(), key);
    let network = builder([endpoint]).connect().unwrap().network("c");
    network.contract("cc").evaluate("f", NO_ARGS).await.unwrap();
    let mut blocks = network.block_events().start_block(0).open_filtered().await.unwrap();
    blocks.next().await.unwrap();
    let header = fake.seen.lock().unwrap().sought[0].header.clone().unwrap();
    let bound = ChannelHeader::decode(header.channel_header).unwrap().tls_cert_hash;
    let der = MspCertificate::from_pem(certificate.as_bytes()).unwrap();
    assert_eq!(bound, Bytes::copy_from_slice(&sha256(der.der())));
}

#[tokio::test]
async fn a_wrong_root_a_wrong_name_and_a_missing_client_certificate_fail() {
    let (authority, stranger) = (Authority::new("TlsCa"), Authority::new("OtherCa"));
    let fake = guarded(&authority).await;
    let (certificate, key) = authority.certify("client");
    let complete = |endpoint: Endpoint| endpoint.client_identity_pem(certificate.clone(), key.clone());
    let wrong_root = complete(endpoint(&fake, &stranger));
    let wrong_name = complete(endpoint(&fake, &authority).server_name("other.example"));
    let nameless = endpoint(&fake, &authority);
    for endpoint in [wrong_root, wrong_name, nameless] {
        let gateway = builder([endpoint]).connect().unwrap();
        let error = gateway
            .network("c")
            .contract("cc")
            .evaluate("f", NO_ARGS)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some(Code::Unavailable), "{error}");
    }
    assert!(fake.seen.lock().unwrap().evaluated.is_empty());
}
