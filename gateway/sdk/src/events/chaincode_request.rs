//! Requests for chaincode events, also such as are signed elsewhere.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use fabric_protos::gateway::{
    ChaincodeEventsRequest as RequestMessage, ChaincodeEventsResponse, SignedChaincodeEventsRequest,
};
use futures_util::{Stream, TryStreamExt, stream};
use prost::Message;

use super::{
    ChaincodeEvent, EventsError, Position,
    cursor::Cursor,
    feed::{Opening, until_error},
    start::specified,
};
use crate::{CallFailure, Error, connection::Connection, pool::Node, proposal_builder::encode, signing::sha256};

pub(crate) fn message(connection: &Connection, channel: &str, chaincode: &str, start: u64) -> Bytes {
    encode(&RequestMessage {
        channel_id: channel.to_owned(),
        chaincode_id: chaincode.to_owned(),
        identity: connection.signing.creator(),
        start_position: Some(specified(start)),
        after_transaction_id: String::new(),
    })
}

pub(crate) fn open(node: &Node, request: Bytes, signature: Bytes) -> Opening<ChaincodeEventsResponse> {
    let mut client = node.gateway();
    Box::pin(async move {
        let signed = SignedChaincodeEventsRequest { request, signature };
        Ok(client.chaincode_events(signed).await?.into_inner())
    })
}

/// A request for chaincode events that is signed elsewhere.
#[derive(Clone)]
pub struct ChaincodeEventsRequest {
    connection: Arc<Connection>,
    chaincode: String,
    position: Position,
    signed: SignedChaincodeEventsRequest,
}

impl fmt::Debug for ChaincodeEventsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaincodeEventsRequest")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl ChaincodeEventsRequest {
    pub(crate) fn new(connection: Arc<Connection>, channel: &str, chaincode: &str, position: Position) -> Self {
        let request = message(&connection, channel, chaincode, position.block_number);
        let signed = SignedChaincodeEventsRequest {
            request,
            signature: Bytes::new(),
        };
        Self {
            connection,
            chaincode: chaincode.to_owned(),
            position,
            signed,
        }
    }

    pub(crate) fn from_bytes(connection: Arc<Connection>, bytes: &[u8]) -> Result<Self, Error> {
        use fabric_protos::orderer::seek_position::Type;
        let malformed = |reason: String| Error::Malformed {
            what: "request for chaincode events",
            reason,
        };
        let signed = SignedChaincodeEventsRequest::decode(bytes).map_err(|error| malformed(error.to_string()))?;
        let request = RequestMessage::decode(signed.request.clone()).map_err(|error| malformed(error.to_string()))?;
        if !request.after_transaction_id.is_empty() {
            return Err(malformed(
                "it starts after a transaction, which may deliver nothing for ever".to_owned(),
            ));
        }
        let block_number = match request.start_position.and_then(|start| start.r#type) {
            Some(Type::Specified(start)) => start.number,
            _ => 0,
        };
        let position = Position {
            block_number,
            transaction_id: String::new(),
        };
        Ok(Self {
            connection,
            chaincode: request.chaincode_id,
            position,
            signed,
        })
    }

    /// The serialised `gateway.SignedChaincodeEventsRequest`, as the official clients exchange it.
    pub fn bytes(&self) -> Bytes {
        encode(&self.signed)
    }

    /// The SHA-256 to be signed.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&[&self.signed.request])
    }

    /// Adds a signature made elsewhere: DER with low S.
    #[must_use]
    pub fn with_signature(mut self, signature: impl Into<Bytes>) -> Self {
        self.signed.signature = signature.into();
        self
    }

    /// The events until the stream breaks.
    ///
    /// # Errors
    /// [`Error::Sign`] when there is neither signature nor signer. The stream's last item is an [`Error::Events`].
    pub fn open(self) -> Result<impl Stream<Item = Result<ChaincodeEvent, Error>> + Send, Error> {
        let Self {
            connection,
            chaincode,
            position,
            signed,
        } = self;
        let signature = connection
            .signing
            .signature("the request for events", &signed.signature, &signed.request)?;
        let node = connection.pool.node(connection.pool.preferred());
        let (address, opening) = (node.address.clone(), open(node, signed.request, signature));
        let mut cursor = Cursor::new(chaincode, position);
        let broken = move |status| EventsError::Broken(Box::new(CallFailure::from_status(&status, &address)));
        let blocks = stream::once(opening).try_flatten().map_err(broken);
        let events = blocks.and_then(move |message| std::future::ready(cursor.accept(message)));
        Ok(until_error(
            events
                .map_ok(|events| stream::iter(events.into_iter().map(Ok::<_, EventsError>)))
                .try_flatten(),
        ))
    }
}
