//! The events of one chaincode.

use std::{collections::VecDeque, fmt, sync::Arc};

use bytes::Bytes;
use fabric_protos::gateway::ChaincodeEventsResponse;
use futures_util::{Stream, stream};

use super::{
    ChaincodeEventsRequest, Checkpointer, Position,
    chaincode_request::{self, open},
    cursor::Cursor,
    feed::{Arrival, Feed, sign_here},
    start::Start,
};
use crate::{CallFailure, Error, connection::Connection};

/// An event that a valid transaction set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaincodeEvent {
    /// The block of the transaction.
    pub block_number: u64,
    /// The transaction; it has no other event.
    pub transaction_id: String,
    /// The chaincode.
    pub chaincode: String,
    /// The event's name.
    pub name: String,
    /// The event's content, as the chaincode wrote it.
    pub payload: Bytes,
}

impl ChaincodeEvent {
    /// The position after this event.
    pub fn position(&self) -> Position {
        Position::after_event(self)
    }
}

/// What a stream has to tell.
#[derive(Clone, Debug)]
pub enum Notice {
    /// The next event.
    Event(ChaincodeEvent),
    /// The stream broke. It is being resumed where it broke; nothing is lost or doubled.
    Broken(CallFailure),
}

/// Describes which events are wanted.
#[derive(Clone)]
pub struct ChaincodeEventsBuilder {
    connection: Arc<Connection>,
    channel: String,
    chaincode: String,
    start: Start,
}

impl fmt::Debug for ChaincodeEventsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaincodeEventsBuilder")
            .field("channel", &self.channel)
            .field("chaincode", &self.chaincode)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

impl ChaincodeEventsBuilder {
    pub(crate) fn new(connection: Arc<Connection>, channel: String, chaincode: String) -> Self {
        Self {
            connection,
            channel,
            chaincode,
            start: Start::Now,
        }
    }

    /// Begins with this block. Without a start, listening begins after the newest block.
    #[must_use]
    pub fn start_block(mut self, number: u64) -> Self {
        self.start = Start::block(number);
        self
    }

    /// Begins after this position, as an event or [`Position::after_block`] gave it.
    #[must_use]
    pub fn after(mut self, position: Position) -> Self {
        self.start = Start::At(position);
        self
    }

    /// Begins after the stored position; where none is stored yet, the start chosen before stands.
    #[must_use]
    pub fn checkpoint(self, checkpointer: &impl Checkpointer) -> Self {
        match checkpointer.position() {
            Some(position) => self.after(position),
            None => self,
        }
    }

    /// A request to be signed elsewhere. Its stream is not resumed when it breaks, since that takes a new signature.
    ///
    /// # Errors
    /// [`Error::Events`] when the newest block is needed and cannot be had.
    pub async fn request(self) -> Result<ChaincodeEventsRequest, Error> {
        let position = self.start.resolve(&self.connection, &self.channel).await?;
        Ok(ChaincodeEventsRequest::new(
            self.connection,
            &self.channel,
            &self.chaincode,
            position,
        ))
    }

    /// Begins to listen. Where a start was chosen, this waits for nothing.
    ///
    /// # Errors
    /// [`Error::Events`] when the newest block is needed and cannot be had.
    pub async fn open(self) -> Result<EventStream, Error> {
        let Self {
            connection,
            channel,
            chaincode,
            start,
        } = self;
        let position = start.resolve(&connection, &channel).await?;
        let cursor = Cursor::new(chaincode.clone(), position);
        let opener = move |connection: &Connection, node: &crate::pool::Node, start| {
            let request = chaincode_request::message(connection, &channel, &chaincode, start);
            let signature = sign_here(connection, "the request for events", &request)?;
            Ok(open(node, request, signature))
        };
        Ok(EventStream {
            feed: Feed::new(connection, Box::new(opener)),
            cursor,
            queue: VecDeque::new(),
        })
    }
}

/// Events in the order of the ledger, each once. When the stream breaks it resumes by itself, on the next endpoint.
pub struct EventStream {
    feed: Feed<ChaincodeEventsResponse>,
    cursor: Cursor,
    queue: VecDeque<ChaincodeEvent>,
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}

impl EventStream {
    /// The next event. Waits as long as there is none; dropping the future loses nothing.
    ///
    /// # Errors
    /// [`Error::Events`] when the gateway refuses, contradicts itself, or cannot be reached for
    /// [`Limits::resume`](crate::Limits::resume). After the last of these the next call tries again.
    pub async fn next(&mut self) -> Result<ChaincodeEvent, Error> {
        loop {
            if let Notice::Event(event) = self.next_notice().await? {
                return Ok(event);
            }
        }
    }

    /// The next event, or the news that the stream broke.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn next_notice(&mut self) -> Result<Notice, Error> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Ok(Notice::Event(event));
            }
            match self.feed.next(self.cursor.start_block()).await? {
                Arrival::Message(message) => self.queue.extend(self.cursor.accept(message)?),
                Arrival::Break(failure) => {
                    self.cursor.reconnected();
                    return Ok(Notice::Broken(failure));
                }
            }
        }
    }

    /// The events as a stream, which ends after its first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<ChaincodeEvent, Error>> + Send {
        stream::unfold(Some(self), |events| async {
            let mut events = events?;
            match events.next().await {
                Ok(event) => Some((Ok(event), Some(events))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }
}
