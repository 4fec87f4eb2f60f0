//! `Statement:Pay`: the caller settles what is undisputed of its statement. It moves rows of its own alone.

use der_api::ErrorCode;
use der_api::event::StatementPaid;
use der_api::reply::LineState;
use der_api::request::PayStatement;
use der_market::journal::Account;
use der_market::units::Money;

use super::super::funds::funds_of;
use super::standing::Standing;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::CreditDay;
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn pay_statement<V: LedgerView>(
    cx: &Context<'_, V>,
    request: PayStatement,
) -> Result<Decision, ContractError> {
    let who = cx.caller.clone();
    let mut standing = Standing::of(cx, &Account::Participant(who.clone()), request.month).await?;
    let due = standing.due()?;
    if due == Money::ZERO {
        return Err(ErrorCode::NothingDue.into());
    }
    let funds = funds_of(cx, &who).await?.moved(due)?;
    let accepted = standing.numbers(|line| matches!(line, LineState::Open | LineState::Silent));
    standing.state.acknowledged.extend(accepted);
    standing.state.paid = standing.state.paid.plus(due)?;
    let cleared = standing.state.in_default;
    standing.state.in_default = false;
    let mut decision = standing.put()?;
    standing.put_head(&mut decision)?;
    decision.put(schema::funds(&who), &funds)?;
    if cleared {
        let at = schema::credit_day(&who);
        let today = cx.ledger.require(&at).await?;
        let defaults = today.defaults.saturating_sub(1);
        decision.put(at, &CreditDay { defaults, ..today })?;
    }
    decision.emit(StatementPaid {
        month: request.month,
        participant: who,
    })?;
    Ok(decision)
}
