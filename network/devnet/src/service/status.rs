//! gRPC statuses with Fabric's details. Source: `internal/pkg/gateway/apiutils.go`.

use fabric_protos::{gateway::ErrorDetail, protos::ProposalResponse};
use prost::Message;
use tonic::{Code, Status};

use crate::endorse::Peer;

const DETAIL_TYPE: &str = "type.googleapis.com/gateway.ErrorDetail";

/// `google.rpc.Status`, as it travels in `grpc-status-details-bin`.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// A status with one detail for each peer that had a part in it.
pub(super) fn rpc_error(code: Code, message: impl Into<String>, details: Vec<ErrorDetail>) -> Status {
    let message = message.into();
    if details.is_empty() {
        return Status::new(code, message);
    }
    let details = details
        .into_iter()
        .map(|detail| prost_types::Any {
            type_url: DETAIL_TYPE.to_owned(),
            value: detail.encode_to_vec(),
        })
        .collect();
    let status = RpcStatus {
        code: code.into(),
        message: message.clone(),
        details,
    };
    Status::with_details(code, message, status.encode_to_vec().into())
}

pub(super) fn detail(peer: &Peer, message: impl Into<String>) -> ErrorDetail {
    ErrorDetail {
        address: peer.address().to_owned(),
        msp_id: peer.msp_id().to_owned(),
        message: message.into(),
    }
}

/// How a peer failed a proposal (`responseStatus`).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PeerFailure {
    pub(super) code: Code,
    pub(super) message: String,
    /// Whether another peer may do better.
    pub(super) retry: bool,
}

/// Sorts a peer's answer. `local` is the gateway's own peer, which Fabric calls without gRPC in between.
pub(super) fn judge(answer: Result<ProposalResponse, String>, local: bool) -> Result<ProposalResponse, PeerFailure> {
    let response = match answer {
        Ok(response) => response,
        Err(message) if local => {
            return Err(PeerFailure {
                code: Code::FailedPrecondition,
                message,
                retry: false,
            });
        }
        Err(message) => {
            return Err(PeerFailure {
                code: Code::Unavailable,
                message,
                retry: true,
            });
        }
    };
    let status = response.response.as_ref().map_or(0, |inner| inner.status);
    if (200..400).contains(&status) {
        return Ok(response);
    }
    let message = response.response.map(|inner| inner.message).unwrap_or_default();
    if status == 500 && response.payload.is_empty() {
        return Err(PeerFailure {
            code: Code::Aborted,
            message,
            retry: true,
        });
    }
    let message = format!("chaincode response {status}, {message}");
    Err(PeerFailure {
        code: Code::Unknown,
        message,
        retry: false,
    })
}

#[cfg(test)]
mod tests {
    use fabric_protos::protos::Response;

    use super::*;

    fn answer(status: i32, payload: &'static [u8]) -> Result<ProposalResponse, String> {
        let response = Some(Response {
            status,
            message: "m".into(),
            ..Default::default()
        });
        Ok(ProposalResponse {
            response,
            payload: payload.into(),
            ..Default::default()
        })
    }

    #[test]
    fn a_failed_peer_may_be_retried_and_a_chaincode_error_may_not() {
        let failed = judge(answer(500, b""), true).unwrap_err();
        assert_eq!((failed.code, failed.retry), (Code::Aborted, true));
        let refused = judge(answer(500, b"p"), true).unwrap_err();
        assert_eq!((refused.code, refused.retry), (Code::Unknown, false));
        assert_eq!(refused.message, "chaincode response 500, m");
        assert!(judge(answer(200, b"p"), true).is_ok());
    }

    #[test]
    fn details_travel_as_any_of_error_detail() {
        let status = rpc_error(
            Code::Aborted,
            "text",
            vec![ErrorDetail {
                msp_id: "GridMSP".into(),
                ..Default::default()
            }],
        );
        let decoded = RpcStatus::decode(status.details()).unwrap();
        assert_eq!((decoded.code, decoded.details.len()), (i32::from(Code::Aborted), 1));
        assert_eq!(decoded.details[0].type_url, DETAIL_TYPE);
        assert_eq!(
            ErrorDetail::decode(decoded.details[0].value.as_slice()).unwrap().msp_id,
            "GridMSP"
        );
    }
}
