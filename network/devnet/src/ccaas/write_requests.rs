//! What a chaincode writes and whom it calls. Source: `core/chaincode/handler.go`, `HandlePutState` and its neighbours.

use bytes::Bytes;
use fabric_protos::protos::{
    ChaincodeSpec, DelState, PutState, PutStateMetadata, StateMetadata, WriteBatchState, write_record,
};
use prost::Message;

use super::{
    read_requests::{decode, public},
    transaction::{Invocation, Transaction},
};

/// The refusal of everything that needs a private data collection.
pub(super) fn no_collections(what: &str) -> String {
    format!("private data is not kept by this network: {what} is refused. Use public state, or a real Fabric network")
}

pub(super) fn put_state(transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let request: PutState = decode(payload)?;
    put(transaction, &request.collection, &request.key, request.value)
}

pub(super) fn delete_state(transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let request: DelState = decode(payload)?;
    put(transaction, &request.collection, &request.key, Bytes::new())
}

pub(super) fn put_metadata(transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let request: PutStateMetadata = decode(payload)?;
    set_metadata(transaction, &request.collection, &request.key, request.metadata)
}

pub(super) fn write_batch(transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let batch: WriteBatchState = decode(payload)?;
    for record in batch.rec {
        match record.r#type() {
            write_record::Type::PutState => put(transaction, &record.collection, &record.key, record.value)?,
            write_record::Type::DelState => put(transaction, &record.collection, &record.key, Bytes::new())?,
            write_record::Type::PutStateMetadata => {
                set_metadata(transaction, &record.collection, &record.key, record.metadata)?
            }
            write_record::Type::PurgePrivateData => return Err(no_collections("PURGE_PRIVATE_DATA")),
            write_record::Type::Undefined => return Err("unknown operation type".to_owned()),
        };
    }
    Ok(Bytes::new())
}

fn put(transaction: &Transaction, collection: &str, key: &str, value: Bytes) -> Result<Bytes, String> {
    public(collection)?;
    let invocation = &transaction.invocation;
    invocation
        .simulator()
        .put(&invocation.namespace, key, value)
        .map_err(|error| error.to_string())?;
    Ok(Bytes::new())
}

fn set_metadata(
    transaction: &Transaction,
    collection: &str,
    key: &str,
    metadata: Option<StateMetadata>,
) -> Result<Bytes, String> {
    public(collection)?;
    let StateMetadata { metakey, value } = metadata.unwrap_or_default();
    let invocation = &transaction.invocation;
    let written = invocation
        .simulator()
        .put_metadata(&invocation.namespace, key, metakey, value);
    written.map_err(|error| error.to_string())?;
    Ok(Bytes::new())
}

/// Calls another chaincode of the channel on the same simulator (`HandleInvokeChaincode`). Its event is lost.
pub(super) async fn invoke(transaction: &Transaction, payload: Bytes) -> Result<Bytes, String> {
    let spec: ChaincodeSpec = decode(payload)?;
    let target = spec.chaincode_id.unwrap_or_default().name;
    let caller = &transaction.invocation;
    let (name, channel) = target.split_once('/').unwrap_or((&target, &caller.channel_id));
    if channel != caller.channel_id {
        return Err(format!("failed to find ledger for channel: {channel}"));
    }
    let name = name.split_once(':').map_or(name, |(name, _version)| name);
    let mut input = spec.input.unwrap_or_default();
    input.decorations.clone_from(&caller.input.decorations);
    let invocation = Invocation {
        namespace: name.to_owned(),
        input,
        ..caller.clone()
    };
    let answer = caller.callee.clone().call(invocation).await;
    Ok(answer
        .map_err(|error| format!("execute failed: {error}"))?
        .encode_to_vec()
        .into())
}
