//! One generated transaction, and what must become of it.

use std::fmt;

use anyhow::{Context, Result};
use bytes::Bytes;
use fabric_msp::Signer as _;
use fabric_protos::{
    common::{Envelope, Header, Payload, Status},
    protos::{
        ChaincodeActionPayload, ChaincodeEndorsedAction, Endorsement, Transaction, TransactionAction, TxValidationCode,
    },
};
use prost::Message as _;

use super::{call::Call, draft::Draft};

/// What must become of a transaction, by its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The orderer takes it, and validation gives it this code.
    Code(TxValidationCode),
    /// The orderer refuses it with this status.
    Refused(Status),
}

impl Fate {
    pub(crate) const VALID: Self = Self::Code(TxValidationCode::Valid);
}

/// Where the envelope comes from.
#[derive(Clone)]
pub(crate) enum How {
    /// The peers of these organisations simulate the call and endorse.
    Endorsed(Box<Call>, Vec<&'static str>),
    /// Made by hand.
    Drafted(Box<Draft>),
    /// The envelope of an earlier step, once more.
    Again(usize),
}

/// One generated transaction.
#[derive(Clone)]
pub(crate) struct Step {
    /// Its kind, in words.
    pub(crate) kind: &'static str,
    pub(crate) fate: Fate,
    pub(crate) how: How,
}

impl Step {
    pub(crate) fn endorsed(kind: &'static str, fate: Fate, call: Call, by: &[&'static str]) -> Self {
        Self {
            kind,
            fate,
            how: How::Endorsed(Box::new(call), by.to_vec()),
        }
    }

    pub(crate) fn drafted(kind: &'static str, fate: Fate, draft: Draft) -> Self {
        Self {
            kind,
            fate,
            how: How::Drafted(Box::new(draft)),
        }
    }

    pub(crate) const fn again(kind: &'static str, fate: Fate, of: usize) -> Self {
        Self {
            kind,
            fate,
            how: How::Again(of),
        }
    }

    /// Whether it takes a place in a block.
    pub(crate) const fn is_ordered(&self) -> bool {
        matches!(self.fate, Fate::Code(_))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({:?})", self.kind, self.fate)
    }
}

/// A transaction of one call, endorsed and signed by its creator.
pub(crate) fn envelope(call: &Call, response: Bytes, endorsements: Vec<Endorsement>) -> Result<Envelope> {
    let action = action(call, response, endorsements);
    seal(
        call,
        Payload {
            header: Some(call.header()),
            data: transaction(action).encode_to_vec().into(),
        },
    )
}

pub(crate) fn action(call: &Call, response: Bytes, endorsements: Vec<Endorsement>) -> TransactionAction {
    let Header { signature_header, .. } = call.header();
    let payload = ChaincodeActionPayload {
        chaincode_proposal_payload: call.payload.clone(),
        action: Some(ChaincodeEndorsedAction {
            proposal_response_payload: response,
            endorsements,
        }),
    };
    TransactionAction {
        header: signature_header,
        payload: payload.encode_to_vec().into(),
    }
}

pub(crate) fn transaction(action: TransactionAction) -> Transaction {
    Transaction { actions: vec![action] }
}

pub(crate) fn seal(call: &Call, payload: Payload) -> Result<Envelope> {
    let payload: Bytes = payload.encode_to_vec().into();
    let signature = call.creator.sign(&payload).context("the creator's signature")?.into();
    Ok(Envelope { payload, signature })
}
