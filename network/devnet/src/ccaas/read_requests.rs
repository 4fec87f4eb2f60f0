//! What a chaincode reads. Source: `core/chaincode/handler.go`, `HandleGetState` and its neighbours.

use bytes::Bytes;
use fabric_protos::{
    protos::{
        GetHistoryForKey, GetState, GetStateByRange, GetStateMetadata, GetStateMultiple, GetStateMultipleResult,
        QueryMetadata, QueryResponse, QueryStateClose, QueryStateNext, StateMetadata, StateMetadataResult,
    },
    queryresult::KeyModification,
};
use prost::Message;

use super::{cursor::Cursor, session::Session, transaction::Transaction, write_requests::no_collections};

pub(super) fn decode<M: Message + Default>(payload: Bytes) -> Result<M, String> {
    M::decode(payload).map_err(|error| format!("unmarshal failed: {error}"))
}

pub(super) fn public(collection: &str) -> Result<(), String> {
    if collection.is_empty() {
        Ok(())
    } else {
        Err(no_collections(collection))
    }
}

pub(super) fn get_state(transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let request: GetState = decode(payload)?;
    public(&request.collection)?;
    value(transaction, &request.key)
}

pub(super) fn get_states(transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let request: GetStateMultiple = decode(payload)?;
    public(&request.collection)?;
    let values = request
        .keys
        .iter()
        .map(|key| value(transaction, key))
        .collect::<Result<_, _>>()?;
    Ok(GetStateMultipleResult { values }.encode_to_vec().into())
}

fn value(transaction: &Transaction, key: &str) -> Result<Bytes, String> {
    let invocation = &transaction.invocation;
    let found = invocation
        .simulator()
        .get(&invocation.namespace, key)
        .map_err(|error| error.to_string())?;
    Ok(found.map(|found| found.value).unwrap_or_default())
}

pub(super) fn get_metadata(transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let request: GetStateMetadata = decode(payload)?;
    public(&request.collection)?;
    let invocation = &transaction.invocation;
    let metadata = invocation.simulator().metadata(&invocation.namespace, &request.key);
    let metadata = metadata.map_err(|error| error.to_string())?;
    let entries = metadata
        .into_iter()
        .map(|(metakey, value)| StateMetadata { metakey, value })
        .collect();
    Ok(StateMetadataResult { entries }.encode_to_vec().into())
}

pub(super) fn get_range(session: &Session, transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let request: GetStateByRange = decode(payload)?;
    public(&request.collection)?;
    let page: QueryMetadata = decode(request.metadata)?;
    let namespace = &transaction.invocation.namespace;
    let paginated = page.page_size != 0 || !page.bookmark.is_empty();
    let limit = match usize::try_from(page.page_size) {
        Ok(size) if size > 0 => size.min(session.total_query_limit),
        _ => session.total_query_limit,
    };
    let scan = if paginated {
        let start = if page.bookmark.is_empty() {
            &request.start_key
        } else {
            &page.bookmark
        };
        let scan = transaction
            .invocation
            .simulator()
            .scan_page(namespace, start, &request.end_key);
        scan.map_err(|error| error.to_string())?
    } else {
        let scan = transaction
            .invocation
            .simulator()
            .scan(namespace, &request.start_key, &request.end_key);
        scan.map_err(|error| error.to_string())?
    };
    first_page(
        session,
        transaction,
        Cursor::over_range(namespace, scan, limit, paginated),
    )
}

pub(super) fn get_history(session: &Session, transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let request: GetHistoryForKey = decode(payload)?;
    let invocation = &transaction.invocation;
    let history = invocation.simulator().history(&invocation.namespace, &request.key);
    let rows = history.map_err(|error| error.to_string())?.into_iter().map(|entry| {
        let modification = KeyModification {
            tx_id: entry.tx_id,
            is_delete: entry.is_delete,
            value: entry.value,
            timestamp: entry.timestamp,
        };
        Bytes::from(modification.encode_to_vec())
    });
    first_page(session, transaction, Cursor::over_rows(rows, session.total_query_limit))
}

fn first_page(session: &Session, transaction: &Transaction, mut cursor: Cursor) -> Result<Bytes, String> {
    let id = session.new_cursor_id();
    let response = page(transaction, &mut cursor, &id)?;
    if response.has_more {
        transaction.cursors().insert(id, cursor);
    }
    Ok(response.encode_to_vec().into())
}

pub(super) fn next_page(transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let id = decode::<QueryStateNext>(payload)?.id;
    let mut cursor = transaction.cursors().remove(&id).ok_or("query iterator not found")?;
    let response = page(transaction, &mut cursor, &id)?;
    if response.has_more {
        transaction.cursors().insert(id, cursor);
    }
    Ok(response.encode_to_vec().into())
}

fn page(transaction: &Transaction, cursor: &mut Cursor, id: &str) -> Result<QueryResponse, String> {
    cursor
        .page(id, &mut transaction.invocation.simulator())
        .map_err(|error| error.to_string())
}

/// Closing what is unknown or over succeeds (`HandleQueryStateClose`).
pub(super) fn close(transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let id = decode::<QueryStateClose>(payload)?.id;
    transaction.cursors().remove(&id);
    Ok(QueryResponse {
        id,
        ..QueryResponse::default()
    }
    .encode_to_vec()
    .into())
}
