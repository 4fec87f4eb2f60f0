//! What a failed call said: its status, and each peer's own words.

use std::{error::Error as _, fmt};

use bytes::Bytes;
use fabric_protos::gateway::ErrorDetail;
use prost::Message;
use tonic::{Code, ConnectError, TimeoutExpired};

use crate::Difference;

const ERROR_DETAIL_TYPE: &str = "gateway.ErrorDetail";
const MAX_DETAILS: usize = 64;

/// `google.rpc.Status`, as gRPC carries it in `grpc-status-details-bin`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RpcStatus {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) details: Vec<RpcAny>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RpcAny {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) value: Bytes,
}

/// What one peer or orderer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerDetail {
    /// `host:port` of the peer or orderer.
    pub address: String,
    /// The organisation it belongs to.
    pub msp_id: String,
    /// Its own words.
    pub message: String,
}

impl fmt::Display for PeerDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.address, self.msp_id, self.message)
    }
}

/// The answer of a chaincode that refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaincodeResponse {
    /// 400 and above.
    pub status: u32,
    /// The chaincode's own words.
    pub message: String,
}

/// A call that failed, at whichever stage.
#[derive(Clone, Debug)]
pub struct CallFailure {
    /// The transaction, where there is one.
    pub transaction_id: Option<String>,
    /// The gRPC code.
    pub code: Code,
    /// The gateway's words.
    pub message: String,
    /// What each peer or orderer said.
    pub details: Vec<PeerDetail>,
    /// Where organisations differ, when their peers' outcomes do and each could be asked alone.
    pub differences: Vec<Difference>,
    /// The endpoint that answered last, or was tried last.
    pub endpoint: String,
    /// How often the call was sent.
    pub attempts: u32,
    /// Some sending of the call may have been carried out although no answer came.
    pub(crate) ambiguous: bool,
    away: bool,
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = &self.transaction_id {
            write!(f, "transaction {id}: ")?;
        }
        write!(f, "{:?} from {}: {}", self.code, self.endpoint, self.message)?;
        for detail in &self.details {
            write!(f, "; {detail}")?;
        }
        for difference in &self.differences {
            write!(f, "; {difference}")?;
        }
        if self.attempts > 1 {
            write!(f, " (after {} attempts)", self.attempts)?;
        }
        Ok(())
    }
}

