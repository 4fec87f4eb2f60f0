use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use fabric_protos::{
    protos::{
        ChaincodeMessage, ChaincodeSpec, DelState, GetHistoryForKey, GetState, GetStateByRange, GetStateMultiple,
        GetStateMultipleResult, MetaDataKeys, PutState, PutStateMetadata, QueryMetadata, QueryResponse,
        QueryResponseMetadata, QueryResultBytes, QueryStateClose, QueryStateNext, Response, StateMetadata,
        StateMetadataResult, WriteBatchState, WriteRecord, chaincode_message::Type, write_record,
    },
    queryresult::Kv,
};
use prost::Message;

use super::{
    MockLedger,
    ledger::{Place, State},
};

/// One write of a transaction, in the order in which the peer took them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MockWrite {
    /// The collection; empty for public data.
    pub collection: String,
    /// The key.
    pub key: String,
    /// The value; `None` for a deletion, and for a write of the endorsement policy.
    pub value: Option<Bytes>,
    /// The endorsement policy, if that is what is written.
    pub validation_parameter: Option<Bytes>,
}

impl MockWrite {
    pub(super) fn put(collection: impl Into<String>, key: String, value: Bytes) -> Self {
        // Fabric takes an empty value for a deletion.
        let value = (!value.is_empty()).then_some(value);
        Self {
            collection: collection.into(),
            key,
            value,
            validation_parameter: None,
        }
    }

    fn delete(collection: String, key: String) -> Self {
        Self {
            collection,
            key,
            value: None,
            validation_parameter: None,
        }
    }

    fn policy(collection: String, key: String, metadata: Option<StateMetadata>) -> Self {
        let policy = metadata.unwrap_or_default().value;
        Self {
            collection,
            key,
            value: None,
            validation_parameter: Some(policy),
        }
    }
}

/// How the peer cuts results.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pages {
    /// Results in one message.
    pub(super) size: usize,
    /// Results of one query.
    pub(super) total: usize,
}

/// What the peer holds of one transaction while the chaincode runs it.
pub(super) struct Simulation {
    ledger: MockLedger,
    state: Arc<State>,
    pages: Pages,
    pub(super) writes: Vec<MockWrite>,
    /// A query ran after which Fabric takes no writes.
    writes_closed: bool,
    iterators: BTreeMap<String, VecDeque<QueryResultBytes>>,
    opened: u64,
}

type Answer = Result<Bytes, String>;

impl Simulation {
    pub(super) fn new(ledger: MockLedger, pages: Pages) -> Self {
        let state = ledger.snapshot();
        Self {
            ledger,
            state,
            pages,
            writes: vec![],
            writes_closed: false,
            iterators: BTreeMap::new(),
            opened: 0,
        }
    }

    /// Answers one request as the peer's ledger would.
    pub(super) fn answer(&mut self, kind: Type, payload: Bytes) -> Answer {
        match kind {
            Type::GetState => decode(payload).map(|GetState { key, collection }| self.get(collection, key)),
            Type::GetPrivateDataHash => {
                let GetState { key, collection } = decode(payload)?;
                let value = self.get(collection, key);
                Ok(if value.is_empty() {
                    value
                } else {
                    Bytes::copy_from_slice(digest(&SHA256, &value).as_ref())
                })
            }
            Type::GetStateMultiple => {
                let GetStateMultiple { keys, collection } = decode(payload)?;
                let values = keys.into_iter().map(|key| self.get(collection.clone(), key)).collect();
                Ok(encode(&GetStateMultipleResult { values }))
            }
            Type::GetStateMetadata => decode(payload).map(|GetState { key, collection }| self.policy(collection, key)),
            Type::GetStateByRange => self.range(decode(payload)?),
            Type::GetHistoryForKey => Ok(self.history(&decode(payload)?)),
            Type::QueryStateNext => decode(payload).map(|QueryStateNext { id }| self.next_page(id)),
            Type::QueryStateClose => {
                let QueryStateClose { id } = decode(payload)?;
                self.iterators.remove(&id);
                Ok(encode(&QueryResponse {
                    id,
                    ..QueryResponse::default()
                }))
            }
            Type::InvokeChaincode => self.call(decode(payload)?),
            Type::GetQueryResult => Err("ExecuteQuery not supported for leveldb".to_owned()),
            _ => self.write(kind, payload),
        }
    }

    fn write(&mut self, kind: Type, payload: Bytes) -> Answer {
        let writes = match kind {
            Type::PutState => {
                let PutState { key, value, collection } = decode(payload)?;
                vec![MockWrite::put(collection, key, value)]
            }
            Type::DelState | Type::PurgePrivateData => {
                let DelState { key, collection } = decode(payload)?;
                vec![MockWrite::delete(collection, key)]
            }
            Type::PutStateMetadata => {
                let PutStateMetadata {
                    key,
                    collection,
                    metadata,
                } = decode(payload)?;
                vec![MockWrite::policy(collection, key, metadata)]
            }
            Type::WriteBatchState => {
                let WriteBatchState { rec } = decode(payload)?;
                rec.into_iter().map(read_record).collect::<Result<_, _>>()?
            }
            other => return Err(format!("unknown request {}", other.as_str_name())),
        };
        if self.writes_closed {
            return Err("txid: cannot write after a paginated or private data query".to_owned());
        }
        self.writes.extend(writes);
        Ok(Bytes::new())
    }

