//! What every transaction function is given.

use der_api::ErrorCode;
use der_api::guard::Guard;
use der_market::id::ParticipantId;
use der_market::parameters::Parameters;

use crate::caller::Verifier;
use crate::error::ContractError;
use crate::ledger::Ledger;
use crate::release::Release;
use crate::rows::Market;
use crate::schema;
use crate::view::LedgerView;

/// Ledger, caller and market; the caller may call this function.
pub(crate) struct Context<'a, V> {
    pub(crate) ledger: Ledger<'a, V>,
    pub(crate) caller: ParticipantId,
    pub(crate) public_key: Vec<u8>,
    pub(crate) verifier: &'a dyn Verifier,
    pub(crate) market: Market,
    pub(crate) schema: u32,
    pub(crate) release: Release,
}

impl<V: LedgerView> Context<'_, V> {
    /// One version of the rules.
    pub(crate) async fn parameters(&self, version: u32) -> Result<Parameters, ContractError> {
        let missing = || ContractError::new(ErrorCode::CorruptState, format!("parameters {version} are missing"));
        self.ledger
            .get(&schema::parameters(&version))
            .await?
            .ok_or_else(missing)
    }

    /// Refuses what the ledger's schema does not have yet.
    ///
    /// # Errors
    /// [`ErrorCode::SchemaTooOld`], naming what was asked for.
    pub(crate) fn require_schema(&self, least: u32, what: &str) -> Result<(), ContractError> {
        require_schema(self.schema, least, what)
    }

    /// A guard of the caller's own organisation.
    pub(crate) fn own_guard(&self) -> Guard {
        Guard::of_organisation(self.caller.msp.clone(), &self.market.organisations)
    }
}

/// Refuses what this schema does not have yet.
///
/// # Errors
/// [`ErrorCode::SchemaTooOld`], naming what was asked for.
pub(crate) fn require_schema(schema: u32, least: u32, what: &str) -> Result<(), ContractError> {
    if schema >= least {
        return Ok(());
    }
    let detail = format!("{what} needs schema {least}, the ledger has {schema}");
    Err(ContractError::new(ErrorCode::SchemaTooOld, detail))
}
