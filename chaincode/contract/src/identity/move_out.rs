//! `User:MoveOut`: the end of a participant's trading.

use der_api::ErrorCode;
use der_api::event::UserMovedOut;
use der_api::request::MoveOut;

use super::standing::{Standing, fingerprints};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::Suspension;
use crate::schema;
use crate::trading::{withdraw_all, withdraw_from};
use crate::view::LedgerView;

/// It is written where the suspension stands, which order entry and clearing read anyhow: whoever has moved out publishes nothing and
/// is not matched. So the regulator's endorsement is needed with the one of the user's organisation.
pub(crate) async fn move_out<V: LedgerView>(cx: &Context<'_, V>, request: MoveOut) -> Result<Decision, ContractError> {
    let who = &cx.caller;
    let mut standing = Standing::of(cx, who).await?;
    standing.require_resident()?;
    if !standing.accredited {
        let detail = format!("{who} was never accredited and has nothing to end");
        return Err(ContractError::new(ErrorCode::NotAuthenticated, detail));
    }
    (standing.suspended, standing.moved_out) = (true, true);
    let mut decision = Decision::replying(&standing.view(fingerprints(cx, who).await?))?;
    withdraw_all(cx, &request.orders, &mut decision).await?;
    withdraw_from(cx, &request.slots, &mut decision).await?;
    let row = Suspension {
        suspended: true,
        moved_out: Some(true),
    };
    decision.put(schema::suspension(who), &row)?;
    decision.emit(UserMovedOut {
        participant: who.clone(),
    })?;
    Ok(decision)
}
