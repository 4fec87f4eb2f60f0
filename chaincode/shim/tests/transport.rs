//! The server over real sockets with real mutual TLS.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails its test")]

use std::{future::Future, net::SocketAddr, time::Duration};

use bytes::Bytes;
use fabric_protos::protos::{
    ChaincodeInput, ChaincodeMessage, PutState, Response as FabricResponse, SignedProposal,
    chaincode_client::ChaincodeClient, chaincode_message::Type,
};
use fabric_shim::{Chaincode, Limits, MAX_MESSAGE_BYTES, Metrics, Response, Server, ServerError, Stub, TlsConfig};
use prost::Message;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::sync::Arc;
use tokio::{sync::mpsc, sync::oneshot, task::JoinHandle, time::timeout};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::{
    Code, Status, Streaming,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};
use tonic_prost::ProstCodec;

const LIMIT: Duration = Duration::from_secs(60);

/// A certificate authority, and what it issues.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    fn server(&self, clients: &Self) -> TlsConfig {
        let (cert, key) = self.issue();
        TlsConfig {
            cert: cert.into(),
            key: key.into(),
            client_ca: Some(clients.pem.clone().into()),
        }
    }

    fn client(&self) -> Identity {
        let (cert, key) = self.issue();
        Identity::from_pem(cert, key)
    }
}

/// Echoes its second argument; `put` writes it, `wait` asks the ledger first.
struct Echo;

impl Chaincode for Echo {
    async fn invoke(&self, stub: Stub) -> Response {
        let value = stub.args().get(1).cloned().unwrap_or_default();
        let done = match stub.args().first().map(AsRef::as_ref) {
            Some(b"put") => stub.put_state("key", value.clone()),
            Some(b"wait") => stub.get_state("key").await.map(drop),
            _ => Ok(()),
        };
        match done {
            Ok(()) => Response::success(value.slice(..value.len().min(16))),
            Err(error) => Response::error(error.to_string()),
        }
    }
}

struct Running {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    certificates: Option<fabric_shim::Certificates>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result<(), ServerError>>,
}

