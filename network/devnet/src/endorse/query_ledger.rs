//! The system chaincode `qscc`: blocks and transactions by number and id. Source: `core/scc/qscc/query.go`.

use bytes::Bytes;
use fabric_protos::{
    common::{BlockchainInfo, Envelope},
    protos::{ProcessedTransaction, Response},
};
use prost::Message;

use super::{Access, Proposal};
use crate::ledger::{Ledger, LedgerError, block};

pub(super) const QSCC: &str = "qscc";

pub(super) fn query(ledger: &Ledger, access: &Access, channel: &str, proposal: &Proposal) -> Response {
    match answer(ledger, access, channel, proposal) {
        Ok(payload) => Response {
            status: 200,
            message: String::new(),
            payload,
        },
        Err(message) => Response {
            status: 500,
            message,
            payload: Bytes::new(),
        },
    }
}

fn answer(ledger: &Ledger, access: &Access, channel: &str, proposal: &Proposal) -> Result<Bytes, String> {
    let [function, asked, rest @ ..] = proposal.input.args.as_slice() else {
        return Err(format!("Incorrect number of arguments, {}", proposal.input.args.len()));
    };
    if asked != channel.as_bytes() {
        return Err(format!("Invalid chain ID, {}", String::from_utf8_lossy(asked)));
    }
    let function = String::from_utf8_lossy(function);
    let argument = rest
        .first()
        .map(|argument| String::from_utf8_lossy(argument).into_owned());
    if argument.is_none() && function != "GetChainInfo" {
        return Err(format!("missing 3rd argument for {function}"));
    }
    let signed = &proposal.signed;
    let creator = &proposal.signature_header.creator;
    access
        .check(
            creator,
            &signed.proposal_bytes,
            &signed.signature,
            &format!("{QSCC}/{function}"),
        )
        .map_err(|error| format!("access denied for [{function}][{channel}]: [{error}]"))?;
    let argument = argument.unwrap_or_default();
    let raw = rest.first().map_or(&[][..], |argument| argument.as_ref());
    match function.as_ref() {
        "GetChainInfo" => chain_info(ledger).map_err(|error| format!("Failed to get block info with error {error}")),
        "GetBlockByNumber" => block_by_number(ledger, &argument),
        "GetBlockByHash" => found(ledger.block_by_hash(raw), || {
            format!("Failed to get block hash {}", hex::encode(raw))
        }),
        "GetBlockByTxID" => found(ledger.block_by_tx(&argument), || {
            format!("Failed to get block for txID {argument}")
        }),
        "GetTransactionByID" => transaction(ledger, &argument),
        _ => Err(format!("Requested function {function} not found.")),
    }
}

fn chain_info(ledger: &Ledger) -> Result<Bytes, LedgerError> {
    let height = ledger.height();
    let last = height
        .checked_sub(1)
        .map(|number| ledger.block(number))
        .transpose()?
        .flatten();
    let header = last.and_then(|block| block.header.clone()).unwrap_or_default();
    let info = BlockchainInfo {
        height,
        current_block_hash: block::header_hash(&header),
        previous_block_hash: header.previous_hash,
        bootstrapping_snapshot_info: None,
    };
    Ok(info.encode_to_vec().into())
}

fn block_by_number(ledger: &Ledger, argument: &str) -> Result<Bytes, String> {
    let number: u64 = argument
        .parse()
        .map_err(|error| format!("Failed to parse block number with error {error}"))?;
    found(ledger.block(number), || format!("Failed to get block number {number}"))
}

fn found<M: Message>(
    result: Result<Option<std::sync::Arc<M>>, LedgerError>,
    failed: impl Fn() -> String,
) -> Result<Bytes, String> {
    match result {
        Ok(Some(message)) => Ok(message.encode_to_vec().into()),
        Ok(None) => Err(format!("{}, error not found", failed())),
        Err(error) => Err(format!("{}, error {error}", failed())),
    }
}

fn transaction(ledger: &Ledger, txid: &str) -> Result<Bytes, String> {
    let failed = |error: &str| format!("Failed to get transaction with id {txid}, error {error}");
    let place = ledger.transaction(txid).map_err(|error| failed(&error.to_string()))?;
    let place = place.ok_or_else(|| failed("no such transaction ID"))?;
    let holder = ledger.block(place.block).map_err(|error| failed(&error.to_string()))?;
    let holder = holder.ok_or_else(|| failed("its block is missing"))?;
    let index = usize::try_from(place.index).unwrap_or(usize::MAX);
    let envelope = block::envelopes(&holder).get(index).cloned().unwrap_or_default();
    let envelope = Envelope::decode(envelope).map_err(|error| failed(&error.to_string()))?;
    let processed = ProcessedTransaction {
        transaction_envelope: Some(envelope),
        validation_code: place.code.into(),
    };
    Ok(processed.encode_to_vec().into())
}
