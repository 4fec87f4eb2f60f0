//! What can go wrong, by stage, and what to do then.

use std::fmt;

use bytes::Bytes;
use fabric_protos::protos::TxValidationCode;
use tonic::Code;

use crate::{
    CallFailure, ChaincodeResponse, ConfigError, PeerDetail, VerifyError,
    events::{CheckpointError, EventsError},
};

/// Where in a transaction's life something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Before anything was sent.
    Configure,
    /// Signing a proposal, a transaction or a request.
    Sign,
    /// A query.
    Evaluate,
    /// Collecting endorsements.
    Endorse,
    /// Checking what came back as endorsed.
    Verify,
    /// Handing the transaction to the orderer.
    Submit,
    /// Asking whether it was committed.
    CommitStatus,
    /// The commit itself: the peers found the transaction invalid.
    Commit,
    /// Listening to events.
    Events,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configure => "configure",
            Self::Sign => "sign",
            Self::Evaluate => "evaluate",
            Self::Endorse => "endorse",
            Self::Verify => "verify",
            Self::Submit => "submit",
            Self::CommitStatus => "commit status",
            Self::Commit => "commit",
            Self::Events => "events",
        })
    }
}

/// Whether the same request may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RetryClass {
    /// The same request will fail the same way.
    Never,
    /// The state has moved: read it again, decide again, then send a new transaction.
    AfterReading,
    /// The same request may succeed later.
    Later,
}

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The gateway, a network or a request was described wrongly.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Signing failed, or there is no signer and no signature.
    #[error("cannot sign {what}: {reason}")]
    Sign {
        /// What was to be signed.
        what: &'static str,
        /// Why not.
        reason: String,
    },
    /// Serialised bytes are not what they were said to be.
    #[error("these bytes are not a {what}: {reason}")]
    Malformed {
        /// What was expected.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A query failed.
    #[error("evaluate: {0}")]
    Evaluate(Box<CallFailure>),
    /// The endorsements could not be had.
    #[error("endorse: {0}")]
    Endorse(Box<CallFailure>),
    /// The gateway returned a transaction that is not the one proposed. Nothing was signed.
    #[error("transaction {transaction_id}: the endorsed transaction is refused: {source}")]
    Verify {
        /// The transaction proposed.
        transaction_id: String,
        /// The difference.
        source: VerifyError,
    },
    /// The orderer did not take the transaction; it is not going to be committed.
    #[error("submit: {0}")]
    Submit(Box<CallFailure>),
    /// The gateway refused to say whether the transaction was committed.
    #[error("commit status: {0}")]
    CommitStatus(Box<CallFailure>),
    /// The transaction may or may not be committed.
    #[error("it is unknown whether the transaction is committed ({stage}): {failure}")]
    CommitUnknown {
        /// The transaction.
        transaction_id: String,
        /// Submit, or commit status.
        stage: Stage,
        /// What happened.
        failure: Box<CallFailure>,
        /// The request for its commit status: ask again with
        /// [`Gateway::commit_from_bytes`](crate::Gateway::commit_from_bytes).
        commit: Bytes,
    },
    /// The transaction is on the ledger, marked invalid: it changed nothing.
    #[error("transaction {transaction_id} in block {block_number} is invalid: {}", validation_name(*code))]
    Commit {
        /// The transaction.
        transaction_id: String,
        /// Its block.
        block_number: u64,
        /// The number of a [`TxValidationCode`].
        code: i32,
    },
    /// Listening failed.
    #[error("events: {0}")]
    Events(#[from] EventsError),
    /// A checkpoint could not be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl Error {
    /// Where it failed.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Config(_) | Self::Malformed { .. } => Stage::Configure,
            Self::Sign { .. } => Stage::Sign,
            Self::Evaluate(_) => Stage::Evaluate,
            Self::Endorse(_) => Stage::Endorse,
            Self::Verify { .. } => Stage::Verify,
            Self::Submit(_) => Stage::Submit,
            Self::CommitStatus(_) => Stage::CommitStatus,
            Self::CommitUnknown { stage, .. } => *stage,
            Self::Commit { .. } => Stage::Commit,
            Self::Events(_) | Self::Checkpoint(_) => Stage::Events,
        }
    }

    /// The failed call, where a call failed.
    pub fn failure(&self) -> Option<&CallFailure> {
        match self {
            Self::Evaluate(failure) | Self::Endorse(failure) | Self::Submit(failure) | Self::CommitStatus(failure) => {
                Some(failure)
            }
            Self::CommitUnknown { failure, .. } => Some(failure),
            Self::Events(error) => error.failure(),
            _ => None,
        }
    }

    /// The transaction, where there is one.
    pub fn transaction_id(&self) -> Option<&str> {
        match self {
            Self::Verify { transaction_id, .. }
            | Self::CommitUnknown { transaction_id, .. }
            | Self::Commit { transaction_id, .. } => Some(transaction_id),
            other => other.failure()?.transaction_id.as_deref(),
        }
    }

    /// The gRPC code, where a call failed.
    pub fn code(&self) -> Option<Code> {
        self.failure().map(|failure| failure.code)
    }

    /// Why the peers found the transaction invalid, where they did and the code is known.
    pub fn validation_code(&self) -> Option<TxValidationCode> {
        match self {
            Self::Commit { code, .. } => TxValidationCode::try_from(*code).ok(),
            _ => None,
        }
    }

    /// What each peer said.
    pub fn details(&self) -> &[PeerDetail] {
        self.failure().map_or(&[], |failure| &failure.details)
    }

    /// The chaincode's answer, when it is the chaincode that refused.
    pub fn chaincode_response(&self) -> Option<ChaincodeResponse> {
        self.failure()?.chaincode_response()
    }

    /// The transaction met a conflicting one that was ordered before it.
    pub fn is_conflict(&self) -> bool {
        use TxValidationCode::{MvccReadConflict, PhantomReadConflict};
        matches!(self.validation_code(), Some(MvccReadConflict | PhantomReadConflict))
    }

    /// Whether the same request may be made again.
    pub fn retry_class(&self) -> RetryClass {
        match self {
            Self::Evaluate(failure) | Self::Endorse(failure) | Self::Submit(failure) => call_class(failure),
            Self::CommitStatus(_) | Self::CommitUnknown { .. } => RetryClass::AfterReading,
            Self::Commit { .. } => commit_class(self.validation_code()),
            Self::Events(error) => error.failure().map_or(RetryClass::Never, call_class),
            _ => RetryClass::Never,
        }
    }

    /// What to do, in one sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Config(_) | Self::Malformed { .. } => "Correct the configuration or the bytes given.",
            Self::Sign { .. } => "Give the gateway a signer, or sign the digest elsewhere and call `with_signature`.",
            Self::Verify { .. } => "Do not trust this gateway: nothing was signed; ask another peer and report it.",
            Self::CommitStatus(_) | Self::CommitUnknown { .. } => {
                "Ask again for the commit status, or look for the order by its own id, before sending anything anew."
            }
            Self::Commit { .. } => commit_advice(self.validation_code()),
            Self::Events(error) => error.advice(),
            Self::Checkpoint(_) => "Restore the checkpoint file or remove it and choose a start block.",
            Self::Evaluate(failure) | Self::Endorse(failure) | Self::Submit(failure) => call_advice(failure),
        }
    }
}

