//! The transaction that a client signs: its proposal's headers with the endorsed action.
//!
//! Source: `internal/pkg/gateway/submit.go`, `prepareTransaction`.

use bytes::Bytes;
use fabric_protos::{
    common::{Envelope, Payload},
    protos::{ChaincodeActionPayload, ChaincodeEndorsedAction, Endorsement, Transaction, TransactionAction},
};
use prost::Message;

use super::Proposal;

/// An unsigned envelope with the endorsed action; transient data stays out.
pub fn prepare_transaction(proposal: &Proposal, response_payload: Bytes, endorsements: Vec<Endorsement>) -> Envelope {
    let action = ChaincodeActionPayload {
        chaincode_proposal_payload: proposal.public_payload(),
        action: Some(ChaincodeEndorsedAction {
            proposal_response_payload: response_payload,
            endorsements,
        }),
    };
    let action = TransactionAction {
        header: proposal.header.signature_header.clone(),
        payload: action.encode_to_vec().into(),
    };
    let transaction = Transaction { actions: vec![action] };
    let payload = Payload {
        header: Some(proposal.header.clone()),
        data: transaction.encode_to_vec().into(),
    };
    Envelope {
        payload: payload.encode_to_vec().into(),
        signature: Bytes::new(),
    }
}
