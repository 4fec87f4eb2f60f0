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

#[cfg(test)]
mod tests {
    use fabric_protos::common;
    use proptest::prelude::*;

    use super::*;

    fn signed(kind: HeaderType) -> SignedProposal {
        let channel = common::ChannelHeader {
            r#type: kind as i32,
            epoch: 7,
            ..common::ChannelHeader::default()
        };
        let signature = SignatureHeader {
            creator: "creator".into(),
            nonce: "nonce".into(),
        };
        let header = Header {
            channel_header: channel.encode_to_vec().into(),
            signature_header: signature.encode_to_vec().into(),
        };
        let proposal = Proposal {
            header: header.encode_to_vec().into(),
            ..Proposal::default()
        };
        SignedProposal {
            proposal_bytes: proposal.encode_to_vec().into(),
            signature: Bytes::new(),
        }
    }

    #[test]
    fn creator_and_binding_are_read() {
        let view = ProposalView::read(Some(signed(HeaderType::EndorserTransaction))).unwrap();
        assert_eq!(view.creator, "creator");
        let mut context = Context::new(&SHA256);
        context.update(b"noncecreator\x07\0\0\0\0\0\0\0");
        assert_eq!(view.binding().unwrap(), context.finish().as_ref());
    }

    #[test]
    fn a_call_of_the_peer_itself_has_no_proposal() {
        let view = ProposalView::read(None).unwrap();
        assert!(view.creator.is_empty() && view.binding().is_none());
    }

    #[test]
    fn other_header_types_are_refused_as_by_go() {
        let error = ProposalView::read(Some(signed(HeaderType::ConfigUpdate))).unwrap_err();
        assert_eq!(
            error,
            "invalid channel header type. Expected ENDORSER_TRANSACTION or CONFIG, received CONFIG_UPDATE"
        );
    }

    proptest! {
        #[test]
        fn nonsense_is_an_error_or_empty(bytes: Vec<u8>) {
            let signed = SignedProposal { proposal_bytes: bytes.into(), signature: Bytes::new() };
            if let Ok(view) = ProposalView::read(Some(signed)) {
                prop_assert!(view.signed.is_some());
            }
        }
    }
}
