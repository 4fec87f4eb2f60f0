//! One function call: from its name and arguments to a decision.

use der_api::{ErrorCode, Function};

use crate::caller::{Caller, Verifier};
use crate::decision::Decision;
use crate::error::ContractError;
use crate::view::LedgerView;

/// Runs a function. The same ledger, caller and arguments give the same decision, byte for byte, on every endorser.
///
/// # Errors
/// A refusal with its code; nothing is to be written then.
pub async fn invoke<V: LedgerView>(
    _view: &V,
    _caller: &Caller,
    _verifier: &dyn Verifier,
    function: &str,
    _args: &[&[u8]],
) -> Result<Decision, ContractError> {
    let Some(_function) = Function::from_name(function) else {
        return Err(ErrorCode::UnknownFunction.into());
    };
    Err(ErrorCode::NotBootstrapped.into())
}
