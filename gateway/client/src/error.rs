//! One error type: what the contract or Fabric refused, as a code that stays.

use std::fmt;

use der_api::{ApiError, ErrorCode, RetryClass};
use der_market::id::{ContractId, IdError, ParticipantId};
use der_market::slot::Auction;
use fabric_gateway::{Code, Error as FabricError, PeerDetail, Stage, TxValidationCode};
use fabric_msp::KeyError;

use crate::follow::FollowFileError;
use crate::sealed::SaltFileError;
use crate::welfare::Unsolved;

/// What the contract or Fabric refused, or what kept the client from asking.
#[derive(Debug)]
pub struct ClientError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    refusal: ApiError,
    /// The SDK's error where one stands behind it.
    fabric: Option<FabricError>,
}

impl ClientError {
    /// The code, the contract's own or the one for Fabric's rule.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.refusal.code
    }

    /// The sentence that says what was wrong this time.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.refusal.detail
    }

    /// Whether the same request may be made again.
    #[must_use]
    pub fn retry_class(&self) -> RetryClass {
        self.code().retry_class()
    }

    /// What to do, in one sentence.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match &self.0.fabric {
            // These codes say too little about a mistake on this side.
            Some(error) if matches!(self.code(), ErrorCode::Internal | ErrorCode::ReplyUnreadable) => error.advice(),
            _ => self.code().advice(),
        }
    }

    /// Where in a transaction's life it failed.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.0.fabric.as_ref().map_or(Stage::Configure, FabricError::stage)
    }

    /// Fabric's transaction id, where there is one.
    #[must_use]
    pub fn transaction_id(&self) -> Option<&str> {
        self.0.fabric.as_ref()?.transaction_id()
    }

    /// What each peer said, in its own words.
    #[must_use]
    pub fn peers(&self) -> &[PeerDetail] {
        self.0.fabric.as_ref().map_or(&[], FabricError::details)
    }

    /// The SDK's error, where one stands behind it.
    #[must_use]
    pub fn fabric(&self) -> Option<&FabricError> {
        self.0.fabric.as_ref()
    }

    fn local(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            refusal: ApiError::new(code, detail),
            fabric: None,
        }))
    }

    pub(crate) fn internal(detail: &str) -> Self {
        Self::local(ErrorCode::Internal, detail)
    }

    pub(crate) fn identity(detail: &str) -> Self {
        Self::local(ErrorCode::CallerUnidentified, detail)
    }

    pub(crate) fn attributes(detail: &str) -> Self {
        Self::local(ErrorCode::MalformedAttributes, detail)
    }

    pub(crate) fn identifier(error: IdError) -> Self {
        Self::local(ErrorCode::BadIdentifier, error.to_string())
    }

    pub(crate) fn key(error: &KeyError) -> Self {
        Self::local(ErrorCode::Internal, format!("cannot sign: {error}"))
    }

    pub(crate) fn unreadable(detail: &str) -> Self {
        Self::local(ErrorCode::ReplyUnreadable, detail)
    }

    pub(crate) fn reply(error: &ApiError) -> Self {
        Self::unreadable(&format!("the reply cannot be read: {}", error.detail))
    }

    pub(crate) fn not_by_welfare(slot: Auction) -> Self {
        Self::local(ErrorCode::NotByWelfare, format!("slot {slot} clears by score"))
    }

    pub(crate) fn unsolved(error: Unsolved) -> Self {
        Self::local(ErrorCode::WelfareUnsolved, error.to_string())
    }

    pub(crate) fn not_party(caller: &ParticipantId, contract: &ContractId) -> Self {
        Self::local(
            ErrorCode::NotParty,
            format!("{caller} is neither buyer nor seller of contract {contract}"),
        )
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.refusal)?;
        if let Some(error) = &self.0.fabric {
            write!(f, " (at {}", error.stage())?;
            if let Some(id) = error.transaction_id() {
                write!(f, ", transaction {id}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.fabric.as_ref().map(|error| error as _)
    }
}

impl From<ApiError> for ClientError {
    fn from(refusal: ApiError) -> Self {
        Self(Box::new(Inner { refusal, fabric: None }))
    }
}

impl From<FollowFileError> for ClientError {
    fn from(error: FollowFileError) -> Self {
        Self::internal(&error.to_string())
    }
}

impl From<SaltFileError> for ClientError {
    fn from(error: SaltFileError) -> Self {
        Self::internal(&error.to_string())
    }
}

impl From<FabricError> for ClientError {
    fn from(error: FabricError) -> Self {
        Self(Box::new(Inner {
            refusal: translate(&error),
            fabric: Some(error),
        }))
    }
}

fn translate(error: &FabricError) -> ApiError {
    if let Some(response) = error.chaincode_response() {
        let uncoded = || ApiError::new(ErrorCode::UncodedRefusal, response.message.clone());
        return response.message.parse().unwrap_or_else(|_| uncoded());
    }
    ApiError::new(code_of(error), error.to_string())
}

fn code_of(error: &FabricError) -> ErrorCode {
    match error {
        FabricError::Commit { .. } => validation(error.validation_code()),
        FabricError::CommitUnknown { .. } | FabricError::CommitStatus(_) => ErrorCode::CommitUnknown,
        FabricError::Config(_) => ErrorCode::NetworkDown,
        FabricError::Sign { .. } => ErrorCode::IdentityRefused,
        FabricError::Malformed { .. } | FabricError::Verify { .. } => ErrorCode::ReplyUnreadable,
        _ if error.failure().is_some() => call(error),
        _ => ErrorCode::Internal,
    }
}

fn validation(code: Option<TxValidationCode>) -> ErrorCode {
    match code {
        Some(TxValidationCode::EndorsementPolicyFailure) => ErrorCode::EndorsementPolicyFailure,
        Some(TxValidationCode::MvccReadConflict) => ErrorCode::MvccReadConflict,
        Some(TxValidationCode::PhantomReadConflict) => ErrorCode::PhantomReadConflict,
        Some(TxValidationCode::BadCreatorSignature) => ErrorCode::BadCreatorSignature,
        Some(TxValidationCode::DuplicateTxid) => ErrorCode::DuplicateTransaction,
        _ => ErrorCode::InvalidTransaction,
    }
}

fn call(error: &FabricError) -> ErrorCode {
    let Some(failure) = error.failure() else {
        return ErrorCode::Internal;
    };
    if failure.is_busy() {
        return ErrorCode::Overloaded;
    }
    if failure.is_disagreement() {
        return ErrorCode::EndorsementsDisagree;
    }
    // The gateway's gRPC code says little here: the cause is in the peers' words.
    let words = failure
        .details
        .iter()
        .map(|peer| peer.message.as_str())
        .chain([failure.message.as_str()]);
    if let Some(code) = words.into_iter().find_map(peer_words) {
        return code;
    }
    match failure.code {
        Code::PermissionDenied | Code::Unauthenticated => ErrorCode::IdentityRefused,
        Code::FailedPrecondition => ErrorCode::NoEndorsers,
        Code::DeadlineExceeded | Code::Cancelled => ErrorCode::DeadlineExceeded,
        _ if failure.is_away() => ErrorCode::NetworkDown,
        _ => ErrorCode::UncodedRefusal,
    }
}

/// Fabric's own sentences (core/chaincode/handler.go, chaincode_support.go; core/endorser/msgvalidation.go;
/// internal/pkg/gateway/submit.go).
fn peer_words(text: &str) -> Option<ErrorCode> {
    const KNOWN: [(&str, ErrorCode); 11] = [
        ("could not launch chaincode", ErrorCode::ChaincodeUnavailable),
        ("chaincode stream terminated", ErrorCode::ChaincodeUnavailable),
        (
            "timeout expired while executing transaction",
            ErrorCode::DeadlineExceeded,
        ),
        ("access denied: channel", ErrorCode::IdentityRefused),
        ("proposal expired", ErrorCode::IdentityRefused),
        ("identity expired", ErrorCode::IdentityRefused),
        // An orderer, of a certificate that was revoked or has expired since the endorsement.
        ("response from orderer: status=FORBIDDEN", ErrorCode::IdentityRefused),
        ("no combination of peers can be derived", ErrorCode::NoEndorsers),
        // A peer that should endorse is away; the gateway puts gRPC's own words into the details.
        ("rpc error: code = Unavailable", ErrorCode::NoEndorsers),
        ("rpc error: code = Canceled", ErrorCode::NoEndorsers),
        ("duplicate transaction found", ErrorCode::DuplicateTransaction),
    ];
    KNOWN
        .into_iter()
        .find_map(|(words, code)| text.contains(words).then_some(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(code: TxValidationCode) -> ClientError {
        FabricError::Commit {
            transaction_id: "ab".into(),
            block_number: 7,
            code: code as i32,
        }
        .into()
    }

    #[test]
    fn validation_codes_have_codes_of_their_own() {
        let mapped = [
            (TxValidationCode::EndorsementPolicyFailure, 8001),
            (TxValidationCode::MvccReadConflict, 8002),
            (TxValidationCode::PhantomReadConflict, 8003),
            (TxValidationCode::BadCreatorSignature, 8004),
            (TxValidationCode::DuplicateTxid, 8005),
            (TxValidationCode::BadRwset, 8006),
        ];
        for (code, number) in mapped {
            assert_eq!(commit(code).code().number(), number);
        }
    }

    #[test]
    fn the_text_names_code_stage_and_transaction() {
        let error = commit(TxValidationCode::MvccReadConflict);
        assert!(error.to_string().starts_with("DER-8002: "), "{error}");
        assert!(error.to_string().ends_with("(at commit, transaction ab)"), "{error}");
        assert_eq!(error.retry_class(), RetryClass::AfterReading);
        assert_eq!(error.advice(), ErrorCode::MvccReadConflict.advice());
    }

    #[test]
    fn fabric_s_sentences_are_known() {
        let launch = "error in simulation: failed to execute transaction ab: could not launch chaincode m:1: refused";
        assert_eq!(peer_words(launch), Some(ErrorCode::ChaincodeUnavailable));
        assert_eq!(
            peer_words("error sending: chaincode stream terminated"),
            Some(ErrorCode::ChaincodeUnavailable)
        );
        let denied = "error validating proposal: access denied: channel [c] creator org [EvilMSP]";
        assert_eq!(peer_words(denied), Some(ErrorCode::IdentityRefused));
        let revoked =
            "received unsuccessful response from orderer: status=FORBIDDEN, info=implicit policy evaluation failed";
        assert_eq!(peer_words(revoked), Some(ErrorCode::IdentityRefused));
        let away = "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing\"";
        assert_eq!(peer_words(away), Some(ErrorCode::NoEndorsers));
        assert_eq!(peer_words("anything else"), None);
    }
}
