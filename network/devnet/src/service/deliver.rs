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

/// The right to follow whole blocks, and that to follow filtered ones.
const BLOCK: &str = "event/Block";
const FILTERED_BLOCK: &str = "event/FilteredBlock";

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
            resource: BLOCK,
        };
        Ok(Response::new(deliver(self.core.clone(), request.into_inner(), wording)))
    }

    type DeliverFilteredStream = Answers;

    async fn deliver_filtered(&self, request: Request<Streaming<Envelope>>) -> Result<Response<Answers>, Status> {
        let wording = Wording {
            status: |status| response(Type::Status(status)),
            block: |_, committed| response(Type::FilteredBlock(filtered(committed))),
            resource: FILTERED_BLOCK,
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
            resource: BLOCK,
        };
        Ok(Response::new(deliver(self.core.clone(), request.into_inner(), wording)))
    }
}
