//! Payments, accounts by their folds, and credit.

use std::collections::BTreeMap;

use der_api::ErrorCode;
use der_api::reply::{AccountView, AccountsView, CreditView};
use der_api::request::{ACCOUNTS_LIMIT, QueryAccount, QueryAccounts, QueryCredit, QueryPayment};
use der_market::credit::{Points, Tier};
use der_market::id::ParticipantId;
use der_market::journal::{Account, Posting, Purpose, sum_of};
use der_market::units::{Money, UnitError};

use super::books::opening;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::key::Key;
use crate::money::{accredited, funds_of, funds_view, payment_view};
use crate::rows::{Booking, Credit, Fold, StatementHead, Unbilled};
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn payment<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryPayment,
) -> Result<Decision, ContractError> {
    let QueryPayment {
        participant,
        kind,
        payment,
    } = request;
    let row = cx
        .ledger
        .require(&schema::payment(&participant, &kind, &payment))
        .await?;
    Decision::replying(&payment_view(&participant, kind, &payment, &row))
}

pub(crate) async fn account<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryAccount,
) -> Result<Decision, ContractError> {
    let account = request.account;
    let folds: Vec<Fold> = cx.ledger.scan(&schema::folds_of(&account)).await?;
    let unbilled: Vec<Unbilled> = cx.ledger.scan(&schema::unbilled_of(&account)).await?;
    let paid = by_purpose(bookings(cx, &account).await?)?;
    let opening = opening(cx, &account).await?;
    let mut folded: BTreeMap<Purpose, Money> = BTreeMap::new();
    for (purpose, amount) in folds.iter().flat_map(|fold| &fold.sums) {
        let sum = folded.entry(*purpose).or_insert(Money::ZERO);
        *sum = sum.plus(*amount)?;
    }
    let booked = sum_of(folded.values().chain(paid.values()).copied())?;
    let funds = match &account {
        Account::Participant(who) => Some(funds_view(who, &funds_of(cx, who).await?)?),
        _ => None,
    };
    Decision::replying(&AccountView {
        opening,
        booked: opening.plus(booked)?,
        through: folds.last().map(|fold| fold.day),
        unbilled: sum_of(unbilled.iter().flat_map(|row| row.sums.values().copied()))?,
        rest: rest(cx, &account).await?,
        account,
        folded,
        paid,
        funds,
    })
}

/// What payments and decisions posted to an account.
pub(super) async fn bookings<V: LedgerView>(
    cx: &Context<'_, V>,
    account: &Account,
) -> Result<Vec<Posting>, ContractError> {
    let mut rows: Vec<Booking> = cx.ledger.scan(&schema::bookings_of(account)).await?;
    rows.extend(cx.ledger.scan(&schema::decided_of(account)).await?);
    Ok(rows.into_iter().flat_map(|row| row.postings).collect())
}

/// What an account's last statement left over; of the rounding account, what all left with it.
pub(super) async fn rest<V: LedgerView>(cx: &Context<'_, V>, account: &Account) -> Result<Money, ContractError> {
    if *account != Account::Rounding {
        let head = cx.ledger.get(&schema::statement_head(account)).await?;
        return Ok(head.map_or(Money::ZERO, |head| head.rest));
    }
    let heads: Vec<StatementHead> = cx.ledger.scan(&schema::statement_heads()).await?;
    Ok(sum_of(heads.iter().map(|head| head.rest))?)
}

fn by_purpose(postings: Vec<Posting>) -> Result<BTreeMap<Purpose, Money>, UnitError> {
    let mut sums: BTreeMap<Purpose, Money> = BTreeMap::new();
    for posting in postings {
        let sum = sums.entry(posting.purpose).or_insert(Money::ZERO);
        *sum = sum.plus(posting.amount)?;
    }
    Ok(sums)
}

pub(crate) async fn accounts<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryAccounts,
) -> Result<Decision, ContractError> {
    if !(1..=ACCOUNTS_LIMIT).contains(&request.page) {
        let detail = format!("a page has 1 to {ACCOUNTS_LIMIT} accounts");
        return Err(ContractError::new(ErrorCode::TooManyItems, detail));
    }
    let most = usize::try_from(request.page).unwrap_or(usize::MAX);
    let after = request.after.map(|account| schema::opening(&account).key);
    let prefix = schema::openings().prefix;
    let keys = cx.ledger.page(&prefix, after.as_ref(), most).await?;
    let accounts: Vec<Account> = keys.iter().map(account_of).collect::<Result<_, _>>()?;
    let next = accounts.last().filter(|_| keys.len() == most).cloned();
    Decision::replying(&AccountsView { accounts, next })
}

fn account_of(key: &Key) -> Result<Account, ContractError> {
    let text = key.parts().join(":");
    text.parse()
        .map_err(|e: der_market::id::IdError| ContractError::new(ErrorCode::CorruptState, e.to_string()))
}

pub(crate) async fn credit<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryCredit,
) -> Result<Decision, ContractError> {
    let who = request.participant;
    accredited(cx, &who).await?;
    let (credit, today) = (schema::credit(&who), schema::credit_day(&who));
    let answers = cx.ledger.many(&[credit.key.clone(), today.key.clone()]).await?;
    let row: Option<Credit> = answers.get(&credit)?;
    let today = answers.get(&today)?;
    let points = row.as_ref().map_or(Points::START, |row| row.points);
    let told = may_know(cx, &who);
    Decision::replying(&CreditView {
        tier: Tier::of(points),
        day: row.map(|row| row.day),
        in_default: today.as_ref().is_some_and(|today| today.defaults > 0),
        points: told.then_some(points),
        owed: told.then(|| today.map_or(Money::ZERO, |today| today.owed)),
        participant: who,
    })
}

/// The participant, its organisation and the regulator may know the number.
fn may_know<V>(cx: &Context<'_, V>, who: &ParticipantId) -> bool {
    cx.caller.msp == who.msp || cx.caller.msp == cx.market.organisations.regulator
}
