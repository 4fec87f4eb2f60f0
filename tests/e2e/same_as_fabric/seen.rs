//! What a network made of the steps: verdicts, read/write sets and events, with blocks counted from the first.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use fabric_protos::{
    common::{Block, BlockMetadataIndex, Envelope, Payload},
    kvrwset::{HashedRwSet, KvRead, KvrwSet, range_query_info::ReadsInfo},
    protos::{ChaincodeAction, ChaincodeActionPayload, ProposalResponsePayload, Transaction, TxValidationCode},
    rwset::TxReadWriteSet,
};
use prost::Message as _;
use tokio::time::timeout;

use super::side::Side;

const LIMIT: Duration = Duration::from_secs(60);
/// Definitions stand in this namespace; each network wrote its own before the comparison began, in its own block.
const LIFECYCLE: &str = "_lifecycle";

/// One transaction of a block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) code: TxValidationCode,
    /// What was read and written, where it decodes.
    pub(crate) sets: Option<Vec<Set>>,
    /// The event as it stands in the transaction, also in an invalid one.
    pub(crate) event: Bytes,
}

/// One namespace of a read/write set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Set {
    namespace: String,
    public: KvrwSet,
    collections: Vec<(String, HashedRwSet)>,
}

/// One event of the gateway's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    block: u64,
    transaction: String,
    name: String,
    payload: Bytes,
}

/// Reads what the side's blocks hold.
pub(crate) fn transactions(side: &Side) -> Result<Vec<Seen>> {
    let mut seen = Vec::new();
    for block in &side.blocks {
        seen.extend(of_block(block, side.first)?);
    }
    Ok(seen)
}

fn of_block(block: &Block, first: u64) -> Result<Vec<Seen>> {
    let metadata = block.metadata.as_ref().context("a block without metadata")?;
    let codes = &metadata.metadata[BlockMetadataIndex::TransactionsFilter as usize];
    let envelopes = &block.data.as_ref().context("a block without data")?.data;
    ensure!(codes.len() == envelopes.len(), "a verdict is missing");
    let each = envelopes.iter().zip(codes.iter());
    each.map(|(envelope, code)| {
        let action = action(envelope);
        let sets = action.as_ref().and_then(|action| sets(&action.results, first).ok());
        Ok(Seen {
            code: TxValidationCode::try_from(i32::from(*code))?,
            sets,
            event: action.map(|action| action.events).unwrap_or_default(),
        })
    })
    .collect()
}

fn action(envelope: &Bytes) -> Option<ChaincodeAction> {
    let payload = Payload::decode(Envelope::decode(envelope.clone()).ok()?.payload).ok()?;
    let transaction = Transaction::decode(payload.data).ok()?;
    let action = transaction.actions.into_iter().next()?;
    let endorsed = ChaincodeActionPayload::decode(action.payload).ok()?.action?;
    let response = ProposalResponsePayload::decode(endorsed.proposal_response_payload).ok()?;
    ChaincodeAction::decode(response.extension).ok()
}

fn sets(results: &Bytes, first: u64) -> Result<Vec<Set>> {
    let outer = TxReadWriteSet::decode(results.clone())?;
    let sets = outer.ns_rwset.into_iter().map(|space| {
        let mut public = KvrwSet::decode(space.rwset)?;
        let before = space.namespace == LIFECYCLE;
        public.reads.iter_mut().for_each(|read| relate(read, first, before));
        for range in &mut public.range_queries_info {
            if let Some(ReadsInfo::RawReads(raw)) = &mut range.reads_info {
                raw.kv_reads.iter_mut().for_each(|read| relate(read, first, before));
            }
        }
        let collections = space.collection_hashed_rwset.into_iter().map(|collection| {
            let hashed = HashedRwSet::decode(collection.hashed_rwset)?;
            Ok((collection.collection_name, hashed))
        });
        Ok(Set {
            namespace: space.namespace,
            public,
            collections: collections.collect::<Result<_>>()?,
        })
    });
    sets.collect()
}

/// Counts a version's block from the first one. What stood there before is only known to be older.
fn relate(read: &mut KvRead, first: u64, before: bool) {
    if let Some(version) = &mut read.version {
        match version.block_num.checked_sub(first) {
            Some(number) => version.block_num = number,
            None if before => (version.block_num, version.tx_num) = (u64::MAX, 0),
            None => version.block_num = u64::MAX - 1,
        }
    }
}

/// So many events of the gateway's stream.
pub(crate) async fn events(side: &Side, count: usize) -> Result<Vec<Event>> {
    let mut stream = side.events().await?;
    let mut events = Vec::with_capacity(count);
    for number in 0..count {
        let event = timeout(LIMIT, stream.next()).await;
        let event = event.with_context(|| format!("event {number} of {count} does not come"))??;
        events.push(Event {
            block: event.block_number - side.first,
            transaction: event.transaction_id,
            name: event.name,
            payload: event.payload,
        });
    }
    Ok(events)
}
