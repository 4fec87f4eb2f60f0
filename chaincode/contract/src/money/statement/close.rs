//! `Statement:Close`: what was folded through a month's last day and is on no statement yet becomes one, in whole fen.

use der_api::ErrorCode;
use der_api::event::StatementsClosed;
use der_api::reply::{ClosedView, StatementLine};
use der_api::request::{CLOSE_LIMIT, CloseStatements};
use der_market::billing::Month;
use der_market::journal::{Account, Purpose};
use der_market::slot::Slot;
use der_market::statement::round;
use der_market::units::Money;

use super::super::funds::Book;
use super::super::time::require_latest;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::days_between;
use crate::rows::{Statement, StatementHead, Unbilled};
use crate::schema;
use crate::view::LedgerView;

/// An account at the end of a month.
struct Ending {
    account: Account,
    head: Option<StatementHead>,
    unbilled: Vec<Unbilled>,
}

pub(crate) async fn close_statements<V: LedgerView>(
    cx: &Context<'_, V>,
    request: CloseStatements,
) -> Result<Decision, ContractError> {
    let CloseStatements {
        month,
        at,
        mut accounts,
    } = request;
    accounts.sort();
    accounts.dedup();
    if accounts.is_empty() {
        return Err(ErrorCode::EmptyBatch.into());
    }
    if accounts.len() > CLOSE_LIMIT {
        return Err(ContractError::new(
            ErrorCode::TooManyItems,
            format!("at most {CLOSE_LIMIT} accounts"),
        ));
    }
    if days_between(cx, at, at).await?.day_of(at) < month.next().first_day() {
        return Err(ContractError::new(
            ErrorCode::NotThatFar,
            format!("slot {at} is not after {month}"),
        ));
    }
    require_latest(cx, at).await?;
    let mut endings = Vec::new();
    for account in accounts {
        endings.push(read(cx, month, account).await?);
    }
    decide(month, at, endings)
}

async fn read<V: LedgerView>(cx: &Context<'_, V>, month: Month, account: Account) -> Result<Ending, ContractError> {
    let head = cx.ledger.get(&schema::statement_head(&account)).await?;
    if head.as_ref().is_some_and(|head| head.month >= month) {
        let detail = format!("{account} has a statement of {month} or later");
        return Err(ContractError::new(ErrorCode::MonthClosed, detail));
    }
    let end = month.next().first_day();
    let rows: Vec<Unbilled> = cx.ledger.scan(&schema::unbilled_of(&account)).await?;
    Ok(Ending {
        head,
        unbilled: rows.into_iter().filter(|row| row.day < end).collect(),
        account,
    })
}

fn decide(month: Month, at: Slot, endings: Vec<Ending>) -> Result<Decision, ContractError> {
    let closed = u32::try_from(endings.len()).map_err(|_| ErrorCode::ArithmeticOverflow)?;
    let mut decision = Decision::replying(&ClosedView { month, closed })?;
    for ending in endings {
        let before = ending.head.as_ref().map_or(Money::ZERO, |head| head.rest);
        let statement = statement(month, at, &ending, before)?;
        let mut unpaid = ending.head.map_or_else(Default::default, |head| head.unpaid);
        if statement.total != Money::ZERO {
            unpaid.insert(month, statement.total);
        }
        let head = StatementHead {
            month,
            rest: statement.rest,
            unpaid,
        };
        let account = &statement.account;
        for row in &ending.unbilled {
            decision.delete(schema::unbilled(account, &row.day))?;
        }
        decision.put(schema::statement_head(account), &head)?;
        decision.put(schema::statement(account, &month), &statement)?;
    }
    decision.emit(StatementsClosed { month, closed })?;
    Ok(decision)
}

fn statement(month: Month, at: Slot, ending: &Ending, before: Money) -> Result<Statement, ContractError> {
    let carried = (before != Money::ZERO).then_some((None, Purpose::Rounding, before));
    let days = ending.unbilled.iter().flat_map(|row| {
        row.sums
            .iter()
            .map(|(purpose, amount)| (Some(row.day), *purpose, *amount))
    });
    let exact: Vec<_> = carried.into_iter().chain(days).collect();
    let amounts: Vec<Money> = exact.iter().map(|(_, _, amount)| *amount).collect();
    let rounded = round(&amounts)?;
    let lines = exact.into_iter().zip(rounded.lines);
    let lines = lines.map(|((day, purpose, exact), amount)| StatementLine {
        day,
        purpose,
        exact,
        amount,
    });
    // The account stands in whole fen from here on: the rounding account keeps what is left, and gives back what was left before.
    let kept = rounded.rest.minus(before)?;
    let rounding = Book::of(&ending.account, &Account::Rounding, Purpose::Rounding, kept)?;
    Ok(Statement {
        account: ending.account.clone(),
        month,
        closed_at: at,
        lines: lines.collect(),
        total: rounded.total,
        rest: rounded.rest,
        rounding: rounding.postings(),
    })
}
