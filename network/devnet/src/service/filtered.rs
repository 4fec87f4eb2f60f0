//! Blocks without contents: ids, verdicts and event names. Source: `core/peer/deliverevents.go`, `toFilteredBlock`.

use fabric_protos::{
    common::HeaderType,
    protos::{
        ChaincodeEvent, FilteredBlock, FilteredChaincodeAction, FilteredTransaction, FilteredTransactionActions,
        filtered_transaction::Data,
    },
};
use prost::Message;

use crate::{ledger::block, notify::CommittedBlock};

pub(super) fn filtered(committed: &CommittedBlock) -> FilteredBlock {
    let source = committed.block();
    let mut filtered = FilteredBlock {
        number: committed.number(),
        ..FilteredBlock::default()
    };
    for (envelope, code) in block::envelopes(source).iter().zip(block::codes(source)) {
        let Some((payload, header)) = block::open_envelope(envelope) else {
            continue;
        };
        let endorsed = header.r#type == i32::from(HeaderType::EndorserTransaction);
        let data = endorsed.then(|| {
            let event = block::chaincode_action(&payload)
                .and_then(|action| ChaincodeEvent::decode(action.events).ok())
                .filter(|event| !event.chaincode_id.is_empty());
            let chaincode_actions = event.map(without_payload).into_iter().collect();
            Data::TransactionActions(FilteredTransactionActions { chaincode_actions })
        });
        filtered.channel_id = header.channel_id;
        filtered.filtered_transactions.push(FilteredTransaction {
            txid: header.tx_id,
            r#type: header.r#type,
            tx_validation_code: code.into(),
            data,
        });
    }
    filtered
}

fn without_payload(event: ChaincodeEvent) -> FilteredChaincodeAction {
    FilteredChaincodeAction {
        chaincode_event: Some(ChaincodeEvent {
            payload: bytes::Bytes::new(),
            ..event
        }),
    }
}
