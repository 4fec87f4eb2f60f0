//! The market's events in ledger order, each once.

use der_api::Event;
use fabric_gateway::events::{EventStream, Notice};
use futures_util::FutureExt;

use super::{FollowFile, Kind, MarketEvent, Position};
use crate::{ClientError, MarketClient};

/// Where to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// After the newest block.
    Now,
    /// With this block; 0 is the whole ledger.
    Block(u64),
    /// After this event, which must be one of the market's.
    After(Position),
}

/// The market's events in ledger order, each once. A stream that breaks is resumed where it broke.
#[derive(Debug)]
pub struct Follow {
    events: EventStream,
    kind: Kind,
}

impl MarketClient {
    /// Listens to the market's events.
    ///
    /// # Errors
    /// When the newest block is asked for and no peer tells it.
    pub async fn follow(&self, kind: Kind, start: Start) -> Result<Follow, ClientError> {
        let events = self.network.chaincode_events(self.contract().chaincode());
        let events = match start {
            Start::Now => events,
            Start::Block(number) => events.start_block(number),
            Start::After(position) => events.after(position.into()),
        };
        Ok(Follow {
            events: events.open().await?,
            kind,
        })
    }

    /// Writes the events to the file, from where it ends, and shows each once it is written.
    ///
    /// Returns only with an error, or when `show` says `false`. The disk is forced whenever no further event waits.
    ///
    /// # Errors
    /// Of the stream, and of the file as [`der_api::ErrorCode::Internal`].
    pub async fn follow_into(
        &self,
        kind: Kind,
        file: &mut FollowFile,
        mut show: impl FnMut(&MarketEvent) -> bool + Send,
    ) -> Result<(), ClientError> {
        let start = file.position().cloned().map_or(Start::Block(0), Start::After);
        let mut follow = self.follow(kind, start).await?;
        loop {
            let event = match follow.next().now_or_never() {
                Some(event) => event?,
                None => {
                    file.sync()?;
                    follow.next().await?
                }
            };
            file.append(&event)?;
            if !show(&event) {
                return Ok(file.sync()?);
            }
        }
    }
}

impl Follow {
    /// The next wanted event. Waits as long as there is none; dropping the future loses nothing.
    ///
    /// # Errors
    /// When the gateway refuses, contradicts itself, or stays away for longer than the gateway's resume limit; or an
    /// event of the market that this version cannot read.
    pub async fn next(&mut self) -> Result<MarketEvent, ClientError> {
        loop {
            let heard = match self.events.next_notice().await? {
                Notice::Event(heard) => heard,
                Notice::Broken(failure) => {
                    tracing::warn!(%failure, "the event stream broke and is being resumed");
                    continue;
                }
            };
            if !self.kind.wants(&heard.name) {
                continue;
            }
            let position = Position {
                block: heard.block_number,
                transaction: heard.transaction_id,
            };
            match Event::parse(&heard.name, &heard.payload)? {
                Some(event) => return Ok(MarketEvent { position, event }),
                None => tracing::warn!(name = heard.name, %position, "an event of a later version is passed over"),
            }
        }
    }
}
