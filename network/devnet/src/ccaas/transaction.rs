//! One running transaction on a stream.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fabric_protos::protos::{ChaincodeInput, ChaincodeMessage, SignedProposal};
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::{InvokeError, cursor::Cursor};
use crate::simulate::Simulator;

/// Finds the chaincode that another one calls.
pub trait Callee: Send + Sync {
    /// Runs `invocation` on the chaincode it names as its namespace.
    fn call(self: Arc<Self>, invocation: Invocation) -> BoxFuture<'static, Result<ChaincodeMessage, InvokeError>>;
}

/// One call of a transaction function.
#[derive(Clone)]
pub struct Invocation {
    /// The channel.
    pub channel_id: String,
    /// The transaction.
    pub txid: String,
    /// The chaincode called, whose keys it sees.
    pub namespace: String,
    /// Function, arguments and decorations.
    pub input: ChaincodeInput,
    /// The client's proposal, handed to the chaincode.
    pub proposal: SignedProposal,
    /// The transaction's simulator, shared with the chaincodes it calls.
    pub simulator: Arc<Mutex<Simulator>>,
    /// Who runs the chaincodes that this one calls.
    pub callee: Arc<dyn Callee>,
}

impl Invocation {
    /// The simulator, for the length of one step.
    pub fn simulator(&self) -> MutexGuard<'_, Simulator> {
        // A poisoned lock only means that another step panicked; the read set stays what it was.
        self.simulator.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Transaction {
    pub(super) invocation: Invocation,
    cursors: Mutex<HashMap<String, Cursor>>,
    answer: Mutex<Option<oneshot::Sender<ChaincodeMessage>>>,
}

impl Transaction {
    pub(super) fn new(invocation: Invocation, answer: oneshot::Sender<ChaincodeMessage>) -> Self {
        Self {
            invocation,
            cursors: Mutex::default(),
            answer: Mutex::new(Some(answer)),
        }
    }

    /// Hands the chaincode's answer to whoever waits; a second answer is dropped.
    pub(super) fn complete(&self, message: ChaincodeMessage) {
        let waiting = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if waiting.is_none_or(|sender| sender.send(message).is_err()) {
            tracing::debug!(txid = self.invocation.txid, "nobody waits for this answer");
        }
        self.cursors().clear();
    }

    pub(super) fn cursors(&self) -> MutexGuard<'_, HashMap<String, Cursor>> {
        self.cursors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
