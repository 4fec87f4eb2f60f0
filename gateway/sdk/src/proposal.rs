//! A proposed transaction, before anyone endorsed it.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use fabric_protos::{
    common::{ChannelHeader, Header, SignatureHeader},
    gateway::{EndorseRequest, EvaluateRequest, PreparedTransaction, ProposedTransaction},
    protos::{ChaincodeInvocationSpec, ChaincodeProposalPayload, Proposal as ProposalMessage, SignedProposal},
};
use prost::Message;
use tokio::time::sleep;

use crate::{
    CallFailure, Error, Transaction, connection::Connection, disagreement, proposal_builder::encode, retry::Backoff,
    signing::sha256,
};

/// A call of a chaincode function with its transaction id, ready to be evaluated or endorsed.
///
/// The way on is in the types: [`Proposal`] → [`Transaction`] → [`Commit`](crate::Commit) → [`Status`](crate::Status).
#[derive(Clone)]
pub struct Proposal {
    connection: Arc<Connection>,
    transaction_id: String,
    signed: SignedProposal,
    organizations: Vec<String>,
    outline: Outline,
}

/// What the endorsed transaction must agree with.
#[derive(Clone)]
pub(crate) struct Outline {
    pub(crate) transaction_id: String,
    pub(crate) channel: String,
    pub(crate) chaincode: String,
    pub(crate) header: Header,
    pub(crate) signature_header: SignatureHeader,
    pub(crate) input: Bytes,
}

impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proposal")
            .field("transaction_id", &self.transaction_id)
            .field("channel", &self.outline.channel)
            .field("chaincode", &self.outline.chaincode)
            .field("signed", &!self.signed.signature.is_empty())
            .finish_non_exhaustive()
    }
}

impl Proposal {
    pub(crate) fn new(connection: Arc<Connection>, message: ProposedTransaction) -> Result<Self, Error> {
        let malformed = |reason: String| Error::Malformed {
            what: "proposal",
            reason,
        };
        let signed = message.proposal.ok_or_else(|| malformed("it is empty".to_owned()))?;
        let outline = Outline::decode(&signed.proposal_bytes).map_err(|error| malformed(error.to_string()))?;
        if outline.transaction_id != message.transaction_id {
            return Err(malformed("its header bears another transaction id".to_owned()));
        }
        let organizations = message.endorsing_organizations;
        Ok(Self {
            connection,
            transaction_id: message.transaction_id,
            signed,
            organizations,
            outline,
        })
    }

    pub(crate) fn from_bytes(connection: Arc<Connection>, bytes: &[u8]) -> Result<Self, Error> {
        let message = ProposedTransaction::decode(bytes).map_err(|error| Error::Malformed {
            what: "proposal",
            reason: error.to_string(),
        })?;
        Self::new(connection, message)
    }

    /// The transaction's id: 64 lowercase hexadecimal digits.
    pub fn transaction_id(&self) -> &str {
        &self.transaction_id
    }

    /// The serialised `gateway.ProposedTransaction`, as the official clients exchange it.
    pub fn bytes(&self) -> Bytes {
        encode(&ProposedTransaction {
            transaction_id: self.transaction_id.clone(),
            proposal: Some(self.signed.clone()),
            endorsing_organizations: self.organizations.clone(),
        })
    }

    /// The SHA-256 to be signed.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&[&self.signed.proposal_bytes])
    }

    /// Adds a signature made elsewhere: DER with low S.
    #[must_use]
    pub fn with_signature(mut self, signature: impl Into<Bytes>) -> Self {
        self.signed.signature = signature.into();
        self
    }

    /// Asks one peer. Nothing is written.
    ///
    /// # Errors
    /// [`Error::Sign`] and [`Error::Evaluate`].
    pub async fn evaluate(mut self) -> Result<Bytes, Error> {
        self.sign()?;
        let request = EvaluateRequest {
            transaction_id: self.transaction_id.clone(),
            channel_id: self.outline.channel.clone(),
            proposed_transaction: Some(self.signed),
            target_organizations: self.organizations,
        };
        match self.connection.evaluate(&request).await {
            Ok(response) => Ok(response.payload),
            Err(failure) => Err(Error::Evaluate(Box::new(failure.of(&self.transaction_id)))),
        }
    }

    /// Collects the endorsements that the policies need. When peers disagree, as they do while one lags, the same
    /// proposal is sent again up to [`Limits::endorsements`](crate::Limits::endorsements) times. When they still do and the
    /// organisations were named, each is asked alone, and the error tells [where they differ](CallFailure::differences).
    ///
    /// # Errors
    /// [`Error::Sign`] and [`Error::Endorse`]; [`Error::Verify`] when what came back is not what was proposed.
    pub async fn endorse(mut self) -> Result<Transaction, Error> {
        self.sign()?;
        let request = EndorseRequest {
            transaction_id: self.transaction_id.clone(),
            channel_id: self.outline.channel.clone(),
            proposed_transaction: Some(self.signed.clone()),
            endorsing_organizations: self.organizations.clone(),
        };
        let envelope = match self.endorse_until_agreed(&request).await {
            Ok(envelope) => envelope,
            Err(failure) => return Err(Error::Endorse(Box::new(failure.of(&self.transaction_id)))),
        };
        let message = PreparedTransaction {
            transaction_id: self.transaction_id,
            envelope: Some(envelope),
        };
        Transaction::endorsed(self.connection, message, &self.outline)
    }

    async fn endorse_until_agreed(
        &self,
        request: &EndorseRequest,
    ) -> Result<fabric_protos::common::Envelope, CallFailure> {
        let limits = &self.connection.limits;
        let mut backoff = Backoff::new(limits.pause, limits.longest_pause);
        let mut left = limits.endorsements;
        loop {
            left = left.saturating_sub(1);
            match self.connection.endorse(request).await {
                Err(failure) if failure.is_disagreement() && left > 0 => {
                    tracing::debug!(%failure, "peers disagree; asking again");
                    sleep(backoff.pause()).await;
                }
                Err(mut failure) if failure.is_disagreement() => {
                    failure.differences = disagreement::explain(&self.connection, request).await;
                    return Err(failure);
                }
                outcome => return outcome,
            }
        }
    }

    fn sign(&mut self) -> Result<(), Error> {
        let Self { connection, signed, .. } = self;
        signed.signature = connection
            .signing
            .signature("the proposal", &signed.signature, &signed.proposal_bytes)?;
        Ok(())
    }
}

impl Outline {
    fn decode(proposal_bytes: &Bytes) -> Result<Self, prost::DecodeError> {
        let proposal = ProposalMessage::decode(proposal_bytes.clone())?;
        let header = Header::decode(proposal.header)?;
        let channel_header = ChannelHeader::decode(header.channel_header.clone())?;
        let signature_header = SignatureHeader::decode(header.signature_header.clone())?;
        let input = ChaincodeProposalPayload::decode(proposal.payload)?.input;
        let spec = ChaincodeInvocationSpec::decode(input.clone())?
            .chaincode_spec
            .unwrap_or_default();
        Ok(Self {
            transaction_id: channel_header.tx_id,
            channel: channel_header.channel_id,
            chaincode: spec.chaincode_id.unwrap_or_default().name,
            header,
            signature_header,
            input,
        })
    }
}
