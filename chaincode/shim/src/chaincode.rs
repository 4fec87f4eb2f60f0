use std::{future::Future, sync::Arc};

use crate::{Response, Stub};

/// A smart contract: what the peer calls for each proposal.
///
/// Many transactions run at once on one value, so state shared between them belongs on the ledger, or behind a lock
/// that decides nothing: two endorsers must answer alike.
///
/// A panic becomes a response with status 500; nothing of that transaction is written.
pub trait Chaincode: Send + Sync + 'static {
    /// Runs one transaction.
    fn invoke(&self, stub: Stub) -> impl Future<Output = Response> + Send;

    /// Runs the legacy initialisation of a chaincode whose definition requires it. Calls [`invoke`](Self::invoke)
    /// unless told otherwise.
    fn init(&self, stub: Stub) -> impl Future<Output = Response> + Send {
        self.invoke(stub)
    }
}

impl<C: Chaincode> Chaincode for Arc<C> {
    fn invoke(&self, stub: Stub) -> impl Future<Output = Response> + Send {
        C::invoke(self, stub)
    }

    fn init(&self, stub: Stub) -> impl Future<Output = Response> + Send {
        C::init(self, stub)
    }
}
