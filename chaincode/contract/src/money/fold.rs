//! `Account:Fold`: a day of an account in one row. Settlements post and never add up, so that no account is a hot row; a fold reads what
//! they posted, and what is new since the fold before goes on the next statement.

use std::collections::BTreeMap;

use der_api::ErrorCode;
use der_api::event::AccountsFolded;
use der_api::reply::FoldedView;
use der_api::request::{FOLD_LIMIT, FoldAccounts};
use der_market::billing::BillingDay;
use der_market::journal::{Account, Purpose};
use der_market::slot::Slot;
use der_market::units::{Money, UnitError};

use super::store::Store;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::days_around;
use crate::rows::{Fold, Postings, Unbilled};
use crate::schema;
use crate::view::LedgerView;

/// Amounts by what they are for.
pub(super) type Sums = BTreeMap<Purpose, Money>;

/// An account's day as it was folded, and as it stands.
struct Day {
    account: Account,
    folded: Sums,
    unbilled: Sums,
    posted: Sums,
}

pub(crate) async fn fold_accounts<V: LedgerView>(
    cx: &Context<'_, V>,
    request: FoldAccounts,
) -> Result<Decision, ContractError> {
    let FoldAccounts { day, mut accounts } = request;
    accounts.sort();
    accounts.dedup();
    if accounts.is_empty() {
        return Err(ErrorCode::EmptyBatch.into());
    }
    if accounts.len() > FOLD_LIMIT {
        return Err(ContractError::new(
            ErrorCode::TooManyItems,
            format!("at most {FOLD_LIMIT} accounts"),
        ));
    }
    let (from, to) = days_around(cx, day).await?.slots_of(day);
    let (mut days, mut stores) = (Vec::new(), Vec::new());
    for account in accounts {
        if let Account::Participant(who) = &account {
            stores.extend(Store::to_fold(cx, who, to).await?);
        }
        days.push(read(cx, day, (from, to), account).await?);
    }
    decide(day, days, &stores)
}

async fn read<V: LedgerView>(
    cx: &Context<'_, V>,
    day: BillingDay,
    (from, to): (Slot, Slot),
    account: Account,
) -> Result<Day, ContractError> {
    let pages: Vec<Postings> = cx.ledger.span(&schema::postings_between(&account, from, to)).await?;
    let mut posted = Sums::new();
    for posting in pages.iter().flat_map(|page| &page.postings) {
        add(&mut posted, posting.purpose, posting.amount)?;
    }
    let (fold, unbilled) = (schema::fold(&account, &day), schema::unbilled(&account, &day));
    let answers = cx.ledger.many(&[fold.key.clone(), unbilled.key.clone()]).await?;
    Ok(Day {
        folded: answers.get(&fold)?.map_or_else(Sums::new, |row: Fold| row.sums),
        unbilled: answers.get(&unbilled)?.map_or_else(Sums::new, |row: Unbilled| row.sums),
        account,
        posted,
    })
}

fn decide(day: BillingDay, days: Vec<Day>, stores: &[Store]) -> Result<Decision, ContractError> {
    let changed: Vec<Day> = days.into_iter().filter(|day| day.posted != day.folded).collect();
    let count = u32::try_from(changed.len()).map_err(|_| ErrorCode::ArithmeticOverflow)?;
    let mut decision = Decision::replying(&FoldedView { day, changed: count })?;
    if changed.is_empty() && stores.is_empty() {
        return Ok(decision);
    }
    for store in stores {
        store.put(&mut decision)?;
    }
    for Day {
        account,
        folded,
        mut unbilled,
        posted,
    } in changed
    {
        for (purpose, amount) in &posted {
            add(&mut unbilled, *purpose, *amount)?;
        }
        for (purpose, amount) in folded {
            add(&mut unbilled, purpose, amount.negated()?)?;
        }
        unbilled.retain(|_, amount| *amount != Money::ZERO);
        decision.put(schema::fold(&account, &day), &Fold { day, sums: posted })?;
        decision.put(schema::unbilled(&account, &day), &Unbilled { day, sums: unbilled })?;
    }
    decision.emit(AccountsFolded { day, changed: count })?;
    Ok(decision)
}

/// Adds an amount to its purpose.
pub(super) fn add(sums: &mut Sums, purpose: Purpose, amount: Money) -> Result<(), UnitError> {
    let sum = sums.entry(purpose).or_insert(Money::ZERO);
    *sum = sum.plus(amount)?;
    Ok(())
}
