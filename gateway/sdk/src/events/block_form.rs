//! The three forms in which a peer delivers blocks.

use fabric_protos::{
    common::{Block, Envelope},
    protos::{BlockAndPrivateData, DeliverResponse, FilteredBlock, deliver_response::Type},
};
use futures_util::{Stream, StreamExt, stream};

use super::feed::Opening;
use crate::pool::Node;

/// How to ask for one form, and how to read it.
pub(crate) struct BlockForm<B> {
    pub(crate) open: fn(&Node, Envelope) -> Opening<DeliverResponse>,
    /// The number and the block, when the message holds this form.
    pub(crate) read: fn(Type) -> Option<(u64, B)>,
}

impl<B> Clone for BlockForm<B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for BlockForm<B> {}

pub(crate) const FULL: BlockForm<Block> = BlockForm {
    open: |node, envelope| {
        let mut client = node.deliver();
        Box::pin(async move { Ok(client.deliver(outgoing(envelope)).await?.into_inner()) })
    },
    read: |content| match content {
        Type::Block(block) => Some((block.header.as_ref()?.number, block)),
        _ => None,
    },
};

pub(crate) const FILTERED: BlockForm<FilteredBlock> = BlockForm {
    open: |node, envelope| {
        let mut client = node.deliver();
        Box::pin(async move { Ok(client.deliver_filtered(outgoing(envelope)).await?.into_inner()) })
    },
    read: |content| match content {
        Type::FilteredBlock(block) => Some((block.number, block)),
        _ => None,
    },
};

pub(crate) const WITH_PRIVATE_DATA: BlockForm<BlockAndPrivateData> = BlockForm {
    open: |node, envelope| {
        let mut client = node.deliver();
        Box::pin(async move { Ok(client.deliver_with_private_data(outgoing(envelope)).await?.into_inner()) })
    },
    read: |content| match content {
        Type::BlockAndPrivateData(block) => Some((block.block.as_ref()?.header.as_ref()?.number, block)),
        _ => None,
    },
};

/// One request, then silence: the peer ends the stream when the request side ends.
fn outgoing(envelope: Envelope) -> impl Stream<Item = Envelope> + Send + 'static {
    stream::iter([envelope]).chain(stream::pending())
}
