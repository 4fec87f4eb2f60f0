//! An endorsed transaction, before it is ordered.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use fabric_protos::{
    common::Envelope,
    gateway::{PreparedTransaction, SubmitRequest},
};
use prost::Message;

use crate::{
    Commit, Error, Stage, VerifyError, connection::Connection, prepared::Prepared, proposal::Outline,
    proposal_builder::encode, signing::sha256, verify,
};

/// A transaction that enough peers endorsed.
#[derive(Clone)]
pub struct Transaction {
    connection: Arc<Connection>,
    transaction_id: String,
    channel: String,
    envelope: Envelope,
    result: Bytes,
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("transaction_id", &self.transaction_id)
            .field("channel", &self.channel)
            .field("signed", &!self.envelope.signature.is_empty())
            .finish_non_exhaustive()
    }
}

impl Transaction {
    /// What a gateway returned for a proposal.
    pub(crate) fn endorsed(
        connection: Arc<Connection>,
        message: PreparedTransaction,
        proposal: &Outline,
    ) -> Result<Self, Error> {
        Self::checked(connection, message, |envelope, prepared| {
            verify::against_proposal(envelope, prepared, proposal)
        })
    }

    pub(crate) fn from_bytes(connection: Arc<Connection>, bytes: &[u8]) -> Result<Self, Error> {
        let message = PreparedTransaction::decode(bytes).map_err(|error| Error::Malformed {
            what: "transaction",
            reason: error.to_string(),
        })?;
        let creator = connection.signing.creator();
        let id = message.transaction_id.clone();
        Self::checked(connection, message, |_, prepared| {
            let found = &prepared.channel_header.tx_id;
            if *found != id {
                return Err(VerifyError::TransactionId {
                    expected: id.clone(),
                    found: found.clone(),
                });
            }
            verify::in_itself(prepared, &creator)
        })
    }

    fn checked(
        connection: Arc<Connection>,
        message: PreparedTransaction,
        check: impl FnOnce(&Envelope, &Prepared) -> Result<(), VerifyError>,
    ) -> Result<Self, Error> {
        let PreparedTransaction {
            transaction_id,
            envelope,
        } = message;
        let envelope = envelope.unwrap_or_default();
        let refused = |source| Error::Verify {
            transaction_id: transaction_id.clone(),
            source,
        };
        let prepared =
            Prepared::decode(&envelope).map_err(|error| refused(VerifyError::Undecodable(error.to_string())))?;
        if connection.verify {
            check(&envelope, &prepared).map_err(refused)?;
        }
        if let Some(msps) = &connection.trust {
            verify::endorsements(&prepared, msps).map_err(refused)?;
        }
        let result = prepared.result();
        Ok(Self {
            connection,
            transaction_id,
            channel: prepared.channel_header.channel_id,
            envelope,
            result,
        })
    }

    /// What the chaincode returned. It takes effect when the transaction is committed as valid.
    pub fn result(&self) -> &Bytes {
        &self.result
    }

    /// The transaction's id.
    pub fn transaction_id(&self) -> &str {
        &self.transaction_id
    }

    /// The serialised `gateway.PreparedTransaction`, as the official clients exchange it.
    pub fn bytes(&self) -> Bytes {
        let envelope = Some(self.envelope.clone());
        encode(&PreparedTransaction {
            transaction_id: self.transaction_id.clone(),
            envelope,
        })
    }

    /// The SHA-256 to be signed.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&[&self.envelope.payload])
    }

    /// Adds a signature made elsewhere: DER with low S.
    #[must_use]
    pub fn with_signature(mut self, signature: impl Into<Bytes>) -> Self {
        self.envelope.signature = signature.into();
        self
    }

    /// Hands the transaction to the orderers. The same envelope is sent again when an endpoint is away or silent:
    /// a transaction counts once, however often it is sent.
    ///
    /// # Errors
    /// [`Error::Sign`] before anything is sent; [`Error::Submit`] when it was refused and will not be committed;
    /// [`Error::CommitUnknown`] when it may have been taken although no answer came.
    pub async fn submit(mut self) -> Result<Commit, Error> {
        let signing = &self.connection.signing;
        let signature = signing.signature("the transaction", &self.envelope.signature, &self.envelope.payload)?;
        self.envelope.signature = signature;
        let commit = Commit::new(Arc::clone(&self.connection), &self.channel, &self.transaction_id)?;
        let request = SubmitRequest {
            transaction_id: self.transaction_id.clone(),
            channel_id: self.channel,
            prepared_transaction: Some(self.envelope),
        };
        match self.connection.submit(&request).await {
            Ok(_) => Ok(commit),
            Err(failure) if failure.ambiguous => Err(commit.unknown(Stage::Submit, failure)),
            Err(failure) => Err(Error::Submit(Box::new(failure.of(&self.transaction_id)))),
        }
    }
}
