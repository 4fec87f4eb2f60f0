use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use fabric_protos::{
    common::{Header, HeaderType, SignatureHeader},
    protos::{ChaincodeProposalPayload, Proposal, SignedProposal},
};
use prost::Message as _;
use prost_types::Timestamp;
use std::collections::BTreeMap;

/// What a chaincode may know of the client's signed proposal.
#[derive(Debug, Default)]
pub(crate) struct ProposalView {
    pub(crate) signed: Option<SignedProposal>,
    pub(crate) creator: Bytes,
    pub(crate) transient: BTreeMap<String, Bytes>,
    pub(crate) timestamp: Option<Timestamp>,
    nonce: Bytes,
    epoch: u64,
}

/// The parts of a channel header that matter here; the rest is skipped without copying.
#[derive(Clone, PartialEq, prost::Message)]
struct ChannelHeader {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(message, optional, tag = "3")]
    timestamp: Option<Timestamp>,
    #[prost(uint64, tag = "6")]
    epoch: u64,
}

impl ProposalView {
    /// Reads a proposal; one that is absent belongs to a call the peer makes itself.
    ///
    /// # Errors
    /// The text that the Go shim would answer.
    pub(crate) fn read(signed: Option<SignedProposal>) -> Result<Self, String> {
        let Some(signed) = signed else {
            return Ok(Self::default());
        };
        let proposal = Proposal::decode(signed.proposal_bytes.clone())
            .map_err(|error| format!("failed to extract Proposal from SignedProposal: {error}"))?;
        if proposal.header.is_empty() {
            return Err("failed to extract Proposal fields: proposal header is nil".to_owned());
        }
        let header =
            Header::decode(proposal.header).map_err(|error| format!("failed to extract proposal header: {error}"))?;
        let channel = read_channel_header(header.channel_header)?;
        let signature = SignatureHeader::decode(header.signature_header)
            .map_err(|error| format!("failed to extract signature header: {error}"))?;
        let payload = ChaincodeProposalPayload::decode(proposal.payload)
            .map_err(|error| format!("failed to extract proposal payload: {error}"))?;
        Ok(Self {
            signed: Some(signed),
            creator: signature.creator,
            transient: payload.transient_map,
            timestamp: channel.timestamp,
            nonce: signature.nonce,
            epoch: channel.epoch,
        })
    }

    /// SHA-256 of nonce, creator and epoch (little endian): ties data to this proposal.
    pub(crate) fn binding(&self) -> Option<[u8; 32]> {
        self.signed.as_ref()?;
        let mut context = Context::new(&SHA256);
        context.update(&self.nonce);
        context.update(&self.creator);
        context.update(&self.epoch.to_le_bytes());
        context.finish().as_ref().try_into().ok()
    }
}

fn read_channel_header(bytes: Bytes) -> Result<ChannelHeader, String> {
    let header = ChannelHeader::decode(bytes).map_err(|error| format!("failed to extract channel header: {error}"))?;
    match HeaderType::try_from(header.kind) {
        Ok(HeaderType::EndorserTransaction | HeaderType::Config) => Ok(header),
        other => {
            let name = other.map_or_else(|_| header.kind.to_string(), |kind| kind.as_str_name().to_owned());
            Err(format!(
                "invalid channel header type. Expected ENDORSER_TRANSACTION or CONFIG, received {name}"
            ))
        }
    }
}
