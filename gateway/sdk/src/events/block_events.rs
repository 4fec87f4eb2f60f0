//! Blocks as they are committed.

use std::{fmt, sync::Arc};

use fabric_protos::{
    common::Block,
    protos::{BlockAndPrivateData, DeliverResponse, FilteredBlock},
};

use super::{
    BlockEventsRequest, Checkpointer, Position,
    block_form::{BlockForm, FILTERED, FULL, WITH_PRIVATE_DATA},
    block_order::{BlockOrder, Delivered, read},
    block_request::signed_seek,
    feed::{Arrival, Feed},
    start::{Start, specified},
};
use crate::{CallFailure, Error, connection::Connection, pool::Node};

/// Describes which blocks are wanted.
#[derive(Clone)]
pub struct BlockEventsBuilder {
    connection: Arc<Connection>,
    channel: String,
    start: Start,
}

impl fmt::Debug for BlockEventsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockEventsBuilder")
            .field("channel", &self.channel)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

impl BlockEventsBuilder {
    pub(crate) fn new(connection: Arc<Connection>, channel: String) -> Self {
        Self {
            connection,
            channel,
            start: Start::Now,
        }
    }

    /// Begins with this block. Without a start, listening begins after the newest block.
    #[must_use]
    pub fn start_block(mut self, number: u64) -> Self {
        self.start = Start::block(number);
        self
    }

    /// Begins with the block of this position; a transaction in it is not regarded.
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
    pub async fn request(self) -> Result<BlockEventsRequest, Error> {
        let position = self.start.resolve(&self.connection, &self.channel).await?;
        Ok(BlockEventsRequest::new(
            self.connection,
            &self.channel,
            position.block_number,
        ))
    }

    /// Whole blocks.
    ///
    /// # Errors
    /// [`Error::Events`] when the newest block is needed and cannot be had.
    pub async fn open(self) -> Result<BlockStream<Block>, Error> {
        self.open_as(FULL).await
    }

    /// Blocks without what the transactions wrote: ids, codes and event names.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_filtered(self) -> Result<BlockStream<FilteredBlock>, Error> {
        self.open_as(FILTERED).await
    }

    /// Blocks with the private data that this identity's organisation may see.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with_private_data(self) -> Result<BlockStream<BlockAndPrivateData>, Error> {
        self.open_as(WITH_PRIVATE_DATA).await
    }

    async fn open_as<B>(self, form: BlockForm<B>) -> Result<BlockStream<B>, Error>
    where
        B: 'static,
    {
        let Self {
            connection,
            channel,
            start,
        } = self;
        let order = BlockOrder::new(start.resolve(&connection, &channel).await?.block_number);
        let opener = move |connection: &Connection, node: &Node, start| {
            let envelope = signed_seek(connection, node, &channel, specified(start), specified(u64::MAX))?;
            Ok((form.open)(node, envelope))
        };
        Ok(BlockStream {
            feed: Feed::new(connection, Box::new(opener)),
            order,
            form,
        })
    }
}

/// What a stream of blocks has to tell.
#[derive(Clone, Debug)]
pub enum BlockNotice<B> {
    /// The next block.
    Block(B),
    /// The stream broke. It is being resumed where it broke; nothing is lost or doubled.
    Broken(CallFailure),
}

/// Blocks in order, each once, none left out. When the stream breaks it resumes by itself, on the next endpoint.
pub struct BlockStream<B> {
    feed: Feed<DeliverResponse>,
    order: BlockOrder,
    form: BlockForm<B>,
}

impl<B> fmt::Debug for BlockStream<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockStream")
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

impl<B> BlockStream<B> {
    /// The next block. Waits as long as there is none; dropping the future loses nothing.
    ///
    /// # Errors
    /// [`Error::Events`] when the peer refuses, leaves a block out, or cannot be reached for
    /// [`Limits::resume`](crate::Limits::resume). After the last of these the next call tries again.
    pub async fn next(&mut self) -> Result<B, Error> {
        loop {
            if let BlockNotice::Block(block) = self.next_notice().await? {
                return Ok(block);
            }
        }
    }

    /// The next block, or the news that the stream broke.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn next_notice(&mut self) -> Result<BlockNotice<B>, Error> {
        loop {
            let arrival = match self.feed.next(self.order.next()).await? {
                Arrival::Message(message) => match read(self.form, message)? {
                    Delivered::Block(number, block) => match self.order.accept(number)? {
                        true => return Ok(BlockNotice::Block(block)),
                        false => continue,
                    },
                    Delivered::Status(status) => self.feed.broke(&status)?,
                },
                arrival => arrival,
            };
            if let Arrival::Break(failure) = arrival {
                return Ok(BlockNotice::Broken(failure));
            }
        }
    }
}
