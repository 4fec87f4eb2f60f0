//! `Deposit:*`, `Withdrawal:*`: asked for by the participant, answered by the selling company, which never touches the participant's funds.

use der_api::ErrorCode;
use der_api::event::{PaymentRequested, PaymentSettled};
use der_api::reply::{PaymentKind, PaymentState, PaymentView};
use der_api::request::{AnswerDeposit, AnswerWithdrawal, RequestDeposit, RequestWithdrawal};
use der_market::id::{ParticipantId, PaymentId};
use der_market::journal::{Account, Purpose};
use der_market::units::Money;

use super::funds::{Book, accredited, funds_of, short};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Booking, Funds, Incoming, Payment};
use crate::schema;
use crate::view::LedgerView;

/// 10¹² yuan: more than a market has, and far from the bounds of arithmetic.
const MOST: Money = Money::nyuan(1_000_000_000_000 * Money::PER_YUAN);

pub(crate) async fn request_deposit<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RequestDeposit,
) -> Result<Decision, ContractError> {
    let RequestDeposit { payment, amount } = request;
    let who = cx.caller.clone();
    if let Some(known) = known(cx, PaymentKind::Deposit, &payment, amount).await? {
        return known;
    }
    accredited(cx, &who).await?;
    asked(&who, PaymentKind::Deposit, payment, amount, None)
}

pub(crate) async fn request_withdrawal<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RequestWithdrawal,
) -> Result<Decision, ContractError> {
    let RequestWithdrawal { payment, amount } = request;
    let who = cx.caller.clone();
    if let Some(known) = known(cx, PaymentKind::Withdrawal, &payment, amount).await? {
        return known;
    }
    accredited(cx, &who).await?;
    let funds = funds_of(cx, &who).await?;
    let day = cx.ledger.get(&schema::credit_day(&who)).await?;
    let free = funds.available()?.minus(day.map_or(Money::ZERO, |day| day.owed))?;
    if amount > free {
        return Err(short(free, amount));
    }
    let left = funds.moved(amount.negated()?)?;
    asked(&who, PaymentKind::Withdrawal, payment, amount, Some(&left))
}

/// The answer to a payment that was asked for before.
async fn known<V: LedgerView>(
    cx: &Context<'_, V>,
    kind: PaymentKind,
    payment: &PaymentId,
    amount: Money,
) -> Result<Option<Result<Decision, ContractError>>, ContractError> {
    if amount <= Money::ZERO {
        return Err(ContractError::new(ErrorCode::ZeroQuantity, "a payment is above zero"));
    }
    if amount > MOST {
        let detail = format!("a payment is at most {} yuan", MOST.to_yuan());
        return Err(ContractError::new(ErrorCode::QuantityOutOfRange, detail));
    }
    let who = &cx.caller;
    let Some(row) = cx.ledger.get(&schema::payment(who, &kind, payment)).await? else {
        return Ok(None);
    };
    if row.amount != amount {
        let detail = format!("payment {payment} stands for {} yuan", row.amount.to_yuan());
        return Err(ContractError::new(ErrorCode::PaymentIdReused, detail));
    }
    Ok(Some(Decision::replying(&payment_view(who, kind, payment, &row))))
}

fn asked(
    who: &ParticipantId,
    kind: PaymentKind,
    payment: PaymentId,
    amount: Money,
    funds: Option<&Funds>,
) -> Result<Decision, ContractError> {
    let row = Payment {
        amount,
        state: PaymentState::Requested,
    };
    let mut decision = Decision::replying(&payment_view(who, kind, &payment, &row))?;
    decision.put(schema::payment(who, &kind, &payment), &row)?;
    if let Some(funds) = funds {
        decision.put(schema::funds(who), funds)?;
    }
    decision.emit(PaymentRequested {
        participant: who.clone(),
        kind,
        payment,
    })?;
    Ok(decision)
}

pub(crate) async fn answer_deposit<V: LedgerView>(
    cx: &Context<'_, V>,
    request: AnswerDeposit,
) -> Result<Decision, ContractError> {
    let AnswerDeposit {
        participant,
        payment,
        accepted,
    } = request;
    answer(cx, participant, PaymentKind::Deposit, payment, accepted).await
}

pub(crate) async fn answer_withdrawal<V: LedgerView>(
    cx: &Context<'_, V>,
    request: AnswerWithdrawal,
) -> Result<Decision, ContractError> {
    let AnswerWithdrawal {
        participant,
        payment,
        accepted,
    } = request;
    answer(cx, participant, PaymentKind::Withdrawal, payment, accepted).await
}

async fn answer<V: LedgerView>(
    cx: &Context<'_, V>,
    who: ParticipantId,
    kind: PaymentKind,
    payment: PaymentId,
    accepted: bool,
) -> Result<Decision, ContractError> {
    let mut row = cx.ledger.require(&schema::payment(&who, &kind, &payment)).await?;
    let state = if accepted {
        PaymentState::Accepted
    } else {
        PaymentState::Refused
    };
    if row.state == state {
        return Decision::replying(&payment_view(&who, kind, &payment, &row));
    }
    if row.state != PaymentState::Requested {
        let detail = format!("payment {payment} of {who} was answered otherwise");
        return Err(ContractError::new(ErrorCode::PaymentAnswered, detail));
    }
    row.state = state;
    answered(&who, kind, payment, &row)
}

fn answered(
    who: &ParticipantId,
    kind: PaymentKind,
    payment: PaymentId,
    row: &Payment,
) -> Result<Decision, ContractError> {
    let accepted = row.state == PaymentState::Accepted;
    let mut decision = Decision::replying(&payment_view(who, kind, &payment, row))?;
    decision.put(schema::payment(who, &kind, &payment), row)?;
    if accepted {
        book(&mut decision, who, kind, &payment, row.amount)?;
    }
    // A confirmed deposit is there to be collected; so is a withdrawal that comes back.
    if accepted == (kind == PaymentKind::Deposit) {
        let incoming = Incoming {
            kind,
            payment: payment.clone(),
            amount: row.amount,
        };
        decision.put(schema::incoming(who, &kind, &payment), &incoming)?;
    }
    decision.emit(PaymentSettled {
        participant: who.clone(),
        kind,
        payment,
        accepted,
    })?;
    Ok(decision)
}

fn book(
    decision: &mut Decision,
    who: &ParticipantId,
    kind: PaymentKind,
    payment: &PaymentId,
    amount: Money,
) -> Result<(), ContractError> {
    let (own, deposits) = (Account::Participant(who.clone()), Account::Deposits);
    let book = match kind {
        PaymentKind::Deposit => Book::of(&deposits, &own, Purpose::Deposit, amount)?,
        PaymentKind::Withdrawal => Book::of(&own, &deposits, Purpose::Withdrawal, amount)?,
    };
    for account in [&own, &deposits] {
        let postings = book.of_account(account);
        decision.put(schema::booking(account, who, &kind, payment), &Booking { postings })?;
    }
    Ok(())
}

/// What is told of a payment.
pub(crate) fn payment_view(who: &ParticipantId, kind: PaymentKind, payment: &PaymentId, row: &Payment) -> PaymentView {
    PaymentView {
        participant: who.clone(),
        kind,
        payment: payment.clone(),
        amount: row.amount,
        state: row.state,
    }
}