fn call_class(failure: &CallFailure) -> RetryClass {
    if failure.is_away() || failure.is_busy() || failure.is_disagreement() {
        return RetryClass::Later;
    }
    match failure.code {
        Code::DeadlineExceeded => RetryClass::Later,
        Code::Aborted if failure.chaincode_response().is_none() => RetryClass::Later,
        _ => RetryClass::Never,
    }
}

fn call_advice(failure: &CallFailure) -> &'static str {
    if failure.chaincode_response().is_some() {
        return "The chaincode refused: read its message and change the request.";
    }
    if failure.is_busy() {
        return "The gateway is at its limit of calls in flight: send less at once, and again later.";
    }
    if failure.is_disagreement() {
        return "Peers disagree, as they do while one lags: send it again later; if it persists, the chaincode is not deterministic.";
    }
    match failure.code {
        Code::PermissionDenied | Code::Unauthenticated => {
            "This identity may not do that: check its organisation, role and expiry."
        }
        Code::FailedPrecondition => {
            "The endorsement policy cannot be met: check which organisations' peers are up, and name them."
        }
        Code::InvalidArgument | Code::NotFound | Code::Unimplemented => "Check the names of channel and chaincode.",
        Code::DeadlineExceeded => "Send it again later, or give it a longer deadline.",
        _ if failure.is_away() => "Check that a gateway peer is up and reachable, then send it again.",
        _ => "Read what each peer said; the request was not carried out.",
    }
}

