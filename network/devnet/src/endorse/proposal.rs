//! A client's proposal, unpacked. Source: `core/endorser/msgvalidation.go`.

use bytes::Bytes;
use fabric_msp::sha256;
use fabric_protos::{
    common::{ChannelHeader, Header, HeaderType, SignatureHeader},
    protos::{
        ChaincodeHeaderExtension, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload,
        Proposal as ProposalMessage, SignedProposal,
    },
};
use prost::Message;

/// Why a proposal cannot be taken, in Fabric's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposalError {
    /// A part does not decode.
    #[error("error unmarshalling {0}: {1}")]
    Unreadable(&'static str, prost::DecodeError),
    /// A part is not there.
    #[error("{0}")]
    Missing(&'static str),
    /// The channel header's type.
    #[error("invalid header type {0}")]
    HeaderType(i32),
    /// The transaction id is not the hash of nonce and creator.
    #[error("incorrectly computed txid '{found}' -- expected '{expected}'")]
    TransactionId {
        /// The id in the header.
        found: String,
        /// The id it should be.
        expected: String,
    },
}

/// A client's proposal with the parts that everybody needs.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The proposal as it came.
    pub signed: SignedProposal,
    /// Both headers, as they came.
    pub header: Header,
    /// The channel header.
    pub channel_header: ChannelHeader,
    /// Who proposes, and the nonce.
    pub signature_header: SignatureHeader,
    /// The chaincode asked.
    pub chaincode: String,
    /// Function and arguments.
    pub input: ChaincodeInput,
    /// The chaincode invocation, as it came.
    pub invocation: Bytes,
    /// Whether there is transient data.
    pub has_transient: bool,
}

impl Proposal {
    /// Decodes a signed proposal (`UnpackProposal`).
    ///
    /// # Errors
    /// A part is missing or does not decode.
    pub fn unpack(signed: &SignedProposal) -> Result<Self, ProposalError> {
        if signed.proposal_bytes.is_empty() {
            return Err(ProposalError::Missing("a signed proposal is required"));
        }
        let proposal: ProposalMessage = decode("Proposal", &signed.proposal_bytes)?;
        let header: Header = decode("Header", &proposal.header)?;
        let channel_header: ChannelHeader = decode("ChannelHeader", &header.channel_header)?;
        let signature_header: SignatureHeader = decode("SignatureHeader", &header.signature_header)?;
        let extension: ChaincodeHeaderExtension = decode("ChaincodeHeaderExtension", &channel_header.extension)?;
        let named = extension
            .chaincode_id
            .ok_or(ProposalError::Missing("ChaincodeHeaderExtension.ChaincodeId is nil"))?;
        if named.name.is_empty() {
            return Err(ProposalError::Missing(
                "ChaincodeHeaderExtension.ChaincodeId.Name is empty",
            ));
        }
        let payload: ChaincodeProposalPayload = decode("ChaincodeProposalPayload", &proposal.payload)?;
        let invocation: ChaincodeInvocationSpec = decode("ChaincodeInvocationSpec", &payload.input)?;
        let spec = invocation.chaincode_spec.ok_or(ProposalError::Missing(
            "chaincode invocation spec did not contain chaincode spec",
        ))?;
        let input = spec
            .input
            .ok_or(ProposalError::Missing("chaincode input did not contain any input"))?;
        Ok(Self {
            signed: signed.clone(),
            header,
            channel_header,
            signature_header,
            chaincode: named.name,
            input,
            invocation: payload.input,
            has_transient: !payload.transient_map.is_empty(),
        })
    }

    /// The transaction's id.
    pub fn txid(&self) -> &str {
        &self.channel_header.tx_id
    }

    /// The checks that need no ledger (`UnpackedProposal.Validate`, its first half).
    ///
    /// # Errors
    /// The first that fails.
    pub fn check(&self) -> Result<(), ProposalError> {
        let kind = self.channel_header.r#type;
        if kind != i32::from(HeaderType::EndorserTransaction) && kind != i32::from(HeaderType::Config) {
            return Err(ProposalError::HeaderType(kind));
        }
        let SignatureHeader { creator, nonce } = &self.signature_header;
        let missing = [
            (self.channel_header.epoch != 0, "epoch is non-zero"),
            (nonce.is_empty(), "nonce is empty"),
            (creator.is_empty(), "creator is empty"),
            (self.signed.signature.is_empty(), "empty signature bytes"),
        ];
        if let Some((_, text)) = missing.into_iter().find(|(failed, _)| *failed) {
            return Err(ProposalError::Missing(text));
        }
        let expected = transaction_id(nonce, creator);
        if self.txid() != expected {
            return Err(ProposalError::TransactionId {
                found: self.txid().to_owned(),
                expected,
            });
        }
        Ok(())
    }

