//! `orderer.AtomicBroadcast`. Source: `orderer/common/broadcast/broadcast.go`.

use std::sync::Arc;

use fabric_protos::{
    common::{Envelope, Status as FabricStatus},
    orderer::{BroadcastResponse, DeliverResponse, atomic_broadcast_server::AtomicBroadcast, deliver_response::Type},
};
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Core, STREAM_BUFFER,
    seek::{Wording, deliver},
};
use crate::{channel::READERS, order::OrderError};

/// The ordering service, which every organisation's endpoint serves.
pub(crate) struct BroadcastService {
    core: Arc<Core>,
}

impl BroadcastService {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

/// Hands one envelope to the orderer.
pub(super) async fn order(core: &Core, envelope: &Envelope) -> Result<(), OrderError> {
    core.orderer.submit(envelope.encode_to_vec().into()).await
}

#[tonic::async_trait]
impl AtomicBroadcast for BroadcastService {
    type BroadcastStream = ReceiverStream<Result<BroadcastResponse, Status>>;

    /// One answer for each envelope; a refusal ends the stream.
    async fn broadcast(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::BroadcastStream>, Status> {
        let core = self.core.clone();
        let mut envelopes = request.into_inner();
        let (sender, receiver) = mpsc::channel(STREAM_BUFFER);
        tokio::spawn(async move {
            while let Ok(Some(envelope)) = envelopes.message().await {
                let answer = match order(&core, &envelope).await {
                    Ok(()) => BroadcastResponse {
                        status: FabricStatus::Success.into(),
                        info: String::new(),
                    },
                    Err(OrderError { status, info }) => BroadcastResponse {
                        status: status.into(),
                        info,
                    },
                };
                let refused = answer.status != i32::from(FabricStatus::Success);
                if sender.send(Ok(answer)).await.is_err() || refused {
                    return;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    type DeliverStream = ReceiverStream<Result<DeliverResponse, Status>>;

    async fn deliver(&self, request: Request<Streaming<Envelope>>) -> Result<Response<Self::DeliverStream>, Status> {
        let wording = Wording {
            status: |status| DeliverResponse {
                r#type: Some(Type::Status(status)),
            },
            block: |block, _| DeliverResponse {
                r#type: Some(Type::Block(block)),
            },
            resource: READERS,
        };
        Ok(Response::new(deliver(self.core.clone(), request.into_inner(), wording)))
    }
}
