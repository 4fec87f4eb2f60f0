//! Requests for blocks, also such as are signed elsewhere.

use std::{fmt, future, sync::Arc};

use bytes::Bytes;
use fabric_protos::{
    common::{Block, ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader},
    orderer::{SeekInfo, SeekPosition, seek_position::Type as Seek},
    protos::{BlockAndPrivateData, FilteredBlock},
};
use futures_util::{Stream, TryStreamExt, stream};
use prost::Message;

use super::{
    EventsError,
    block_form::{BlockForm, FILTERED, FULL, WITH_PRIVATE_DATA},
    block_order::{BlockOrder, Delivered, read},
    feed::{sign_here, until_error},
    start::specified,
};
use crate::{
    CallFailure, Error,
    connection::Connection,
    pool::Node,
    proposal_builder::{encode, now},
    signing::sha256,
};

/// The request for blocks from `start` to `stop`, as one endpoint expects it (GOGW/blockeventsbuilder.go).
fn payload(connection: &Connection, node: &Node, channel: &str, start: SeekPosition, stop: SeekPosition) -> Bytes {
    let channel_header = ChannelHeader {
        r#type: HeaderType::DeliverSeekInfo as i32,
        timestamp: Some(now()),
        channel_id: channel.to_owned(),
        tls_cert_hash: node.certificate_hash.clone(),
        ..ChannelHeader::default()
    };
    let signature_header = SignatureHeader {
        creator: connection.signing.creator(),
        nonce: Bytes::new(),
    };
    let seek = SeekInfo {
        start: Some(start),
        stop: Some(stop),
        ..SeekInfo::default()
    };
    let header = Header {
        channel_header: encode(&channel_header),
        signature_header: encode(&signature_header),
    };
    encode(&Payload {
        header: Some(header),
        data: encode(&seek),
    })
}

pub(crate) fn signed_seek(
    connection: &Connection,
    node: &Node,
    channel: &str,
    start: SeekPosition,
    stop: SeekPosition,
) -> Result<Envelope, Error> {
    let payload = payload(connection, node, channel, start, stop);
    let signature = sign_here(connection, "the request for blocks", &payload)?;
    Ok(Envelope { payload, signature })
}

/// A request for blocks that is signed elsewhere. It goes to the endpoint it was made for.
#[derive(Clone)]
pub struct BlockEventsRequest {
    connection: Arc<Connection>,
    node: usize,
    start: u64,
    envelope: Envelope,
}

impl fmt::Debug for BlockEventsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockEventsRequest")
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

impl BlockEventsRequest {
    pub(crate) fn new(connection: Arc<Connection>, channel: &str, start: u64) -> Self {
        let node = connection.pool.preferred();
        let payload = payload(
            &connection,
            connection.pool.node(node),
            channel,
            specified(start),
            specified(u64::MAX),
        );
        Self {
            connection,
            node,
            start,
            envelope: Envelope {
                payload,
                signature: Bytes::new(),
            },
        }
    }

    pub(crate) fn from_bytes(connection: Arc<Connection>, bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |reason: &str| Error::Malformed {
            what: "request for blocks",
            reason: reason.to_owned(),
        };
        let read = |envelope: &Envelope| SeekInfo::decode(Payload::decode(envelope.payload.clone())?.data);
        let envelope = Envelope::decode(bytes).map_err(|error| malformed(&error.to_string()))?;
        let seek = read(&envelope).map_err(|error| malformed(&error.to_string()))?;
        match seek.start.and_then(|start| start.r#type) {
            Some(Seek::Specified(start)) => {
                let node = connection.pool.preferred();
                Ok(Self {
                    connection,
                    node,
                    start: start.number,
                    envelope,
                })
            }
            _ => Err(malformed("it does not begin with a block's number")),
        }
    }

    /// The serialised `common.Envelope`, as the official clients exchange it.
    pub fn bytes(&self) -> Bytes {
        encode(&self.envelope)
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

    /// The blocks until the stream breaks.
    ///
    /// # Errors
    /// [`Error::Sign`] when there is neither signature nor signer. The stream's last item is an [`Error::Events`].
    pub fn open(self) -> Result<impl Stream<Item = Result<Block, Error>> + Send, Error> {
        self.open_as(FULL)
    }

    /// As [`Self::open`], without what the transactions wrote.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_filtered(self) -> Result<impl Stream<Item = Result<FilteredBlock, Error>> + Send, Error> {
        self.open_as(FILTERED)
    }

    /// As [`Self::open`], with the private data that this identity's organisation may see.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with_private_data(
        self,
    ) -> Result<impl Stream<Item = Result<BlockAndPrivateData, Error>> + Send, Error> {
        self.open_as(WITH_PRIVATE_DATA)
    }

    fn open_as<B: Send>(self, form: BlockForm<B>) -> Result<impl Stream<Item = Result<B, Error>> + Send, Error> {
        let Self {
            connection,
            node,
            start,
            mut envelope,
        } = self;
        let signing = &connection.signing;
        envelope.signature = signing.signature("the request for blocks", &envelope.signature, &envelope.payload)?;
        let node = connection.pool.node(node);
        let (address, opening) = (node.address.clone(), (form.open)(node, envelope));
        let mut order = BlockOrder::new(start);
        let broken = move |status: &_| EventsError::Broken(Box::new(CallFailure::from_status(status, &address)));
        let on_status = broken.clone();
        let messages = stream::once(opening)
            .try_flatten()
            .map_err(move |status| broken(&status));
        let blocks = messages.and_then(move |message| {
            future::ready(match read(form, message) {
                Ok(Delivered::Block(number, block)) => order.accept(number).map(|new| new.then_some(block)),
                Ok(Delivered::Status(status)) => Err(on_status(&status)),
                Err(error) => Err(error),
            })
        });
        Ok(until_error(blocks.try_filter_map(|block| future::ready(Ok(block)))))
    }
}
