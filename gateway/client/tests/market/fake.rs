//! A gateway whose chaincode is a closure and whose commits go wrong on demand.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use der_api::ApiError;
use der_client::MarketClient;
use fabric_gateway::{Endpoint, Gateway, Limits};
use fabric_msp::sha256;
use fabric_protos::common::{Envelope, Header, Payload};
use fabric_protos::gateway::gateway_server::{Gateway as GatewayService, GatewayServer};
use fabric_protos::gateway::{
    ChaincodeEventsRequest, ChaincodeEventsResponse, CommitStatusResponse, EndorseRequest, EndorseResponse,
    ErrorDetail, EvaluateRequest, EvaluateResponse, SignedChaincodeEventsRequest, SignedCommitStatusRequest,
    SubmitRequest, SubmitResponse,
};
use fabric_protos::orderer::seek_position::Type as Seek;
use fabric_protos::protos::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeInvocationSpec,
    ChaincodeProposalPayload, Endorsement, Proposal, ProposalResponsePayload, Response as ChaincodeResponse,
    SignedProposal, Transaction, TransactionAction,
};
use futures_util::{Stream, StreamExt, stream};
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Code, Request, Response, Status, async_trait};

use crate::identity;

/// What becomes of a submitted transaction; without one, it is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Committed, and nobody says so.
    CommittedInSilence,
    /// Never committed, and nobody says so.
    LostInSilence,
    /// In a block with this validation code.
    Invalid(i32),
}

type Answer = Result<Vec<u8>, ApiError>;

/// A chaincode: function, argument, and whether its writes count.
pub(crate) type Chaincode = Box<dyn Fn(&str, &[u8], bool) -> Answer + Send + Sync>;

#[derive(Default)]
pub(crate) struct Seen {
    /// Functions endorsed, with the organisations named.
    pub(crate) endorsed: Vec<(String, Vec<String>)>,
}

#[derive(Clone)]
struct Service {
    chaincode: Arc<Chaincode>,
    fates: Arc<Mutex<VecDeque<Fate>>>,
    /// The call endorsed last and the fate of the transaction submitted last.
    last: Arc<Mutex<(Option<Call>, Option<Fate>)>>,
    events: Arc<Vec<ChaincodeEventsResponse>>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Clone)]
struct Call {
    function: String,
    argument: Bytes,
    header: Header,
    payload: ChaincodeProposalPayload,
}

impl Call {
    fn of(signed: Option<SignedProposal>) -> Self {
        let proposal = Proposal::decode(signed.unwrap().proposal_bytes).unwrap();
        let payload = ChaincodeProposalPayload::decode(proposal.payload).unwrap();
        let spec = ChaincodeInvocationSpec::decode(payload.input.clone())
            .unwrap()
            .chaincode_spec
            .unwrap();
        let args = spec.input.unwrap().args;
        let function = String::from_utf8(args[0].to_vec()).unwrap();
        Self {
            function,
            argument: args[1].clone(),
            header: Header::decode(proposal.header).unwrap(),
            payload,
        }
    }

    fn envelope(&self, result: Vec<u8>) -> Envelope {
        let response = ChaincodeResponse {
            status: 200,
            payload: result.into(),
            ..Default::default()
        };
        let spec = ChaincodeInvocationSpec::decode(self.payload.input.clone())
            .unwrap()
            .chaincode_spec
            .unwrap();
        let outcome = ChaincodeAction {
            response: Some(response),
            chaincode_id: spec.chaincode_id,
            ..Default::default()
        };
        let proposal = bytes(&self.payload);
        let Header {
            channel_header,
            signature_header,
        } = self.header.clone();
        let hashed = [channel_header.as_ref(), signature_header.as_ref(), proposal.as_ref()].concat();
        let proposal_response_payload = bytes(&ProposalResponsePayload {
            proposal_hash: Bytes::copy_from_slice(&sha256(&hashed)),
            extension: bytes(&outcome),
        });
        let endorsements = vec![Endorsement {
            endorser: "peer0".into(),
            signature: "unchecked".into(),
        }];
        let action = ChaincodeActionPayload {
            chaincode_proposal_payload: proposal,
            action: Some(ChaincodeEndorsedAction {
                proposal_response_payload,
                endorsements,
            }),
        };
        let action = TransactionAction {
            header: signature_header,
            payload: bytes(&action),
        };
        let data = bytes(&Transaction { actions: vec![action] });
        let payload = Payload {
            header: Some(self.header.clone()),
            data,
        };
        Envelope {
            payload: bytes(&payload),
            signature: Bytes::new(),
        }
    }
}

