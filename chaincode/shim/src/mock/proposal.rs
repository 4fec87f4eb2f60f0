use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use bytes::Bytes;
use fabric_protos::{
    common::{ChannelHeader, Header, HeaderType, SignatureHeader},
    protos::{ChaincodeInput, ChaincodeProposalPayload, Proposal, SignedProposal, chaincode_message::Type},
};
use prost::Message as _;
use prost_types::Timestamp;

use crate::frame::{Frame, TxKey};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// What a client asks of the mock peer. Unsigned: the mock checks no signatures.
#[derive(Debug, Clone)]
pub struct MockProposal {
    args: Vec<Bytes>,
    creator: Bytes,
    transient: BTreeMap<String, Bytes>,
    decorations: BTreeMap<String, Bytes>,
    channel: String,
    transaction_id: String,
    timestamp: Timestamp,
    is_init: bool,
}

impl MockProposal {
    /// A proposal with the given arguments, on the channel `mock`, under a transaction id of its own.
    #[must_use]
    pub fn new<A: Into<Bytes>>(args: impl IntoIterator<Item = A>) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            creator: Bytes::new(),
            transient: BTreeMap::new(),
            decorations: BTreeMap::new(),
            channel: "mock".to_owned(),
            transaction_id: format!("tx{}", NEXT.fetch_add(1, Relaxed)),
            timestamp: Timestamp::default(),
            is_init: false,
        }
    }

    /// Who proposes: a marshalled `SerializedIdentity`.
    #[must_use]
    pub fn creator(mut self, creator: impl Into<Bytes>) -> Self {
        self.creator = creator.into();
        self
    }

    /// Adds an entry to the transient map.
    #[must_use]
    pub fn transient(mut self, name: impl Into<String>, value: impl Into<Bytes>) -> Self {
        self.transient.insert(name.into(), value.into());
        self
    }

    /// Adds a decoration, as a peer's decorator would.
    #[must_use]
    pub fn decoration(mut self, name: impl Into<String>, value: impl Into<Bytes>) -> Self {
        self.decorations.insert(name.into(), value.into());
        self
    }

    /// Proposes on another channel.
    #[must_use]
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = channel.into();
        self
    }

    /// Proposes under the given transaction id.
    #[must_use]
    pub fn transaction_id(mut self, id: impl Into<String>) -> Self {
        self.transaction_id = id.into();
        self
    }

    /// The client's clock, in seconds since 1970.
    #[must_use]
    pub fn timestamp(mut self, seconds: i64) -> Self {
        self.timestamp = Timestamp { seconds, nanos: 0 };
        self
    }

    /// Asks for initialisation instead of a transaction.
    #[must_use]
    pub fn init(mut self) -> Self {
        self.is_init = true;
        self
    }

    pub(crate) fn key(&self) -> TxKey {
        TxKey {
            channel: self.channel.clone().into(),
            txid: self.transaction_id.clone().into(),
        }
    }

    pub(crate) fn frame(self) -> Frame {
        let key = self.key();
        let kind = if self.is_init { Type::Init } else { Type::Transaction };
        let proposal = Some(self.signed());
        let input = ChaincodeInput {
            args: self.args,
            decorations: self.decorations,
            is_init: self.is_init,
        };
        Frame {
            proposal,
            ..Frame::of(&key, kind, input.encode_to_vec())
        }
    }

    fn signed(&self) -> SignedProposal {
        let channel_header = ChannelHeader {
            r#type: HeaderType::EndorserTransaction as i32,
            timestamp: Some(self.timestamp),
            channel_id: self.channel.clone(),
            tx_id: self.transaction_id.clone(),
            ..ChannelHeader::default()
        };
        let signature_header = SignatureHeader {
            creator: self.creator.clone(),
            nonce: self.transaction_id.clone().into(),
        };
        let header = Header {
            channel_header: channel_header.encode_to_vec().into(),
            signature_header: signature_header.encode_to_vec().into(),
        };
        let payload = ChaincodeProposalPayload {
            input: Bytes::new(),
            transient_map: self.transient.clone(),
        };
        let proposal = Proposal {
            header: header.encode_to_vec().into(),
            payload: payload.encode_to_vec().into(),
            extension: Bytes::new(),
        };
        SignedProposal {
            proposal_bytes: proposal.encode_to_vec().into(),
            signature: Bytes::new(),
        }
    }
}
