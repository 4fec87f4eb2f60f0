//! `Statement:Default`: a statement that is unpaid after its days costs credit, and trading until it is paid.

use der_api::ErrorCode;
use der_api::event::PaymentDefaulted;
use der_api::request::DeclareDefault;
use der_market::billing::Month;
use der_market::credit::{MonthWeights, Points, Stability, Tier};
use der_market::journal::Account;
use der_market::units::Money;

use super::super::time::elapsed;
use super::standing::Standing;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::{days_between, rules_in_force};
use crate::rows::{Credit, CreditDay};
use crate::schema;
use crate::view::LedgerView;

pub(crate) async fn declare_default<V: LedgerView>(
    cx: &Context<'_, V>,
    request: DeclareDefault,
) -> Result<Decision, ContractError> {
    let DeclareDefault {
        month,
        participant: who,
    } = request;
    let mut standing = Standing::of(cx, &Account::Participant(who.clone()), month).await?;
    let closed_at = standing.statement.closed_at;
    let parameters = rules_in_force(cx, closed_at).await?;
    if parameters.credit.is_none() {
        return Err(ErrorCode::CreditNotInForce.into());
    }
    let billing = parameters.billing();
    if standing.due()? >= Money::ZERO || standing.state.in_default {
        let detail = format!("{who} owes nothing more on {month}, or is in default of it already");
        return Err(ContractError::new(ErrorCode::NothingDue, detail));
    }
    if !elapsed(cx, closed_at, billing.default_days).await? {
        let detail = format!("{} days after slot {closed_at} are not over", billing.default_days);
        return Err(ContractError::new(ErrorCode::NotThatFar, detail));
    }
    let (credit_at, today_at) = (schema::credit(&who), schema::credit_day(&who));
    let answers = cx.ledger.many(&[credit_at.key.clone(), today_at.key.clone()]).await?;
    let day = days_between(cx, closed_at, closed_at).await?.day_of(closed_at);
    let mut credit = answers.get(&credit_at)?.unwrap_or_else(|| Credit {
        points: Points::START,
        day,
        month: Month::of(day),
        weights: MonthWeights::default(),
        stability: Stability::default(),
    });
    credit.points = credit.points.less(Points::DEFAULT);
    let before: Option<CreditDay> = answers.get(&today_at)?;
    let today = CreditDay {
        day: credit.day,
        tier: Tier::of(credit.points),
        owed: before.as_ref().map_or(Money::ZERO, |today| today.owed),
        defaults: before.map_or(0, |today| today.defaults).saturating_add(1),
        stability: credit.stability.ppm(),
    };
    standing.state.in_default = true;
    let mut decision = standing.put()?;
    decision.put(credit_at, &credit)?;
    decision.put(today_at, &today)?;
    decision.emit(PaymentDefaulted {
        month,
        participant: who,
    })?;
    Ok(decision)
}