fn bytes(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// A chaincode's refusal as Fabric's gateway hands it on: the cause is in the peers' details.
fn refusal(error: &ApiError) -> Status {
    let message = format!("chaincode response {}, {error}", error.code.status());
    let detail = ErrorDetail {
        address: "peer0:7051".into(),
        msp_id: "GridMSP".into(),
        message,
    };
    let text = "failed to endorse transaction, see attached details for more info";
    let details = vec![prost_types::Any {
        type_url: "type.googleapis.com/gateway.ErrorDetail".into(),
        value: detail.encode_to_vec(),
    }];
    let status = RpcStatus {
        code: Code::Aborted as i32,
        message: text.into(),
        details,
    };
    Status::with_details(Code::Aborted, text, status.encode_to_vec().into())
}

#[async_trait]
impl GatewayService for Service {
    type ChaincodeEventsStream = Pin<Box<dyn Stream<Item = Result<ChaincodeEventsResponse, Status>> + Send>>;

    async fn evaluate(&self, request: Request<EvaluateRequest>) -> Result<Response<EvaluateResponse>, Status> {
        let call = Call::of(request.into_inner().proposed_transaction);
        let payload = (self.chaincode)(&call.function, &call.argument, false).map_err(|e| refusal(&e))?;
        let result = Some(ChaincodeResponse {
            status: 200,
            payload: payload.into(),
            ..Default::default()
        });
        Ok(Response::new(EvaluateResponse { result }))
    }

    async fn endorse(&self, request: Request<EndorseRequest>) -> Result<Response<EndorseResponse>, Status> {
        let request = request.into_inner();
        let call = Call::of(request.proposed_transaction);
        self.seen
            .lock()
            .unwrap()
            .endorsed
            .push((call.function.clone(), request.endorsing_organizations));
        let result = (self.chaincode)(&call.function, &call.argument, false).map_err(|e| refusal(&e))?;
        let prepared_transaction = Some(call.envelope(result));
        self.last.lock().unwrap().0 = Some(call);
        Ok(Response::new(EndorseResponse { prepared_transaction }))
    }

    async fn submit(&self, _: Request<SubmitRequest>) -> Result<Response<SubmitResponse>, Status> {
        let mut last = self.last.lock().unwrap();
        last.1 = self.fates.lock().unwrap().pop_front();
        if matches!(last.1, None | Some(Fate::CommittedInSilence)) {
            let call = last.0.clone().unwrap();
            (self.chaincode)(&call.function, &call.argument, true).unwrap();
        }
        Ok(Response::new(SubmitResponse {}))
    }

    async fn commit_status(
        &self,
        _: Request<SignedCommitStatusRequest>,
    ) -> Result<Response<CommitStatusResponse>, Status> {
        let fate = self.last.lock().unwrap().1;
        match fate {
            None => Ok(Response::new(CommitStatusResponse {
                result: 0,
                block_number: 7,
            })),
            Some(Fate::Invalid(result)) => Ok(Response::new(CommitStatusResponse {
                result,
                block_number: 7,
            })),
            Some(Fate::CommittedInSilence | Fate::LostInSilence) => Err(Status::unavailable("the peer went away")),
        }
    }

    async fn chaincode_events(
        &self,
        request: Request<SignedChaincodeEventsRequest>,
    ) -> Result<Response<Self::ChaincodeEventsStream>, Status> {
        let request = ChaincodeEventsRequest::decode(request.into_inner().request).unwrap();
        let Some(Seek::Specified(start)) = request.start_position.and_then(|start| start.r#type) else {
            return Err(Status::invalid_argument("a start block is expected"));
        };
        let blocks: Vec<_> = self
            .events
            .iter()
            .filter(|block| block.block_number >= start.number)
            .cloned()
            .collect();
        Ok(Response::new(Box::pin(
            stream::iter(blocks.into_iter().map(Ok)).chain(stream::pending()),
        )))
    }
}

/// A running fake and a client of it; dropping it stops it.
pub(crate) struct Fake {
    pub(crate) client: MarketClient,
    pub(crate) seen: Arc<Mutex<Seen>>,
    server: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Fake {
    /// As `alice` of MicrogridMSP.
    pub(crate) async fn start(chaincode: Chaincode, fates: impl IntoIterator<Item = Fate>) -> Self {
        Self::with_events(chaincode, fates, Vec::new()).await
    }

    pub(crate) async fn with_events(
        chaincode: Chaincode,
        fates: impl IntoIterator<Item = Fate>,
        events: Vec<ChaincodeEventsResponse>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = Service {
            chaincode: Arc::new(chaincode),
            fates: Arc::new(Mutex::new(fates.into_iter().collect())),
            last: Arc::default(),
            events: Arc::new(events),
            seen: Arc::default(),
        };
        let seen = service.seen.clone();
        let router = Server::builder().add_service(GatewayServer::new(service));
        let serve = async move {
            router
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
                .unwrap()
        };
        let server = tokio::spawn(serve);
        let signer = identity::signer("MicrogridMSP", "alice");
        let (pause, longest_pause) = (Duration::from_millis(1), Duration::from_millis(4));
        let gateway = Gateway::builder()
            .endpoints([Endpoint::new(format!("http://{address}")).insecure()])
            .signer(signer.clone())
            .limits(Limits {
                pause,
                longest_pause,
                ..Limits::default()
            })
            .connect()
            .unwrap();
        let organisations = MarketClient::consortium().unwrap();
        let client = MarketClient::new(gateway.network("energy"), "market", signer, organisations).unwrap();
        Self { client, seen, server }
    }

    pub(crate) fn endorsed(&self) -> Vec<String> {
        self.seen
            .lock()
            .unwrap()
            .endorsed
            .iter()
            .map(|(function, _)| function.clone())
            .collect()
    }
}
