use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Request, Response, Status, Streaming,
    body::Body,
    codegen::http,
    server::{Grpc, StreamingService},
};
use tonic_prost::ProstCodec;
use tower::Service;

use crate::{
    Chaincode,
    frame::Frame,
    limits::MAX_MESSAGE_BYTES,
    session::{Session, Shared},
    transaction::Outbound,
};

const CONNECT: &str = "/protos.Chaincode/Connect";

/// `protos.Chaincode` with our own message type, which reads frames without copying their texts.
#[derive(Debug)]
pub(crate) struct ConnectService<C> {
    shared: Shared<C>,
    streams: Arc<Semaphore>,
}

impl<C> ConnectService<C> {
    pub(crate) fn new(shared: Shared<C>) -> Self {
        let streams = Arc::new(Semaphore::new(shared.limits.streams));
        Self { shared, streams }
    }
}

impl<C> Clone for ConnectService<C> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            streams: self.streams.clone(),
        }
    }
}

impl<C: Chaincode> Service<http::Request<Body>> for ConnectService<C> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.clone();
        async move {
            if request.uri().path() != CONNECT {
                return Ok(Status::unimplemented("only protos.Chaincode/Connect is served here").into_http());
            }
            let mut grpc = Grpc::new(ProstCodec::<Frame, Frame>::default())
                .max_decoding_message_size(MAX_MESSAGE_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_BYTES);
            Ok(grpc.streaming(service, request).await)
        }
        .boxed()
    }
}

impl<C: Chaincode> StreamingService<Frame> for ConnectService<C> {
    type Response = Frame;
    type ResponseStream = ReceiverStream<Outbound>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<Frame>>) -> Self::Future {
        let Ok(permit) = self.streams.clone().try_acquire_owned() else {
            return ready(Err(Status::resource_exhausted("too many chaincode streams")));
        };
        let (sender, receiver) = mpsc::channel(self.shared.limits.outbound);
        let session = Session::new(self.shared.clone(), sender);
        tokio::spawn(async move {
            session.run(request.into_inner()).await;
            drop(permit);
        });
        ready(Ok(Response::new(ReceiverStream::new(receiver))))
    }
}
