//! `Statement:Acknowledge`, `Statement:Dispute`: an account's owner answers lines. Who says nothing for the days for answers accepts.

use der_api::ErrorCode;
use der_api::event::StatementAnswered;
use der_api::reply::LineState;
use der_api::request::{AcknowledgeStatement, DisputeStatement};
use der_market::billing::Month;
use der_market::journal::Account;

use super::standing::Standing;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::Ruling;
use crate::view::LedgerView;

/// Refuses unless the caller speaks for the account: a participant for its own, the grid company for its two.
fn require_owner<V>(cx: &Context<'_, V>, account: &Account) -> Result<(), ContractError> {
    let own = match account {
        Account::Participant(who) => *who == cx.caller,
        Account::Grid | Account::Retail => cx.caller.msp == cx.market.organisations.grid,
        Account::Deposits | Account::Rounding => false,
    };
    if own {
        return Ok(());
    }
    let detail = format!("{} does not speak for {account}", cx.caller);
    Err(ContractError::new(ErrorCode::NotOwner, detail))
}

pub(crate) async fn acknowledge_statement<V: LedgerView>(
    cx: &Context<'_, V>,
    request: AcknowledgeStatement,
) -> Result<Decision, ContractError> {
    let AcknowledgeStatement { month, account, lines } = request;
    require_owner(cx, &account)?;
    let mut standing = Standing::of(cx, &account, month).await?;
    let lines = if lines.is_empty() {
        standing.numbers(|line| matches!(line, LineState::Open | LineState::Silent))
    } else {
        lines
    };
    for line in lines {
        standing.require(line)?;
        if matches!(standing.line(line), LineState::Open | LineState::Silent) {
            standing.state.acknowledged.insert(line);
        }
    }
    answered(&standing, month, account)
}

pub(crate) async fn dispute_statement<V: LedgerView>(
    cx: &Context<'_, V>,
    request: DisputeStatement,
) -> Result<Decision, ContractError> {
    let DisputeStatement { month, account, lines } = request;
    require_owner(cx, &account)?;
    if !matches!(account, Account::Participant(_)) {
        let detail = "a company's lines are those of its participants; they dispute them";
        return Err(ContractError::new(ErrorCode::NotOwner, detail));
    }
    let mut standing = Standing::of(cx, &account, month).await?;
    if lines.is_empty() {
        return Err(ErrorCode::EmptyBatch.into());
    }
    for line in lines {
        standing.require(line)?;
        match standing.line(line) {
            LineState::Open => standing.state.disputed.insert(line, Ruling::Pending),
            LineState::Disputed => None,
            other => {
                let detail = format!("line {line} is {other:?}");
                return Err(ContractError::new(ErrorCode::LineAccepted, detail));
            }
        };
    }
    answered(&standing, month, account)
}

fn answered(standing: &Standing, month: Month, account: Account) -> Result<Decision, ContractError> {
    let mut decision = standing.put()?;
    let disputed = standing.numbers(|line| line == LineState::Disputed).len();
    decision.emit(StatementAnswered {
        month,
        account,
        disputed: u32::try_from(disputed).map_err(|_| ErrorCode::ArithmeticOverflow)?,
    })?;
    Ok(decision)
}
