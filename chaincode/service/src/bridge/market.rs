//! The chaincode: one invocation from arguments to response.

use std::sync::Arc;

use der_api::{ErrorCode, Function};
use der_contract::{Caller, ContractError, Decision, Release};
use fabric_shim::{Chaincode, Response, Stub};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::apply::apply;
use super::arguments::Arguments;
use super::caller::Callers;
use super::verifier::MspVerifier;
use super::view::StubView;

/// Decisions over a slot at once, and batches of readings at once: the one never holds up the other. Further ones wait
/// their turn without holding a worker thread.
const LONG_AT_ONCE: usize = 2;

/// The market as a Fabric chaincode.
#[derive(Debug, Clone)]
pub struct Market {
    release: Release,
    callers: Arc<Callers>,
    slots: Arc<Semaphore>,
    readings: Arc<Semaphore>,
}

impl Default for Market {
    fn default() -> Self {
        Self::new()
    }
}

impl Chaincode for Market {
    async fn invoke(&self, stub: Stub) -> Response {
        match self.run(&stub).await {
            Ok(response) => response,
            Err(refusal) => {
                tracing::debug!(transaction = stub.transaction_id(), code = %refusal.code(), "refused");
                Response {
                    status: refusal.status(),
                    message: refusal.message(),
                    payload: Default::default(),
                }
            }
        }
    }
}

impl Market {
    /// A market without state of its own; everything is on the ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Release::CURRENT)
    }

    /// The market as a build of this release serves it.
    #[must_use]
    pub fn of(release: Release) -> Self {
        Self {
            release,
            callers: Arc::default(),
            slots: Arc::new(Semaphore::new(LONG_AT_ONCE)),
            readings: Arc::new(Semaphore::new(LONG_AT_ONCE)),
        }
    }

    async fn run(&self, stub: &Stub) -> Result<Response, ContractError> {
        let arguments = Arguments::read(stub)?;
        let caller = self.callers.of(stub)?;
        let decision = match self.turns(arguments.function()) {
            Some(turns) => decide_aside(self.release, turns.clone(), stub.clone(), caller).await?,
            None => decide(self.release, stub, &arguments, &caller).await?,
        };
        apply(&decision, stub)
    }

    /// Whose turn a function waits for, where its work grows with a slot's book or with a batch of readings.
    fn turns(&self, function: Option<Function>) -> Option<&Arc<Semaphore>> {
        match function? {
            Function::Clear | Function::Plan | Function::SealBook | Function::Settle => Some(&self.slots),
            Function::RecordReadings => Some(&self.readings),
            _ => None,
        }
    }
}

/// Runs where a long computation holds up neither other transactions nor keepalives.
async fn decide_aside(
    release: Release,
    turns: Arc<Semaphore>,
    stub: Stub,
    caller: Arc<Caller>,
) -> Result<Decision, ContractError> {
    let gone = || ContractError::new(ErrorCode::LedgerUnreadable, "the service is stopping");
    let turn = turns.acquire_owned().await.map_err(|_| gone())?;
    let handle = Handle::current();
    let run = move || {
        let _turn = turn;
        let arguments = Arguments::read(&stub)?;
        handle.block_on(decide(release, &stub, &arguments, &caller))
    };
    match tokio::task::spawn_blocking(run).await {
        Ok(decision) => decision,
        // The shim answers a panic; it must reach it.
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(gone()),
    }
}

async fn decide(
    release: Release,
    stub: &Stub,
    arguments: &Arguments<'_>,
    caller: &Caller,
) -> Result<Decision, ContractError> {
    let view = StubView(stub);
    der_contract::invoke_as(release, &view, caller, &MspVerifier, arguments.name(), arguments.rest()).await
}
