//! A server stream that is opened again when it breaks.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, Sleep, sleep};
use tonic::{Code, Status, Streaming};

use super::EventsError;
use crate::{CallFailure, Error, connection::Connection, pool::Node, retry::Backoff};

/// A connection that lasted this long was healthy: the count of failures begins anew.
const HEALTHY: Duration = Duration::from_secs(10);

pub(crate) type Opening<M> = Pin<Box<dyn Future<Output = Result<Streaming<M>, Status>> + Send>>;

/// Builds the request for a start block and opens the stream at an endpoint.
pub(crate) type Opener<M> = Box<dyn Fn(&Connection, &Node, u64) -> Result<Opening<M>, Error> + Send + Sync>;

/// What comes out of a feed.
pub(crate) enum Arrival<M> {
    Message(M),
    Break(CallFailure),
}

// Waiting for the stream to open has no limit of its own: Fabric's gateway sends no header before the first event.
// A dead peer is found by the connection's time-out and by HTTP/2 pings.
enum State<M> {
    Idle,
    Resting(Pin<Box<Sleep>>),
    Opening(Opening<M>),
    Open(Box<Streaming<M>>),
}

pub(crate) struct Feed<M> {
    connection: Arc<Connection>,
    opener: Opener<M>,
    state: State<M>,
    node: usize,
    opened_at: Instant,
    broken_since: Option<Instant>,
    backoff: Backoff,
}

impl<M> Feed<M> {
    pub(crate) fn new(connection: Arc<Connection>, opener: Opener<M>) -> Self {
        let limits = connection.limits;
        Self {
            node: connection.pool.preferred(),
            connection,
            opener,
            state: State::Idle,
            opened_at: Instant::now(),
            broken_since: None,
            backoff: Backoff::new(limits.pause, limits.longest_pause),
        }
    }

    /// The next message, or the news that the stream broke and is being opened again from `start`. Dropping the future
    /// loses nothing.
    pub(crate) async fn next(&mut self, start: u64) -> Result<Arrival<M>, Error> {
        loop {
            match &mut self.state {
                State::Idle => {
                    let opening = (self.opener)(&self.connection, self.connection.pool.node(self.node), start)?;
                    self.opened_at = Instant::now();
                    self.state = State::Opening(opening);
                }
                State::Resting(rest) => {
                    rest.await;
                    self.state = State::Idle;
                }
                State::Opening(opening) => match opening.await {
                    Ok(stream) => self.state = State::Open(Box::new(stream)),
                    Err(status) => return self.broke(&status),
                },
                State::Open(stream) => match stream.message().await {
                    Ok(Some(message)) => {
                        self.broken_since = None;
                        self.backoff.reset();
                        return Ok(Arrival::Message(message));
                    }
                    Ok(None) => return self.broke(&Status::unavailable("the gateway ended the stream")),
                    Err(status) => return self.broke(&status),
                },
            }
        }
    }

    /// Gives the connection up after a message that says so.
    pub(crate) fn broke(&mut self, status: &Status) -> Result<Arrival<M>, Error> {
        let failure = CallFailure::from_status(status, &self.connection.pool.node(self.node).address);
        self.state = State::Idle;
        if is_final(&failure) {
            return Err(EventsError::Refused(Box::new(failure)).into());
        }
        if self.opened_at.elapsed() >= HEALTHY {
            self.broken_since = None;
            self.backoff.reset();
        }
        let since = *self.broken_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= self.connection.limits.resume {
            let tried = since.elapsed();
            self.broken_since = None;
            return Err(EventsError::GaveUp {
                tried,
                last: Box::new(failure),
            }
            .into());
        }
        tracing::warn!(%failure, "the event stream broke and is being resumed");
        self.node = self.node.wrapping_add(1);
        self.state = State::Resting(Box::pin(sleep(self.backoff.pause())));
        Ok(Arrival::Break(failure))
    }
}

fn is_final(failure: &CallFailure) -> bool {
    !failure.is_away()
        && matches!(
            failure.code,
            Code::PermissionDenied
                | Code::Unauthenticated
                | Code::InvalidArgument
                | Code::NotFound
                | Code::Unimplemented
                | Code::FailedPrecondition
                | Code::OutOfRange
        )
}

/// The stream up to and with its first error.
pub(crate) fn until_error<T: Send>(
    items: impl Stream<Item = Result<T, EventsError>> + Send,
) -> impl Stream<Item = Result<T, Error>> + Send {
    stream::unfold(Some(Box::pin(items)), |items| async {
        let mut items = items?;
        match items.next().await? {
            Ok(item) => Some((Ok(item), Some(items))),
            Err(error) => Some((Err(error.into()), None)),
        }
    })
}

/// Signs a request here; feeds cannot be resumed with signatures made elsewhere.
pub(crate) fn sign_here(connection: &Connection, what: &'static str, message: &[u8]) -> Result<Bytes, Error> {
    connection.signing.signature(what, &Bytes::new(), message)
}
