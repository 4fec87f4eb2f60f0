//! The chain as any member reads it, checked link by link.

use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use der_api::Event;
use der_client::watch::{check_link, header_hash};
use fabric_gateway::Network;
use fabric_protos::common::{
    Block, BlockHeader, BlockMetadataIndex, BlockchainInfo, ChannelHeader, Envelope, Payload, SignatureHeader,
};
use fabric_protos::protos::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEvent, ProposalResponsePayload, Transaction,
};
use prost::Message;

/// Time for one block to arrive.
const LIMIT: Duration = Duration::from_secs(10);

/// One transaction of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its block.
    pub block: u64,
    /// Its id.
    pub transaction_id: String,
    /// How large it is with its signatures and endorsements, bytes.
    pub bytes: usize,
    /// Its validation code, 0 for valid.
    pub code: u8,
    /// Who made it, as a `SerializedIdentity`.
    pub creator: Bytes,
    /// Name and payload of its chaincode's event, where it has one.
    pub event: Option<(String, Vec<u8>)>,
}

impl Committed {
    /// The name of its chaincode's event, where it has one.
    #[must_use]
    pub fn event_name(&self) -> Option<&str> {
        self.event.as_ref().map(|(name, _)| name.as_str())
    }

    /// The slot that this transaction settled, if it is valid and settled one.
    #[must_use]
    pub fn settled_slot(&self) -> Option<u64> {
        let (name, payload) = self.event.as_ref().filter(|_| self.code == 0)?;
        match Event::parse(name, payload) {
            Ok(Some(Event::SlotSettled(settled))) => Some(settled.slot.get()),
            _ => None,
        }
    }
}

/// Reads every block from genesis to the tip, checks data hash and link of each, and lists the transactions.
///
/// # Errors
/// When a block is torn, does not link, or does not arrive.
pub async fn read_blocks(channel: &Network) -> Result<Vec<Committed>> {
    ChainReader::new(channel.clone()).read_on().await
}

/// A chain that is read piece by piece.
pub struct ChainReader {
    channel: Network,
    last: Option<BlockHeader>,
}

impl ChainReader {
    /// Begins with the genesis block.
    #[must_use]
    pub const fn new(channel: Network) -> Self {
        Self { channel, last: None }
    }

    /// Number and hash of the last block read.
    #[must_use]
    pub fn tip(&self) -> Option<(u64, [u8; 32])> {
        self.last.as_ref().map(|header| (header.number, header_hash(header)))
    }

    /// Blocks that the peer has.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn height(&self) -> Result<u64> {
        let contract = self.channel.contract("qscc");
        let info = contract.evaluate("GetChainInfo", [self.channel.name()]).await?;
        Ok(BlockchainInfo::decode(info)?.height)
    }

    /// Reads from where it stands to the tip, checks data hash and link of each block, and lists the transactions.
    ///
    /// # Errors
    /// As [`read_blocks`].
    pub async fn read_on(&mut self) -> Result<Vec<Committed>> {
        let height = self.height().await?;
        self.read_to(height).await
    }

    /// As [`ChainReader::read_on`], to this height and no further.
    ///
    /// # Errors
    /// As [`read_blocks`].
    pub async fn read_to(&mut self, height: u64) -> Result<Vec<Committed>> {
        let next = self.last.as_ref().map_or(0, |header| header.number + 1);
        let mut committed = Vec::new();
        if next >= height {
            return Ok(committed);
        }
        let mut last = self.last.clone();
        let mut blocks = self.channel.block_events().start_block(next).open().await?;
        for number in next..height {
            let block = tokio::time::timeout(LIMIT, blocks.next())
                .await
                .context("a block does not arrive")??;
            let header = check_link(&block, number, last.as_ref())?;
            committed.extend(transactions(&block)?);
            last = Some(header);
        }
        // Only now: what a broken stream brought is read again.
        self.last = last;
        Ok(committed)
    }
}

fn transactions(block: &Block) -> Result<Vec<Committed>> {
    let number = block.header.as_ref().map_or(0, |header| header.number);
    let metadata = block.metadata.as_ref().context("a block without metadata")?;
    let filter = metadata
        .metadata
        .get(BlockMetadataIndex::TransactionsFilter as usize)
        .cloned()
        .unwrap_or_default();
    let envelopes = block.data.iter().flat_map(|data| &data.data);
    envelopes
        .zip(filter)
        .map(|(envelope, code)| committed(number, envelope, code))
        .collect()
}

fn committed(block: u64, envelope: &[u8], code: u8) -> Result<Committed> {
    let payload = Payload::decode(Envelope::decode(envelope)?.payload)?;
    let header = payload.header.context("a transaction without header")?;
    let transaction_id = ChannelHeader::decode(header.channel_header)?.tx_id;
    Ok(Committed {
        block,
        transaction_id,
        code,
        bytes: envelope.len(),
        creator: SignatureHeader::decode(header.signature_header)?.creator,
        event: event(payload.data),
    })
}

/// The event of a transaction's first action; none where it is no call of a chaincode.
fn event(transaction: Bytes) -> Option<(String, Vec<u8>)> {
    let action = Transaction::decode(transaction).ok()?.actions.into_iter().next()?;
    let action = ChaincodeActionPayload::decode(action.payload).ok()?.action?;
    let payload = ProposalResponsePayload::decode(action.proposal_response_payload).ok()?;
    let event = ChaincodeEvent::decode(ChaincodeAction::decode(payload.extension).ok()?.events).ok()?;
    (!event.event_name.is_empty()).then(|| (event.event_name, event.payload.to_vec()))
}