    /// The payload that goes into blocks: without transient data.
    pub fn public_payload(&self) -> Bytes {
        let payload = ChaincodeProposalPayload {
            input: self.invocation.clone(),
            ..Default::default()
        };
        payload.encode_to_vec().into()
    }

    /// SHA-256 over both headers and the public payload (`protoutil.GetProposalHash1`).
    pub fn hash(&self) -> [u8; 32] {
        let parts = [
            &self.header.channel_header,
            &self.header.signature_header,
            &self.public_payload(),
        ];
        sha256(&parts.map(|part| part.as_ref()).concat())
    }
}

/// Lower-case hex of SHA-256(nonce ‖ creator).
pub(crate) fn transaction_id(nonce: &[u8], creator: &[u8]) -> String {
    hex::encode(sha256(&[nonce, creator].concat()))
}

fn decode<M: Message + Default>(what: &'static str, bytes: &Bytes) -> Result<M, ProposalError> {
    M::decode(bytes.clone()).map_err(|error| ProposalError::Unreadable(what, error))
}

#[cfg(test)]
mod tests {
    use fabric_protos::protos::{ChaincodeId, ChaincodeSpec};

    use super::*;

    fn signed(txid: &str, transient: &[(&str, &str)]) -> SignedProposal {
        let chaincode_id = Some(ChaincodeId {
            name: "cc".into(),
            ..Default::default()
        });
        let extension = ChaincodeHeaderExtension {
            chaincode_id: chaincode_id.clone(),
        };
        let channel_header = ChannelHeader {
            r#type: HeaderType::EndorserTransaction.into(),
            tx_id: txid.into(),
            extension: extension.encode_to_vec().into(),
            ..Default::default()
        };
        let signature_header = SignatureHeader {
            creator: Bytes::from_static(b"c"),
            nonce: Bytes::from_static(b"n"),
        };
        let header = Header {
            channel_header: channel_header.encode_to_vec().into(),
            signature_header: signature_header.encode_to_vec().into(),
        };
        let spec = ChaincodeSpec {
            chaincode_id,
            input: Some(ChaincodeInput::default()),
            ..Default::default()
        };
        let payload = ChaincodeProposalPayload {
            input: ChaincodeInvocationSpec {
                chaincode_spec: Some(spec),
            }
            .encode_to_vec()
            .into(),
            transient_map: transient
                .iter()
                .map(|(name, value)| ((*name).into(), Bytes::from(value.to_string())))
                .collect(),
        };
        let proposal = ProposalMessage {
            header: header.encode_to_vec().into(),
            payload: payload.encode_to_vec().into(),
            extension: Bytes::new(),
        };
        SignedProposal {
            proposal_bytes: proposal.encode_to_vec().into(),
            signature: Bytes::from_static(b"s"),
        }
    }

    #[test]
    fn transient_data_is_in_neither_the_hash_nor_the_public_payload() {
        let id = transaction_id(b"n", b"c");
        let plain = Proposal::unpack(&signed(&id, &[])).unwrap();
        let transient = Proposal::unpack(&signed(&id, &[("key", "secret")])).unwrap();
        assert!(transient.has_transient && !plain.has_transient);
        assert_eq!(plain.hash(), transient.hash());
        assert_eq!(plain.public_payload(), transient.public_payload());
    }

    #[test]
    fn the_transaction_id_binds_nonce_and_creator() {
        let id = transaction_id(b"n", b"c");
        assert_eq!(Proposal::unpack(&signed(&id, &[])).unwrap().check(), Ok(()));
        let other = Proposal::unpack(&signed("abc", &[])).unwrap().check().unwrap_err();
        assert_eq!(
            other.to_string(),
            format!("incorrectly computed txid 'abc' -- expected '{id}'")
        );
    }

    #[test]
    fn rubbish_is_an_error() {
        let rubbish = SignedProposal {
            proposal_bytes: Bytes::from_static(b"\xff\xff"),
            signature: Bytes::new(),
        };
        assert!(matches!(
            Proposal::unpack(&rubbish),
            Err(ProposalError::Unreadable("Proposal", _))
        ));
        assert!(matches!(
            Proposal::unpack(&SignedProposal::default()),
            Err(ProposalError::Missing(_))
        ));
    }
}
