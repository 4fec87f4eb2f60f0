//! Telling what happens while it happens.

use der_api::Function;
use der_api::request::Request;

use super::{CaseError, Cast, Role, Row};
use crate::{ClientError, Receipt};

/// A committed transaction of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The test it belongs to, 1 to 3; none while the stage is set.
    pub test: Option<u8>,
    /// Who called.
    pub role: Role,
    /// What was called.
    pub function: Function,
    /// What it was for, in a few words.
    pub what: String,
    /// Fabric's transaction id.
    pub transaction_id: String,
    /// The block that holds it, where it is known.
    pub block: Option<u64>,
}

/// Hears of each step once its transaction is committed, and of each row once it is known.
pub trait Progress: Send {
    /// A transaction was committed.
    fn step(&mut self, step: &Step);

    /// A test is settled.
    fn row(&mut self, _row: &Row) {}
}

/// Nobody listens.
impl Progress for () {
    fn step(&mut self, _step: &Step) {}
}

/// A player of each organisation, to ask its peer.
const WITNESSES: [Role; 4] = [Role::Clock, Role::Regulator, Role::Seller, Role::Buyer];

/// Tells one player's outcome.
pub(super) struct Teller<'a> {
    pub(super) progress: &'a mut dyn Progress,
    pub(super) test: Option<u8>,
}

impl Teller<'_> {
    /// Submits a request as a player, and tells of it.
    pub(super) async fn submit<R: Request>(
        &mut self,
        cast: &Cast,
        role: Role,
        what: &str,
        request: &R,
    ) -> Result<R::Reply, CaseError> {
        let outcome = cast.client(role).submit(request).await;
        self.tell(cast, role, R::FUNCTION, what, outcome).await
    }

    /// Tells of a committed step once every organisation's peer has seen it, so that whoever acts next builds on it.
    pub(super) async fn tell<T>(
        &mut self,
        cast: &Cast,
        role: Role,
        function: Function,
        what: &str,
        outcome: Result<Receipt<T>, ClientError>,
    ) -> Result<T, CaseError> {
        let receipt = outcome.map_err(|e| CaseError::refused(role, function, e))?;
        let Receipt {
            reply,
            transaction_id,
            block,
        } = receipt;
        for witness in WITNESSES {
            let seen = cast.client(witness).seen(&transaction_id).await;
            seen.map_err(|e| CaseError::refused(witness, function, e))?;
        }
        self.progress.step(&Step {
            test: self.test,
            role,
            function,
            what: what.to_owned(),
            transaction_id,
            block,
        });
        Ok(reply)
    }
}
