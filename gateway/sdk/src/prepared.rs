//! Reading an endorsed transaction (GOGW/transactionparser.go).

use bytes::Bytes;
use fabric_protos::{
    common::{ChannelHeader, Envelope, Header, Payload, SignatureHeader},
    protos::{
        ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeProposalPayload,
        ProposalResponsePayload, Transaction as TransactionMessage,
    },
};
use prost::{DecodeError, Message};

/// An endorsed transaction, taken apart.
pub(crate) struct Prepared {
    pub(crate) header: Header,
    pub(crate) channel_header: ChannelHeader,
    pub(crate) signature_header: SignatureHeader,
    pub(crate) actions: usize,
    pub(crate) action_header: Bytes,
    pub(crate) proposal_payload: Bytes,
    pub(crate) proposal: ChaincodeProposalPayload,
    pub(crate) endorsed: ChaincodeEndorsedAction,
    pub(crate) proposal_hash: Bytes,
    pub(crate) outcome: ChaincodeAction,
}

impl Prepared {
    /// Takes the envelope's first action; an endorser transaction has exactly one.
    pub(crate) fn decode(envelope: &Envelope) -> Result<Self, DecodeError> {
        let payload = Payload::decode(envelope.payload.clone())?;
        let header = payload.header.unwrap_or_default();
        let transaction = TransactionMessage::decode(payload.data)?;
        let actions = transaction.actions.len();
        let action = transaction.actions.into_iter().next().unwrap_or_default();
        let body = ChaincodeActionPayload::decode(action.payload)?;
        let endorsed = body.action.unwrap_or_default();
        let response = ProposalResponsePayload::decode(endorsed.proposal_response_payload.clone())?;
        Ok(Self {
            channel_header: ChannelHeader::decode(header.channel_header.clone())?,
            signature_header: SignatureHeader::decode(header.signature_header.clone())?,
            header,
            actions,
            action_header: action.header,
            proposal: ChaincodeProposalPayload::decode(body.chaincode_proposal_payload.clone())?,
            proposal_payload: body.chaincode_proposal_payload,
            endorsed,
            proposal_hash: response.proposal_hash,
            outcome: ChaincodeAction::decode(response.extension)?,
        })
    }

    /// What the chaincode returned.
    pub(crate) fn result(&self) -> Bytes {
        self.outcome
            .response
            .as_ref()
            .map(|response| response.payload.clone())
            .unwrap_or_default()
    }
}
