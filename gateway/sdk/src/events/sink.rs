//! Exactly once, where the sink stores the position together with the effect.

use std::{convert::Infallible, error::Error as StdError, future::Future};

use super::{ChaincodeEvent, ChaincodeEventsBuilder, Position};
use crate::Error;

/// A place that stores an event's effect and its position in one atomic step, such as one database transaction.
pub trait EventSink: Send {
    /// What the sink fails with.
    type Error: StdError + Send + Sync + 'static;

    /// The position stored last; none before the first.
    ///
    /// # Errors
    /// When it cannot be read.
    fn position(&mut self) -> impl Future<Output = Result<Option<Position>, Self::Error>> + Send;

    /// Stores the event's effect and the position after it, both or neither.
    ///
    /// # Errors
    /// When neither was stored.
    fn apply(
        &mut self,
        event: ChaincodeEvent,
        position: Position,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Why draining ended.
#[derive(Debug, thiserror::Error)]
pub enum SinkError<E: StdError + 'static> {
    /// The sink failed.
    #[error("the sink failed: {0}")]
    Sink(#[source] E),
    /// Listening failed.
    #[error(transparent)]
    Gateway(#[from] Error),
}

/// Feeds every event into the sink, from where the sink is, until one of them fails. Each event takes effect once,
/// however often this is restarted. Where the sink is new, the builder's own start stands.
///
/// # Errors
/// [`SinkError`], always: without an error it goes on for ever. Drop the future to stop.
pub async fn drain_into<S: EventSink>(
    events: ChaincodeEventsBuilder,
    sink: &mut S,
) -> Result<Infallible, SinkError<S::Error>> {
    let events = match sink.position().await.map_err(SinkError::Sink)? {
        Some(position) => events.after(position),
        None => events,
    };
    let mut stream = events.open().await?;
    loop {
        let event = stream.next().await?;
        let position = event.position();
        sink.apply(event, position).await.map_err(SinkError::Sink)?;
    }
}
