//! A gateway that answers as the test says and remembers what it was asked.

use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use fabric_gateway::{Endpoint, Gateway, GatewayBuilder, Limits};
use fabric_protos::{
    common::{Block, BlockHeader, Envelope, Payload, Status as CommonStatus},
    gateway::{
        ChaincodeEventsRequest, ChaincodeEventsResponse, CommitStatusResponse, EndorseRequest, EndorseResponse,
        EvaluateRequest, EvaluateResponse, SignedChaincodeEventsRequest, SignedCommitStatusRequest, SubmitRequest,
        SubmitResponse,
        gateway_server::{Gateway as GatewayService, GatewayServer},
    },
    orderer::{SeekInfo, seek_position::Type as Seek},
    protos::{
        DeliverResponse, FilteredBlock, Response as ChaincodeResponse,
        deliver_response::Type,
        deliver_server::{Deliver, DeliverServer},
    },
};
use futures_util::{Stream, StreamExt, stream};
use prost::Message;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    task::JoinHandle,
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status, Streaming, async_trait,
    transport::{Server, ServerTlsConfig},
};

use crate::{
    authority::Authority,
    endorsed::{Draft, RESULT},
};

pub(crate) type Reply<A> = Pin<Box<dyn Future<Output = Result<A, Status>> + Send>>;
type Handler<Q, A> = Box<dyn Fn(usize, Q) -> Reply<A> + Send + Sync>;
type Events = Vec<Result<ChaincodeEventsResponse, Status>>;
type Items<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

pub(crate) fn now<A: Send + 'static>(answer: Result<A, Status>) -> Reply<A> {
    Box::pin(std::future::ready(answer))
}

pub(crate) fn never<A: Send + 'static>() -> Reply<A> {
    Box::pin(std::future::pending())
}

/// How each call is answered; the first argument counts the calls from zero.
pub(crate) struct Behaviour {
    pub(crate) evaluate: Handler<EvaluateRequest, Bytes>,
    pub(crate) endorse: Handler<EndorseRequest, Envelope>,
    pub(crate) submit: Handler<SubmitRequest, ()>,
    pub(crate) status: Handler<SignedCommitStatusRequest, CommitStatusResponse>,
    /// Gets the start block; the stream stays open after the items unless the last one is an error.
    pub(crate) events: Box<dyn Fn(usize, u64) -> Events + Send + Sync>,
    /// How many blocks there are, and after how many each stream of them breaks.
    pub(crate) blocks: (u64, usize),
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            evaluate: Box::new(|_, _| now(Ok(Bytes::from_static(RESULT)))),
            endorse: Box::new(|_, request| now(Ok(Draft::of(&request).envelope()))),
            submit: Box::new(|_, _| now(Ok(()))),
            status: Box::new(|_, _| {
                now(Ok(CommitStatusResponse {
                    result: 0,
                    block_number: 7,
                }))
            }),
            events: Box::new(|_, _| Vec::new()),
            blocks: (0, usize::MAX),
        }
    }
}

/// What was asked, and with which `grpc-timeout`.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) evaluated: Vec<EvaluateRequest>,
    pub(crate) endorsed: Vec<EndorseRequest>,
    pub(crate) submitted: Vec<SubmitRequest>,
    pub(crate) asked: Vec<SignedCommitStatusRequest>,
    pub(crate) listened: Vec<ChaincodeEventsRequest>,
    pub(crate) sought: Vec<Payload>,
    pub(crate) timeouts: Vec<Option<String>>,
}

#[derive(Clone)]
struct Service {
    behaviour: Arc<Behaviour>,
    seen: Arc<Mutex<Seen>>,
}

impl Service {
    fn note<Q>(&self, request: Request<Q>, keep: impl FnOnce(&mut Seen, &Q) -> usize) -> (usize, Q) {
        let timeout = request
            .metadata()
            .get("grpc-timeout")
            .map(|value| value.to_str().unwrap().to_owned());
        let request = request.into_inner();
        let mut seen = self.seen.lock().unwrap();
        seen.timeouts.push(timeout);
        (keep(&mut seen, &request), request)
    }
}

fn push<T: Clone>(list: &mut Vec<T>, item: &T) -> usize {
    list.push(item.clone());
    list.len() - 1
}

#[async_trait]
impl GatewayService for Service {
    type ChaincodeEventsStream = Items<ChaincodeEventsResponse>;

    async fn evaluate(&self, request: Request<EvaluateRequest>) -> Result<Response<EvaluateResponse>, Status> {
        let (count, request) = self.note(request, |seen, request| push(&mut seen.evaluated, request));
        let payload = (self.behaviour.evaluate)(count, request).await?;
        let result = Some(ChaincodeResponse {
            status: 200,
            message: String::new(),
            payload,
        });
        Ok(Response::new(EvaluateResponse { result }))
    }

    async fn endorse(&self, request: Request<EndorseRequest>) -> Result<Response<EndorseResponse>, Status> {
        let (count, request) = self.note(request, |seen, request| push(&mut seen.endorsed, request));
        let prepared_transaction = Some((self.behaviour.endorse)(count, request).await?);
        Ok(Response::new(EndorseResponse { prepared_transaction }))
    }

    async fn submit(&self, request: Request<SubmitRequest>) -> Result<Response<SubmitResponse>, Status> {
        let (count, request) = self.note(request, |seen, request| push(&mut seen.submitted, request));
        (self.behaviour.submit)(count, request).await?;
        Ok(Response::new(SubmitResponse {}))
    }

