//! A proposal: the same bytes for both networks, and so the same transaction id.

use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use fabric_msp::{Signer as _, sha256};
use fabric_protos::{
    common::{ChannelHeader, Header, HeaderType, SignatureHeader},
    protos::{
        ChaincodeHeaderExtension, ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload,
        ChaincodeSpec, Proposal, SignedProposal,
    },
};
use prost::Message as _;

use super::people::Who;

pub(crate) const CHANNEL: &str = "energy";
pub(crate) const CHAINCODE: &str = "market";
/// Any time will do: nobody judges a proposal's.
const SECONDS: i64 = 1_700_000_000;

/// Who calls what.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) creator: Who,
    pub(crate) channel_header: ChannelHeader,
    pub(crate) signature_header: SignatureHeader,
    /// What is invoked, without transient data.
    pub(crate) payload: Bytes,
}

impl Call {
    pub(crate) fn new(creator: &Who, nonce: [u8; 24], function: &str, argument: &str) -> Self {
        let chaincode_id = Some(ChaincodeId {
            name: CHAINCODE.to_owned(),
            ..ChaincodeId::default()
        });
        let serialized = creator.serialized_identity();
        let extension = ChaincodeHeaderExtension {
            chaincode_id: chaincode_id.clone(),
        };
        let channel_header = ChannelHeader {
            r#type: HeaderType::EndorserTransaction.into(),
            timestamp: Some(prost_types::Timestamp {
                seconds: SECONDS,
                nanos: 0,
            }),
            channel_id: CHANNEL.to_owned(),
            tx_id: hex::encode(sha256(&[&nonce, serialized.as_ref()].concat())),
            extension: extension.encode_to_vec().into(),
            ..ChannelHeader::default()
        };
        let args = [function, argument].map(|arg| Bytes::copy_from_slice(arg.as_bytes()));
        let input = ChaincodeInput {
            args: args.to_vec(),
            ..ChaincodeInput::default()
        };
        let spec = ChaincodeInvocationSpec {
            chaincode_spec: Some(ChaincodeSpec {
                chaincode_id,
                input: Some(input),
                ..ChaincodeSpec::default()
            }),
        };
        let payload = ChaincodeProposalPayload {
            input: spec.encode_to_vec().into(),
            ..ChaincodeProposalPayload::default()
        };
        Self {
            creator: Arc::clone(creator),
            channel_header,
            signature_header: SignatureHeader {
                creator: serialized,
                nonce: Bytes::copy_from_slice(&nonce),
            },
            payload: payload.encode_to_vec().into(),
        }
    }

    pub(crate) fn header(&self) -> Header {
        Header {
            channel_header: self.channel_header.encode_to_vec().into(),
            signature_header: self.signature_header.encode_to_vec().into(),
        }
    }

    /// What an endorsement binds: both headers and what is invoked.
    pub(crate) fn hash(&self) -> Bytes {
        let Header {
            channel_header,
            signature_header,
        } = self.header();
        let parts = [channel_header, signature_header, self.payload.clone()];
        Bytes::copy_from_slice(&sha256(&parts.concat()))
    }

    pub(crate) fn signed(&self) -> Result<SignedProposal> {
        let proposal = Proposal {
            header: self.header().encode_to_vec().into(),
            payload: self.payload.clone(),
            extension: Bytes::new(),
        };
        let proposal_bytes: Bytes = proposal.encode_to_vec().into();
        let signature = self.creator.sign(&proposal_bytes)?.into();
        Ok(SignedProposal {
            proposal_bytes,
            signature,
        })
    }
}