fn commit_class(code: Option<TxValidationCode>) -> RetryClass {
    use TxValidationCode::{ChaincodeVersionConflict, ExpiredChaincode, MvccReadConflict, PhantomReadConflict};
    match code {
        Some(MvccReadConflict | PhantomReadConflict | ChaincodeVersionConflict | ExpiredChaincode) => {
            RetryClass::AfterReading
        }
        _ => RetryClass::Never,
    }
}

fn commit_advice(code: Option<TxValidationCode>) -> &'static str {
    use TxValidationCode::{
        BadCreatorSignature, ChaincodeVersionConflict, DuplicateTxid, EndorsementPolicyFailure, ExpiredChaincode,
        MvccReadConflict, PhantomReadConflict,
    };
    match code {
        Some(MvccReadConflict | PhantomReadConflict) => {
            "Another transaction changed what this one read: read again, then send a new transaction."
        }
        Some(ChaincodeVersionConflict | ExpiredChaincode) => {
            "The chaincode was upgraded meanwhile: send a new transaction."
        }
        Some(EndorsementPolicyFailure) => {
            "Too few or the wrong organisations endorsed: name the endorsing organisations."
        }
        Some(BadCreatorSignature) => {
            "The peers do not accept this identity's signature: check its certificate and its CA."
        }
        Some(DuplicateTxid) => "This transaction was ordered twice; the first one counts: ask for its status.",
        _ => "The peers refused the transaction; it changed nothing: report the code.",
    }
}

pub(crate) fn validation_name(code: i32) -> String {
    TxValidationCode::try_from(code).map_or_else(|_| format!("code {code}"), |code| code.as_str_name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(code: TxValidationCode) -> Error {
        Error::Commit {
            transaction_id: "t".to_owned(),
            block_number: 7,
            code: code as i32,
        }
    }

    fn endorse(code: Code, message: &str) -> Error {
        Error::Endorse(Box::new(CallFailure::from_status(
            &tonic::Status::new(code, message),
            "e",
        )))
    }

    #[test]
    fn conflicts_ask_for_a_new_reading_and_refusals_do_not() {
        assert_eq!(
            commit(TxValidationCode::MvccReadConflict).retry_class(),
            RetryClass::AfterReading
        );
        assert!(commit(TxValidationCode::PhantomReadConflict).is_conflict());
        assert_eq!(
            commit(TxValidationCode::EndorsementPolicyFailure).retry_class(),
            RetryClass::Never
        );
        assert!(
            commit(TxValidationCode::MvccReadConflict)
                .to_string()
                .contains("MVCC_READ_CONFLICT")
        );
    }

    #[test]
    fn calls_are_classed_by_cause_and_not_by_code_alone() {
        let busy = "too many requests for /gateway.Gateway, exceeding concurrency limit (500)";
        assert_eq!(endorse(Code::Unknown, busy).retry_class(), RetryClass::Later);
        assert_eq!(
            endorse(Code::Unknown, "chaincode response 400, no").retry_class(),
            RetryClass::Never
        );
        assert_eq!(
            endorse(Code::Aborted, "chaincode response 500, no").retry_class(),
            RetryClass::Never
        );
        assert_eq!(
            endorse(Code::Aborted, "no peer answered").retry_class(),
            RetryClass::Later
        );
        assert_eq!(endorse(Code::Unavailable, "x").retry_class(), RetryClass::Later);
        assert_eq!(endorse(Code::PermissionDenied, "x").retry_class(), RetryClass::Never);
        assert_eq!(endorse(Code::FailedPrecondition, "x").retry_class(), RetryClass::Never);
    }

    #[test]
    fn an_unknown_validation_code_is_shown_by_number() {
        assert_eq!(validation_name(199), "code 199");
        assert_eq!(validation_name(0), "VALID");
    }
}