    async fn commit_status(
        &self,
        request: Request<SignedCommitStatusRequest>,
    ) -> Result<Response<CommitStatusResponse>, Status> {
        let (count, request) = self.note(request, |seen, request| push(&mut seen.asked, request));
        Ok(Response::new((self.behaviour.status)(count, request).await?))
    }

    async fn chaincode_events(
        &self,
        request: Request<SignedChaincodeEventsRequest>,
    ) -> Result<Response<Self::ChaincodeEventsStream>, Status> {
        let signed = request.into_inner();
        let request = ChaincodeEventsRequest::decode(signed.request).unwrap();
        let start = match request.start_position.and_then(|start| start.r#type) {
            Some(Seek::Specified(start)) => start.number,
            other => panic!("the client always names a block, not {other:?}"),
        };
        let count = push(&mut self.seen.lock().unwrap().listened, &request);
        let items = (self.behaviour.events)(count, start);
        Ok(Response::new(Box::pin(stream::iter(items).chain(stream::pending()))))
    }
}

impl Service {
    async fn deliver_blocks(
        &self,
        request: Request<Streaming<Envelope>>,
        form: fn(u64) -> Type,
    ) -> Result<Response<Items<DeliverResponse>>, Status> {
        let envelope = request.into_inner().message().await?.unwrap();
        let payload = Payload::decode(envelope.payload).unwrap();
        let seek = SeekInfo::decode(payload.data.clone()).unwrap();
        self.seen.lock().unwrap().sought.push(payload);
        let (height, breaks_after) = self.behaviour.blocks;
        let wrap = |content| Ok(DeliverResponse { r#type: Some(content) });
        let start = match seek.start.unwrap().r#type.unwrap() {
            Seek::Specified(start) => start.number,
            _ => {
                let done = Type::Status(CommonStatus::Success as i32);
                return Ok(Response::new(Box::pin(stream::iter([
                    wrap(form(height - 1)),
                    wrap(done),
                ]))));
            }
        };
        let blocks = (start..height).take(breaks_after).map(move |number| wrap(form(number)));
        let items: Items<_> = match (start..height).count() > breaks_after {
            true => Box::pin(stream::iter(blocks.chain([Err(Status::unavailable("broken"))]))),
            false => Box::pin(stream::iter(blocks).chain(stream::pending())),
        };
        Ok(Response::new(items))
    }
}

#[async_trait]
impl Deliver for Service {
    type DeliverStream = Items<DeliverResponse>;
    type DeliverFilteredStream = Items<DeliverResponse>;
    type DeliverWithPrivateDataStream = Items<DeliverResponse>;

    async fn deliver(&self, request: Request<Streaming<Envelope>>) -> Result<Response<Self::DeliverStream>, Status> {
        self.deliver_blocks(request, |number| {
            let header = BlockHeader {
                number,
                ..Default::default()
            };
            Type::Block(Block {
                header: Some(header),
                ..Default::default()
            })
        })
        .await
    }

    async fn deliver_filtered(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::DeliverStream>, Status> {
        self.deliver_blocks(request, |number| {
            Type::FilteredBlock(FilteredBlock {
                number,
                ..Default::default()
            })
        })
        .await
    }

    async fn deliver_with_private_data(
        &self,
        _: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::DeliverStream>, Status> {
        let status = CommonStatus::Forbidden as i32;
        let refusal = DeliverResponse {
            r#type: Some(Type::Status(status)),
        };
        Ok(Response::new(Box::pin(stream::iter([Ok(refusal)]))))
    }
}

/// A running fake; dropping it stops it from taking connections.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Mutex<Seen>>,
    server: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Fake {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        Self::start_with(behaviour, None).await
    }

    pub(crate) async fn start_with(behaviour: Behaviour, tls: Option<ServerTlsConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = Service {
            behaviour: Arc::new(behaviour),
            seen: Arc::default(),
        };
        let seen = Arc::clone(&service.seen);
        let mut server = Server::builder();
        if let Some(tls) = tls {
            server = server.tls_config(tls).unwrap();
        }
        let router = server
            .add_service(GatewayServer::new(service.clone()))
            .add_service(DeliverServer::new(service));
        let serve = async move {
            router
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
                .unwrap()
        };
        Self {
            address,
            seen,
            server: tokio::spawn(serve),
        }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        plaintext(self.address)
    }

    pub(crate) fn builder(&self) -> GatewayBuilder {
        builder([self.endpoint()])
    }

    pub(crate) fn gateway(&self) -> Gateway {
        self.builder().connect().unwrap()
    }
}

/// A fake on a runtime of its own, whose connections end with it.
pub(crate) struct Mortal {
    pub(crate) fake: Fake,
    runtime: Runtime,
}

impl Mortal {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let fake = runtime.spawn(Fake::start(behaviour)).await.unwrap();
        Self { fake, runtime }
    }

    /// Cuts all connections, as a killed process does.
    pub(crate) fn kill(self) {
        self.runtime.shutdown_background();
    }
}

pub(crate) fn plaintext(address: SocketAddr) -> Endpoint {
    Endpoint::new(format!("http://{address}")).insecure()
}

/// An address at which nobody listens.
pub(crate) async fn nobody() -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    plaintext(listener.local_addr().unwrap())
}

pub(crate) fn builder(endpoints: impl IntoIterator<Item = Endpoint>) -> GatewayBuilder {
    Gateway::builder()
        .endpoints(endpoints)
        .signer(Authority::new("EnergyMSP").signer("ann"))
        .limits(limits())
}

/// The default limits with short pauses.
pub(crate) fn limits() -> Limits {
    let pause = Duration::from_millis(1);
    Limits {
        pause,
        longest_pause: Duration::from_millis(4),
        ..Limits::default()
    }
}