impl CallFailure {
    pub(crate) fn from_status(status: &tonic::Status, endpoint: &str) -> Self {
        let has = |cause: fn(&(dyn std::error::Error + 'static)) -> bool| causes(status).any(cause);
        // tonic reports its own deadline as Cancelled.
        let overdue = has(|cause| cause.is::<TimeoutExpired>());
        let unsent = has(|cause| cause.is::<ConnectError>());
        // A status with a cause was made on this side, when the connection failed.
        let lost =
            matches!(status.code(), Code::Unknown | Code::Internal | Code::Cancelled) && status.source().is_some();
        let code = match status.code() {
            _ if overdue => Code::DeadlineExceeded,
            _ if lost || unsent => Code::Unavailable,
            code => code,
        };
        let away = code == Code::Unavailable;
        Self {
            transaction_id: None,
            code,
            message: words(status),
            details: details(status.details()),
            differences: Vec::new(),
            endpoint: endpoint.to_owned(),
            attempts: 1,
            ambiguous: !unsent && (away || matches!(code, Code::DeadlineExceeded | Code::Cancelled)),
            away,
        }
    }

    /// The deadline passed on this side.
    pub(crate) fn overdue(endpoint: &str, message: String, sent: bool) -> Self {
        Self {
            transaction_id: None,
            code: Code::DeadlineExceeded,
            message,
            details: Vec::new(),
            differences: Vec::new(),
            endpoint: endpoint.to_owned(),
            attempts: 1,
            ambiguous: sent,
            away: false,
        }
    }

    pub(crate) fn of(mut self, transaction_id: &str) -> Self {
        self.transaction_id = Some(transaction_id.to_owned());
        self
    }

    /// The chaincode's answer, when it is the chaincode that refused.
    pub fn chaincode_response(&self) -> Option<ChaincodeResponse> {
        let texts = self
            .details
            .iter()
            .map(|detail| detail.message.as_str())
            .chain([self.message.as_str()]);
        texts.into_iter().find_map(parse_chaincode_response)
    }

    /// The gateway has as many calls in flight as it allows; nothing was done (FAB/internal/peer/node/grpc_limiters.go).
    pub fn is_busy(&self) -> bool {
        let limited = self.message.contains("too many requests") && self.message.contains("concurrency limit");
        self.code == Code::ResourceExhausted || (self.code == Code::Unknown && limited)
    }

    /// Peers simulated the proposal with different outcomes, as they do while one of them lags.
    pub fn is_disagreement(&self) -> bool {
        let texts = self.details.iter().map(|detail| &detail.message).chain([&self.message]);
        self.code == Code::Aborted
            && texts
                .into_iter()
                .any(|text| text.starts_with("ProposalResponsePayloads do not match"))
    }

    /// The connection failed, or the gateway or all that it needs is away.
    pub fn is_away(&self) -> bool {
        self.away
    }
}

fn causes(status: &tonic::Status) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(status.source(), |&error| error.source())
}

fn words(status: &tonic::Status) -> String {
    causes(status)
        .map(ToString::to_string)
        .fold(status.message().to_owned(), |text, cause| {
            if text.contains(&cause) {
                text
            } else {
                format!("{text}: {cause}")
            }
        })
}

fn details(bytes: &[u8]) -> Vec<PeerDetail> {
    let Ok(status) = RpcStatus::decode(bytes) else {
        return Vec::new();
    };
    let is_detail = |any: &RpcAny| any.type_url.rsplit('/').next() == Some(ERROR_DETAIL_TYPE);
    let decoded = status
        .details
        .into_iter()
        .filter(is_detail)
        .filter_map(|any| ErrorDetail::decode(any.value).ok());
    decoded
        .take(MAX_DETAILS)
        .map(|detail| PeerDetail {
            address: detail.address,
            msp_id: detail.msp_id,
            message: detail.message,
        })
        .collect()
}

fn parse_chaincode_response(text: &str) -> Option<ChaincodeResponse> {
    let (_, rest) = text.split_once("chaincode response ")?;
    let (status, message) = rest.split_once(", ")?;
    Some(ChaincodeResponse {
        status: status.parse().ok()?,
        message: message.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: Code, message: &str, details: &[(&str, &str, &str)]) -> tonic::Status {
        let any = |&(address, msp_id, message): &(&str, &str, &str)| RpcAny {
            type_url: "type.googleapis.com/gateway.ErrorDetail".to_owned(),
            value: ErrorDetail {
                address: address.to_owned(),
                msp_id: msp_id.to_owned(),
                message: message.to_owned(),
            }
            .encode_to_vec()
            .into(),
        };
        let rpc = RpcStatus {
            code: code as i32,
            message: message.to_owned(),
            details: details.iter().map(any).collect(),
        };
        tonic::Status::with_details(code, message, rpc.encode_to_vec().into())
    }

    #[test]
    fn details_are_decoded_and_shown() {
        let status = status(
            Code::Aborted,
            "failed to endorse transaction, see attached details for more info",
            &[("peer0:7051", "GridMSP", "chaincode response 500, DER-0007: not yours")],
        );
        let failure = CallFailure::from_status(&status, "gateway:7051").of("cafe");
        assert_eq!(failure.details[0].msp_id, "GridMSP");
        let response = failure.chaincode_response().unwrap();
        assert_eq!(
            (response.status, response.message.as_str()),
            (500, "DER-0007: not yours")
        );
        let shown = failure.to_string();
        for part in ["cafe", "gateway:7051", "peer0:7051 (GridMSP)", "DER-0007"] {
            assert!(shown.contains(part), "{shown}");
        }
    }

    #[test]
    fn an_undecodable_or_foreign_detail_is_left_out() {
        let broken = tonic::Status::with_details(Code::Aborted, "x", Bytes::from_static(&[0xff, 1, 2]));
        assert!(CallFailure::from_status(&broken, "e").details.is_empty());
        let foreign = RpcStatus {
            details: vec![RpcAny {
                type_url: "type.googleapis.com/google.rpc.Help".to_owned(),
                value: Bytes::new(),
            }],
            ..RpcStatus::default()
        };
        let foreign = tonic::Status::with_details(Code::Aborted, "x", foreign.encode_to_vec().into());
        assert!(CallFailure::from_status(&foreign, "e").details.is_empty());
    }

    #[test]
    fn the_limiter_and_a_chaincode_error_of_the_same_code_are_told_apart() {
        let text = "too many requests for /gateway.Gateway, exceeding concurrency limit (500)";
        assert!(CallFailure::from_status(&status(Code::Unknown, text, &[]), "e").is_busy());
        let refused = status(
            Code::Unknown,
            "evaluate call to endorser returned error: chaincode response 500, no",
            &[],
        );
        let refused = CallFailure::from_status(&refused, "e");
        assert!(!refused.is_busy());
        assert_eq!(refused.chaincode_response().unwrap().message, "no");
    }

    #[test]
    fn a_chaincode_that_says_do_not_match_is_no_disagreement() {
        let peers = status(
            Code::Aborted,
            "see details",
            &[("p", "M", "ProposalResponsePayloads do not match")],
        );
        assert!(CallFailure::from_status(&peers, "e").is_disagreement());
        let text = "chaincode response 500, ProposalResponsePayloads do not match";
        let chaincode = status(Code::Aborted, "see details", &[("p", "M", text)]);
        assert!(!CallFailure::from_status(&chaincode, "e").is_disagreement());
    }
}
