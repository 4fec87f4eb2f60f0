//! Endorsed transactions as Fabric's gateway assembles them, and as a lying one might.

use bytes::Bytes;
use fabric_gateway::Signer;
use fabric_msp::{SigningIdentity, sha256};
use fabric_protos::{
    common::{ChannelHeader, Envelope, Header, Payload, SignatureHeader},
    gateway::EndorseRequest,
    protos::{
        ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeId, ChaincodeInvocationSpec,
        ChaincodeProposalPayload, Endorsement, Proposal, ProposalResponsePayload, Response, Transaction,
        TransactionAction,
    },
};
use prost::Message;

pub(crate) const RESULT: &[u8] = b"the result";

pub(crate) fn bytes(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

/// The parts of an endorsed transaction, each open to a lie. What is not lied about is made to fit the lie.
pub(crate) struct Draft {
    pub(crate) channel_header: ChannelHeader,
    pub(crate) signature_header: SignatureHeader,
    pub(crate) proposal: ChaincodeProposalPayload,
    pub(crate) outcome: ChaincodeAction,
    pub(crate) hash: Option<Bytes>,
    pub(crate) endorsements: Option<Vec<Endorsement>>,
    pub(crate) actions: usize,
    pub(crate) signature: Bytes,
}

impl Draft {
    pub(crate) fn of(request: &EndorseRequest) -> Self {
        let signed = request.proposed_transaction.clone().unwrap();
        let proposal = Proposal::decode(signed.proposal_bytes).unwrap();
        let header = Header::decode(proposal.header).unwrap();
        let mut payload = ChaincodeProposalPayload::decode(proposal.payload).unwrap();
        payload.transient_map.clear();
        let spec = ChaincodeInvocationSpec::decode(payload.input.clone())
            .unwrap()
            .chaincode_spec
            .unwrap();
        let name = spec.chaincode_id.unwrap().name;
        Self {
            channel_header: ChannelHeader::decode(header.channel_header).unwrap(),
            signature_header: SignatureHeader::decode(header.signature_header).unwrap(),
            proposal: payload,
            outcome: ChaincodeAction {
                response: Some(Response {
                    status: 200,
                    message: String::new(),
                    payload: RESULT.into(),
                }),
                chaincode_id: Some(ChaincodeId {
                    name,
                    version: "1".to_owned(),
                    ..Default::default()
                }),
                ..Default::default()
            },
            hash: None,
            endorsements: None,
            actions: 1,
            signature: Bytes::new(),
        }
    }

    pub(crate) fn change_spec(&mut self, change: impl FnOnce(&mut ChaincodeInvocationSpec)) {
        let mut spec = ChaincodeInvocationSpec::decode(self.proposal.input.clone()).unwrap();
        change(&mut spec);
        self.proposal.input = bytes(&spec);
    }

    pub(crate) fn envelope(self) -> Envelope {
        let (channel, signature) = (bytes(&self.channel_header), bytes(&self.signature_header));
        let proposal = bytes(&self.proposal);
        let hash = sha256(&[channel.as_ref(), signature.as_ref(), proposal.as_ref()].concat());
        let response = self.response_payload(Bytes::copy_from_slice(&hash));
        let unknown = Endorsement {
            endorser: "peer0".into(),
            signature: "unchecked".into(),
        };
        let endorsed = ChaincodeEndorsedAction {
            proposal_response_payload: response,
            endorsements: self.endorsements.unwrap_or_else(|| vec![unknown]),
        };
        let action = ChaincodeActionPayload {
            chaincode_proposal_payload: proposal,
            action: Some(endorsed),
        };
        let action = TransactionAction {
            header: signature.clone(),
            payload: bytes(&action),
        };
        let transaction = Transaction {
            actions: vec![action; self.actions],
        };
        let header = Header {
            channel_header: channel,
            signature_header: signature,
        };
        let payload = Payload {
            header: Some(header),
            data: bytes(&transaction),
        };
        Envelope {
            payload: bytes(&payload),
            signature: self.signature,
        }
    }

    /// The endorsements of these peers over the draft as it stands.
    pub(crate) fn endorsed_by(mut self, peers: &[&SigningIdentity]) -> Self {
        let parts = [
            bytes(&self.channel_header),
            bytes(&self.signature_header),
            bytes(&self.proposal),
        ];
        let response = self.response_payload(Bytes::copy_from_slice(&sha256(&parts.concat())));
        let endorse = |peer: &&SigningIdentity| {
            let endorser = peer.serialized_identity();
            let signature = peer
                .sign(&[response.as_ref(), endorser.as_ref()].concat())
                .unwrap()
                .into();
            Endorsement { endorser, signature }
        };
        self.endorsements = Some(peers.iter().map(endorse).collect());
        self
    }

    fn response_payload(&self, hash: Bytes) -> Bytes {
        let proposal_hash = self.hash.clone().unwrap_or(hash);
        bytes(&ProposalResponsePayload {
            proposal_hash,
            extension: bytes(&self.outcome),
        })
    }
}
