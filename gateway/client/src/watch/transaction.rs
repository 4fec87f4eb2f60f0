//! Transactions of a block, with what they write under the market's chaincode.

use bytes::Bytes;
use fabric_protos::common::{Block, BlockMetadataIndex, ChannelHeader, Envelope, Payload};
use fabric_protos::kvrwset::KvrwSet;
use fabric_protos::protos::{
    ChaincodeAction, ChaincodeActionPayload, ProposalResponsePayload, Transaction as Endorsed,
};
use fabric_protos::rwset::TxReadWriteSet;
use prost::Message;

/// A key of the market and what a transaction writes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Write {
    /// Fabric's object type.
    pub(super) table: String,
    /// The parts of the key.
    pub(super) parts: Vec<String>,
    /// The value; none where the key is deleted.
    pub(super) value: Option<Bytes>,
}

/// One transaction of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transaction {
    /// Its id.
    pub(super) id: String,
    /// Its validation code, 0 for valid.
    pub(super) code: u8,
    /// What it writes; nothing where it is no call of the market.
    pub(super) writes: Vec<Write>,
}

impl Transaction {
    pub(super) const fn is_valid(&self) -> bool {
        self.code == 0
    }
}

/// The transactions of a block.
pub(super) fn transactions(block: &Block, chaincode: &str) -> Result<Vec<Transaction>, String> {
    let metadata = block.metadata.as_ref().ok_or("a block without metadata")?;
    let filter = metadata
        .metadata
        .get(BlockMetadataIndex::TransactionsFilter as usize)
        .cloned()
        .unwrap_or_default();
    let envelopes: Vec<&Bytes> = block.data.iter().flat_map(|data| &data.data).collect();
    if filter.len() != envelopes.len() {
        return Err(format!(
            "{} transactions, {} validation codes",
            envelopes.len(),
            filter.len()
        ));
    }
    let read = |(envelope, code): (&Bytes, u8)| {
        transaction(envelope, code, chaincode).map_err(|error| format!("a transaction that cannot be read: {error}"))
    };
    envelopes.into_iter().zip(filter).map(read).collect()
}

fn transaction(envelope: &Bytes, code: u8, chaincode: &str) -> Result<Transaction, prost::DecodeError> {
    let payload = Payload::decode(Envelope::decode(envelope.clone())?.payload)?;
    let header = payload.header.unwrap_or_default();
    Ok(Transaction {
        id: ChannelHeader::decode(header.channel_header)?.tx_id,
        code,
        writes: writes(payload.data, chaincode).unwrap_or_default(),
    })
}

/// What the first action writes; none where it is no call of a chaincode.
fn writes(transaction: Bytes, chaincode: &str) -> Option<Vec<Write>> {
    let action = Endorsed::decode(transaction).ok()?.actions.into_iter().next()?;
    let action = ChaincodeActionPayload::decode(action.payload).ok()?.action?;
    let payload = ProposalResponsePayload::decode(action.proposal_response_payload).ok()?;
    let results = ChaincodeAction::decode(payload.extension).ok()?.results;
    let sets = TxReadWriteSet::decode(results).ok()?.ns_rwset;
    let own = sets.into_iter().find(|set| set.namespace == chaincode)?;
    let writes = KvrwSet::decode(own.rwset).ok()?.writes;
    let write = |write: fabric_protos::kvrwset::KvWrite| {
        let mut parts = write.key.strip_prefix('\0')?.split_terminator('\0').map(str::to_owned);
        Some(Write {
            table: parts.next()?,
            parts: parts.collect(),
            value: (!write.is_delete).then_some(write.value),
        })
    };
    Some(writes.into_iter().filter_map(write).collect())
}