impl Running {
    async fn start(tls: Option<TlsConfig>, limits: Limits) -> Self {
        let mut builder = Server::builder()
            .address("127.0.0.1:0".parse().unwrap())
            .package_id("label:hash")
            .limits(limits);
        if let Some(tls) = tls {
            builder = builder.tls(tls);
        }
        let server = builder.bind().await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let (address, metrics, certificates) = (server.local_addr(), server.metrics(), server.certificates());
        let serving = tokio::spawn(server.serve(Echo, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            metrics,
            certificates,
            stop: Some(stop),
            serving,
        }
    }

    async fn dial(&self, roots: &Authority, identity: Option<Identity>) -> Result<Channel, tonic::transport::Error> {
        let mut tls = ClientTlsConfig::new()
            .domain_name("localhost")
            .ca_certificate(Certificate::from_pem(&roots.pem));
        if let Some(identity) = identity {
            tls = tls.identity(identity);
        }
        endpoint("https", self.address).tls_config(tls)?.connect().await
    }

    /// Waits until the counters are as wanted.
    async fn eventually(&self, wanted: impl Fn(&fabric_shim::Snapshot) -> bool) {
        let poll = async {
            while !wanted(&self.metrics.snapshot()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let result = timeout(LIMIT, poll).await;
        assert!(result.is_ok(), "{:?}", self.metrics.snapshot());
    }
}

fn endpoint(scheme: &str, address: SocketAddr) -> Endpoint {
    Endpoint::from_shared(format!("{scheme}://{address}"))
        .unwrap()
        .connect_timeout(LIMIT)
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(4 << 20)
}

/// The peer's end of a stream.
struct Peer {
    to: mpsc::Sender<ChaincodeMessage>,
    from: Streaming<ChaincodeMessage>,
}

impl Peer {
    async fn connect(channel: Channel) -> Result<Self, Status> {
        let (to, messages) = mpsc::channel(16);
        let mut client = ChaincodeClient::new(channel)
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES);
        let from = client.connect(ReceiverStream::new(messages)).await?.into_inner();
        let mut peer = Self { to, from };
        assert_eq!(peer.next().await?.r#type(), Type::Register);
        peer.send(Type::Registered, "", Bytes::new()).await;
        peer.send(Type::Ready, "", Bytes::new()).await;
        Ok(peer)
    }

    async fn next(&mut self) -> Result<ChaincodeMessage, Status> {
        timeout(LIMIT, self.from.next())
            .await
            .unwrap()
            .unwrap_or_else(|| Err(Status::aborted("the stream ended")))
    }

    async fn send(&self, kind: Type, txid: &str, payload: Bytes) {
        let message = ChaincodeMessage {
            r#type: kind as i32,
            txid: txid.to_owned(),
            channel_id: "ch".to_owned(),
            payload,
            ..ChaincodeMessage::default()
        };
        self.to.send(message).await.unwrap();
    }

    async fn start(&self, txid: &str, args: &[&[u8]]) {
        let args = args.iter().map(|arg| Bytes::copy_from_slice(arg)).collect();
        let input = ChaincodeInput {
            args,
            ..ChaincodeInput::default()
        };
        self.send(Type::Transaction, txid, input.encode_to_vec().into()).await;
    }

    async fn completed(&mut self, txid: &str) -> FabricResponse {
        let message = self.next().await.unwrap();
        assert_eq!(
            (message.r#type(), message.txid.as_str()),
            (Type::Completed, txid),
            "{message:?}"
        );
        FabricResponse::decode(message.payload).unwrap()
    }

    async fn works(&mut self) {
        self.start("probe", &[b"", b"works"]).await;
        assert_eq!(self.completed("probe").await.payload, "works");
    }
}

#[tokio::test]
async fn a_peer_with_the_right_certificate_is_served() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let server = Running::start(Some(servers.server(&clients)), Limits::default()).await;
    let mut peer = Peer::connect(server.dial(&servers, Some(clients.client())).await.unwrap())
        .await
        .unwrap();
    peer.works().await;
}

/// TLS 1.3 reports a refused client certificate on first use, not in the client's handshake.
async fn refused(dialled: impl Future<Output = Result<Channel, tonic::transport::Error>>) -> bool {
    match dialled.await {
        Err(_) => true,
        Ok(channel) => Peer::connect(channel).await.is_err(),
    }
}

#[tokio::test]
async fn a_peer_without_or_with_a_foreign_certificate_is_refused() {
    let (servers, clients, foreign) = (Authority::new(), Authority::new(), Authority::new());
    let server = Running::start(Some(servers.server(&clients)), Limits::default()).await;
    assert!(refused(server.dial(&servers, None)).await);
    assert!(refused(server.dial(&servers, Some(foreign.client()))).await);
    assert!(refused(server.dial(&foreign, Some(clients.client()))).await);
    assert!(refused(endpoint("http", server.address).connect()).await);
    server.eventually(|count| count.handshakes_failed >= 4).await;
    assert_eq!(server.metrics.snapshot().streams, 0);
    assert!(!refused(server.dial(&servers, Some(clients.client()))).await);
}

#[tokio::test]
async fn certificates_are_replaced_while_it_runs() {
    let (servers, old, new) = (Authority::new(), Authority::new(), Authority::new());
    let server = Running::start(Some(servers.server(&old)), Limits::default()).await;
    let mut peer = Peer::connect(server.dial(&servers, Some(old.client())).await.unwrap())
        .await
        .unwrap();
    let certificates = server.certificates.clone().unwrap();
    certificates.replace(&servers.server(&new)).unwrap();
    assert!(!refused(server.dial(&servers, Some(new.client()))).await);
    assert!(refused(server.dial(&servers, Some(old.client()))).await);
    peer.works().await;
    let open = TlsConfig {
        client_ca: None,
        ..servers.server(&new)
    };
    assert!(certificates.replace(&open).is_err());
    let torn = TlsConfig {
        key: b"-----BEGIN PRIVATE KEY-----".to_vec(),
        ..servers.server(&new)
    };
    assert!(certificates.replace(&torn).is_err());
    assert!(!refused(server.dial(&servers, Some(new.client()))).await);
}

#[tokio::test]
async fn an_undecodable_frame_ends_only_its_own_stream() {
    let server = Running::start(None, Limits::default()).await;
    let channel = endpoint("http", server.address).connect().await.unwrap();
    let mut other = Peer::connect(channel.clone()).await.unwrap();
    other.start("open", &[b"wait", b"x"]).await;
    assert_eq!(other.next().await.unwrap().r#type(), Type::GetState);

    // Field 1 as bytes, where a message has its type.
    let nonsense = SignedProposal {
        proposal_bytes: Bytes::from_static(b"nonsense"),
        signature: Bytes::new(),
    };
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let path = "/protos.Chaincode/Connect".parse().unwrap();
    let codec = ProstCodec::<SignedProposal, ChaincodeMessage>::default();
    let request = tonic::Request::new(tokio_stream::iter([nonsense]).chain(tokio_stream::pending()));
    let mut broken = grpc.streaming(request, path, codec).await.unwrap().into_inner();
    let end = async {
        loop {
            if let Err(status) = broken.next().await.unwrap() {
                return status.code();
            }
        }
    };
    assert_eq!(timeout(LIMIT, end).await.unwrap(), Code::Internal);
    assert_eq!(server.metrics.snapshot().undecodable, 1);

    other.send(Type::Response, "open", Bytes::new()).await;
    assert_eq!(other.completed("open").await.payload, "x");
    // Dialled again, on the same connection and on a new one.
    Peer::connect(channel).await.unwrap().works().await;
    Peer::connect(endpoint("http", server.address).connect().await.unwrap())
        .await
        .unwrap()
        .works()
        .await;
}

#[tokio::test]
async fn a_peer_that_vanishes_is_forgotten_and_may_dial_again() {
    let server = Running::start(None, Limits::default()).await;
    let mut peer = Peer::connect(endpoint("http", server.address).connect().await.unwrap())
        .await
        .unwrap();
    peer.start("lost", &[b"wait"]).await;
    assert_eq!(peer.next().await.unwrap().r#type(), Type::GetState);
    drop(peer);
    Peer::connect(endpoint("http", server.address).connect().await.unwrap())
        .await
        .unwrap()
        .works()
        .await;
    server
        .eventually(|count| count.in_flight == 0 && count.streams == 0)
        .await;
}

#[tokio::test]
async fn ninety_mebibytes_pass_both_ways() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let server = Running::start(Some(servers.server(&clients)), Limits::default()).await;
    let mut peer = Peer::connect(server.dial(&servers, Some(clients.client())).await.unwrap())
        .await
        .unwrap();
    let value = vec![7; 90 << 20];
    peer.start("large", &[b"put", &value]).await;
    let message = peer.next().await.unwrap();
    assert_eq!(message.r#type(), Type::PutState);
    assert!(PutState::decode(message.payload).unwrap().value == value);
    peer.send(Type::Response, "large", Bytes::new()).await;
    assert_eq!(peer.completed("large").await.status, 200);
}

#[tokio::test]
async fn draining_finishes_what_runs_and_then_returns() {
    let mut server = Running::start(None, Limits::default()).await;
    let channel = endpoint("http", server.address).connect().await.unwrap();
    let (mut busy, mut idle) = (
        Peer::connect(channel.clone()).await.unwrap(),
        Peer::connect(channel.clone()).await.unwrap(),
    );
    idle.works().await;
    busy.start("runs", &[b"wait", b"finished"]).await;
    assert_eq!(busy.next().await.unwrap().r#type(), Type::GetState);
    server.stop.take().unwrap().send(()).unwrap();
    assert_eq!(idle.next().await.unwrap_err().code(), Code::Aborted);
    busy.start("late", &[b"", b""]).await;
    assert_eq!(busy.next().await.unwrap().r#type(), Type::Error);
    busy.send(Type::Response, "runs", Bytes::new()).await;
    assert_eq!(busy.completed("runs").await.payload, "finished");
    assert_eq!(busy.next().await.unwrap_err().code(), Code::Aborted);
    drop((busy, idle, channel));
    timeout(LIMIT, server.serving).await.unwrap().unwrap().unwrap();
    assert!(endpoint("http", server.address).connect().await.is_err());
}

#[tokio::test]
async fn streams_are_bounded_and_other_paths_refused() {
    let server = Running::start(
        None,
        Limits {
            streams: 1,
            ..Limits::default()
        },
    )
    .await;
    let channel = endpoint("http", server.address).connect().await.unwrap();
    let first = Peer::connect(channel.clone()).await.unwrap();
    let second = Peer::connect(channel.clone()).await.err().unwrap();
    assert_eq!(second.code(), Code::ResourceExhausted);
    drop(first);
    server.eventually(|count| count.streams == 0).await;
    let mut support = fabric_protos::protos::chaincode_support_client::ChaincodeSupportClient::new(channel);
    let status = support.register(tokio_stream::pending()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn plaintext_is_for_loopback_unless_allowed() {
    let everywhere = || {
        Server::builder()
            .address("0.0.0.0:0".parse().unwrap())
            .package_id("label:hash")
    };
    assert!(matches!(everywhere().bind().await, Err(ServerError::Plaintext(_))));
    assert!(everywhere().allow_plaintext().bind().await.is_ok());
    assert!(matches!(Server::builder().bind().await, Err(ServerError::Missing(_))));
}
