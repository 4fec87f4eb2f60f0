//! `protos.Deliver` in its three forms.

use std::sync::Arc;

use fabric_protos::{
    common::Envelope,
    protos::{BlockAndPrivateData, DeliverResponse, deliver_response::Type, deliver_server::Deliver},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Core,
    filtered::filtered,
    seek::{Wording, deliver},
};
use crate::channel::APPLICATION_READERS;

/// One organisation's block delivery.
pub(crate) struct DeliverService {
    core: Arc<Core>,
}

impl DeliverService {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

type Answers = ReceiverStream<Result<DeliverResponse, Status>>;

fn response(r#type: Type) -> DeliverResponse {
    DeliverResponse { r#type: Some(r#type) }
}

#[tonic::async_trait]
impl Deliver for DeliverService {
    type DeliverStream = Answers;

    async fn deliver(&self, request: Request<Streaming<Envelope>>) -> Result<Response<Answers>, Status> {
        let wording = Wording {
            status: |status| response(Type::Status(status)),
            block: |block, _| response(Type::Block(block)),
            policy: APPLICATION_READERS,
        };
        Ok(Response::new(deliver(self.core.clone(), request.into_inner(), wording)))
    }

    type DeliverFilteredStream = Answers;

    async fn deliver_filtered(&self, request: Request<Streaming<Envelope>>) -> Result<Response<Answers>, Status> {
        let wording = Wording {
            status: |status| response(Type::Status(status)),
            block: |_, committed| response(Type::FilteredBlock(filtered(committed))),
            policy: APPLICATION_READERS,
        };
        Ok(Response::new(deliver(self.core.clone(), request.into_inner(), wording)))
    }

    type DeliverWithPrivateDataStream = Answers;

    /// There is no private data on this network: the map of each block is empty.
    async fn deliver_with_private_data(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Answers>, Status> {
        let wording = Wording {
            status: |status| response(Type::Status(status)),
            block: |block, _| {
                let block = Some(block);
                response(Type::BlockAndPrivateData(BlockAndPrivateData {
                    block,
                    ..Default::default()
                }))
            },
            policy: APPLICATION_READERS,
        };
        Ok(Response::new(deliver(self.core.clone(), request.into_inner(), wording)))
    }
}
