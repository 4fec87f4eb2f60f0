//! A decision becomes writes. They reach the peer together, when the response says success.

use der_api::ErrorCode;
use der_contract::{ContractError, Decision};
use fabric_shim::{Response, ShimError, Stub};

use super::guard::encode_policy;

/// # Errors
/// [`ErrorCode::Internal`] for a guard that is no policy, or writes beyond the shim's bounds; nothing is written then.
pub(super) fn apply(decision: &Decision, stub: &Stub) -> Result<Response, ContractError> {
    for (key, row) in decision.puts() {
        stub.put_state(key.composite(), row.clone()).map_err(refused)?;
    }
    for key in decision.deletes() {
        stub.delete_state(key.composite()).map_err(refused)?;
    }
    for (key, guard) in decision.guards() {
        let policy = encode_policy(&guard.rule()).map_err(|e| internal(&e.to_string()))?;
        stub.set_validation_parameter(key.composite(), policy)
            .map_err(refused)?;
    }
    if let Some(event) = decision.event() {
        stub.set_event(event.name(), event.payload()?).map_err(refused)?;
    }
    Ok(Response::success(decision.reply().to_vec()))
}

fn refused(error: ShimError) -> ContractError {
    internal(&error.to_string())
}

fn internal(detail: &str) -> ContractError {
    ContractError::new(ErrorCode::Internal, detail)
}