    fn get(&self, collection: String, key: String) -> Bytes {
        self.state.values.get(&(collection, key)).cloned().unwrap_or_default()
    }

    fn policy(&self, collection: String, key: String) -> Bytes {
        let metakey = MetaDataKeys::ValidationParameter.as_str_name().to_owned();
        let found = self.state.policies.get(&(collection, key)).cloned();
        let entries = found
            .into_iter()
            .map(|value| StateMetadata {
                metakey: metakey.clone(),
                value,
            })
            .collect();
        encode(&StateMetadataResult { entries })
    }

    fn range(&mut self, request: GetStateByRange) -> Answer {
        let GetStateByRange {
            start_key,
            end_key,
            collection,
            metadata,
        } = request;
        let paginated = !metadata.is_empty() && collection.is_empty();
        if paginated || !collection.is_empty() {
            if !self.writes.is_empty() {
                return Err("txid: cannot query with pagination or private data after writes".to_owned());
            }
            self.writes_closed = true;
        }
        let metadata: QueryMetadata = decode(metadata)?;
        let start = if metadata.bookmark.is_empty() {
            start_key
        } else {
            metadata.bookmark
        };
        let mut found = self
            .state
            .values
            .range((collection.clone(), start)..)
            .take_while(|((place, key), _)| *place == collection && (end_key.is_empty() || *key < end_key));
        if !paginated {
            let results: VecDeque<_> = found.take(self.pages.total).map(result).collect();
            return Ok(self.open(results));
        }
        let size = usize::try_from(metadata.page_size)
            .unwrap_or_default()
            .min(self.pages.total);
        let results: Vec<_> = found.by_ref().take(size).map(result).collect();
        let bookmark = found.next().map(|((_, key), _)| key.clone()).unwrap_or_default();
        let fetched_records_count = i32::try_from(results.len()).unwrap_or(i32::MAX);
        let metadata = encode(&QueryResponseMetadata {
            fetched_records_count,
            bookmark,
        });
        Ok(encode(&QueryResponse {
            results,
            metadata,
            ..QueryResponse::default()
        }))
    }

    fn history(&mut self, request: &GetHistoryForKey) -> Bytes {
        let changes = self
            .state
            .history
            .get(&request.key)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let newest_first = changes.iter().rev().map(|change| QueryResultBytes {
            result_bytes: encode(change),
        });
        let results = newest_first.take(self.pages.total).collect();
        self.open(results)
    }

    fn open(&mut self, results: VecDeque<QueryResultBytes>) -> Bytes {
        self.opened += 1;
        let id = self.opened.to_string();
        self.iterators.insert(id.clone(), results);
        self.next_page(id)
    }

    fn next_page(&mut self, id: String) -> Bytes {
        let Some(left) = self.iterators.get_mut(&id) else {
            return encode(&QueryResponse {
                id,
                ..QueryResponse::default()
            });
        };
        let size = left.len().min(self.pages.size);
        let results = left.drain(..size).collect();
        let has_more = !left.is_empty();
        if !has_more {
            self.iterators.remove(&id);
        }
        encode(&QueryResponse {
            results,
            has_more,
            id,
            metadata: Bytes::new(),
        })
    }

    fn call(&self, spec: ChaincodeSpec) -> Answer {
        let name = spec.chaincode_id.unwrap_or_default().name;
        let args = spec.input.unwrap_or_default().args;
        let response = self
            .ledger
            .call(&name, &args)
            .ok_or_else(|| format!("chaincode {name} not found"))?;
        let payload = encode(&Response::from(response));
        Ok(encode(&ChaincodeMessage {
            r#type: Type::Completed as i32,
            payload,
            ..ChaincodeMessage::default()
        }))
    }
}

fn read_record(record: WriteRecord) -> Result<MockWrite, String> {
    let kind = record.r#type();
    let WriteRecord {
        key,
        value,
        collection,
        metadata,
        ..
    } = record;
    match kind {
        write_record::Type::PutState => Ok(MockWrite::put(collection, key, value)),
        write_record::Type::DelState | write_record::Type::PurgePrivateData => Ok(MockWrite::delete(collection, key)),
        write_record::Type::PutStateMetadata => Ok(MockWrite::policy(collection, key, metadata)),
        write_record::Type::Undefined => Err("unknown operation type".to_owned()),
    }
}

fn result(((_, key), value): (&Place, &Bytes)) -> QueryResultBytes {
    let kv = Kv {
        namespace: "mock".to_owned(),
        key: key.clone(),
        value: value.clone(),
    };
    QueryResultBytes {
        result_bytes: encode(&kv),
    }
}

fn encode(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

fn decode<M: Message + Default>(payload: Bytes) -> Result<M, String> {
    M::decode(payload).map_err(|error| format!("unmarshal failed: {error}"))
}
