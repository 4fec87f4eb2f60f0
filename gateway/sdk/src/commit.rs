//! Asking whether a transaction is committed.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use fabric_protos::{
    gateway::{CommitStatusRequest, SignedCommitStatusRequest},
    protos::TxValidationCode,
};
use prost::Message;
use tonic::Code;

use crate::{
    CallFailure, Error, Stage, connection::Connection, error::validation_name, proposal_builder::encode,
    signing::sha256,
};

/// A transaction that the orderers took.
#[derive(Clone)]
pub struct Commit {
    connection: Arc<Connection>,
    transaction_id: String,
    request: SignedCommitStatusRequest,
}

/// Where a transaction is on the ledger, and whether it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The transaction.
    pub transaction_id: String,
    /// Its block.
    pub block_number: u64,
    /// The number of a [`TxValidationCode`]; 0 is valid.
    pub code: i32,
    /// Whether it is valid, and so took effect.
    pub successful: bool,
}

impl Status {
    /// The code, when it is a known one.
    pub fn validation_code(&self) -> Option<TxValidationCode> {
        TxValidationCode::try_from(self.code).ok()
    }

    /// The code's name as Fabric writes it, such as `MVCC_READ_CONFLICT`.
    pub fn code_name(&self) -> String {
        validation_name(self.code)
    }

    /// This status when the transaction is valid.
    ///
    /// # Errors
    /// [`Error::Commit`] when it is not.
    pub fn into_valid(self) -> Result<Self, Error> {
        match self.successful {
            true => Ok(self),
            false => Err(Error::Commit {
                transaction_id: self.transaction_id,
                block_number: self.block_number,
                code: self.code,
            }),
        }
    }
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commit")
            .field("transaction_id", &self.transaction_id)
            .finish_non_exhaustive()
    }
}

impl Commit {
    /// Signed at once where the gateway signs, so that nothing can fail between submitting and asking.
    pub(crate) fn new(connection: Arc<Connection>, channel: &str, transaction_id: &str) -> Result<Self, Error> {
        let request = encode(&CommitStatusRequest {
            transaction_id: transaction_id.to_owned(),
            channel_id: channel.to_owned(),
            identity: connection.signing.creator(),
        });
        let unsigned = SignedCommitStatusRequest {
            request,
            signature: Bytes::new(),
        };
        let mut commit = Self {
            connection,
            transaction_id: transaction_id.to_owned(),
            request: unsigned,
        };
        if commit.connection.signing.is_here() {
            commit.sign()?;
        }
        Ok(commit)
    }

    pub(crate) fn from_bytes(connection: Arc<Connection>, bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |error: prost::DecodeError| Error::Malformed {
            what: "commit",
            reason: error.to_string(),
        };
        let request = SignedCommitStatusRequest::decode(bytes).map_err(malformed)?;
        let inner = CommitStatusRequest::decode(request.request.clone()).map_err(malformed)?;
        if inner.transaction_id.is_empty() {
            return Err(Error::Malformed {
                what: "commit",
                reason: "it names no transaction".to_owned(),
            });
        }
        Ok(Self {
            connection,
            transaction_id: inner.transaction_id,
            request,
        })
    }

    /// The transaction's id.
    pub fn transaction_id(&self) -> &str {
        &self.transaction_id
    }

    /// The serialised `gateway.SignedCommitStatusRequest`, as the official clients exchange it.
    pub fn bytes(&self) -> Bytes {
        encode(&self.request)
    }

    /// The SHA-256 to be signed.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&[&self.request.request])
    }

    /// Adds a signature made elsewhere: DER with low S.
    #[must_use]
    pub fn with_signature(mut self, signature: impl Into<Bytes>) -> Self {
        self.request.signature = signature.into();
        self
    }

    /// Waits until the transaction is committed, valid or not, on whichever endpoint answers.
    ///
    /// # Errors
    /// [`Error::Sign`]; [`Error::CommitStatus`] when the gateway refuses to tell; [`Error::CommitUnknown`] when nobody
    /// answered in time. Fabric's gateway waits for an unknown transaction as it does for a slow one.
    pub async fn status(&self) -> Result<Status, Error> {
        let mut commit = self.clone();
        commit.sign()?;
        match commit.connection.commit_status(&commit.request).await {
            Ok(answer) => Ok(Status {
                transaction_id: commit.transaction_id,
                block_number: answer.block_number,
                code: answer.result,
                successful: answer.result == TxValidationCode::Valid as i32,
            }),
            Err(failure) if is_refusal(failure.code) => {
                Err(Error::CommitStatus(Box::new(failure.of(&commit.transaction_id))))
            }
            Err(failure) => Err(commit.unknown(Stage::CommitStatus, failure)),
        }
    }

    pub(crate) fn unknown(&self, stage: Stage, failure: CallFailure) -> Error {
        Error::CommitUnknown {
            transaction_id: self.transaction_id.clone(),
            stage,
            failure: Box::new(failure.of(&self.transaction_id)),
            commit: self.bytes(),
        }
    }

    fn sign(&mut self) -> Result<(), Error> {
        let Self {
            connection, request, ..
        } = self;
        request.signature =
            connection
                .signing
                .signature("the commit status request", &request.signature, &request.request)?;
        Ok(())
    }
}

fn is_refusal(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument | Code::PermissionDenied | Code::Unauthenticated | Code::NotFound | Code::Unimplemented
    )
}
