//! `Credit:Roll`: once a day, what was settled since the last roll moves the scores of a page of participants.

use std::collections::BTreeMap;

use der_api::ErrorCode;
use der_api::event::CreditRolled;
use der_api::reply::RolledView;
use der_api::request::{ROLL_LIMIT, RollCredit};
use der_market::billing::{Billing, BillingDay, Month};
use der_market::credit::{Kept, MonthWeights, Points, Tier, after_slot};
use der_market::id::ParticipantId;
use der_market::journal::{Account, sum_of};
use der_market::participant::Side;
use der_market::units::{Money, Ppm};

use super::time::require_settled;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Conduct, Credit, CreditDay, StatementHead, Unbilled};
use crate::schema;
use crate::view::LedgerView;

/// Months without a roll that count: enough to reach 600 points from anywhere.
const IDLE_MONTHS: usize = 60;

/// What a roll knows of a participant.
struct Rolling {
    who: ParticipantId,
    credit: Option<Credit>,
    defaults: u32,
    conduct: Vec<Conduct>,
    owed: Money,
    indebted: bool,
}

pub(crate) async fn roll_credit<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RollCredit,
) -> Result<Decision, ContractError> {
    let RollCredit {
        day,
        at,
        mut participants,
    } = request;
    participants.sort();
    participants.dedup();
    if participants.len() > ROLL_LIMIT {
        return Err(ContractError::new(
            ErrorCode::TooManyItems,
            format!("at most {ROLL_LIMIT} participants"),
        ));
    }
    let parameters = cx.parameters(cx.market.parameters).await?;
    if parameters.credit.is_none() {
        return Err(ErrorCode::CreditNotInForce.into());
    }
    let billing = parameters.billing();
    if billing.day_of(at) <= day {
        let detail = format!("slot {at} is not after day {day}");
        return Err(ContractError::new(ErrorCode::DayNotOver, detail));
    }
    require_settled(cx, at).await?;
    let mut rolling = Vec::new();
    for who in participants {
        rolling.extend(read(cx, day, who).await?);
    }
    decide(day, &billing, parameters.band, rolling)
}

/// What there is of a participant that is not rolled through the day yet.
async fn read<V: LedgerView>(
    cx: &Context<'_, V>,
    day: BillingDay,
    who: ParticipantId,
) -> Result<Option<Rolling>, ContractError> {
    super::funds::accredited(cx, &who).await?;
    let account = Account::Participant(who.clone());
    let (credit, today, head) = (
        schema::credit(&who),
        schema::credit_day(&who),
        schema::statement_head(&account),
    );
    let keys = [credit.key.clone(), today.key.clone(), head.key.clone()];
    let answers = cx.ledger.many(&keys).await?;
    let credit = answers.get(&credit)?;
    if credit.as_ref().is_some_and(|credit: &Credit| credit.day >= day) {
        return Ok(None);
    }
    let unbilled: Vec<Unbilled> = cx.ledger.scan(&schema::unbilled_of(&account)).await?;
    let head: Option<StatementHead> = answers.get(&head)?;
    let unpaid = head.iter().flat_map(|head| head.unpaid.values().copied());
    let indebted = unpaid.clone().any(|due| due < Money::ZERO);
    let open = unbilled.iter().flat_map(|row| row.sums.values().copied()).chain(unpaid);
    Ok(Some(Rolling {
        credit,
        defaults: answers.get(&today)?.map_or(0, |today: CreditDay| today.defaults),
        conduct: cx.ledger.scan(&schema::conduct_of(&who)).await?,
        owed: sum_of(open)?.min(Money::ZERO).negated()?,
        indebted,
        who,
    }))
}

fn decide(day: BillingDay, billing: &Billing, band: Ppm, rolling: Vec<Rolling>) -> Result<Decision, ContractError> {
    let rolled = u32::try_from(rolling.len()).map_err(|_| ErrorCode::ArithmeticOverflow)?;
    let mut decision = Decision::replying(&RolledView { day, rolled })?;
    if rolling.is_empty() {
        return Ok(decision);
    }
    for one in rolling {
        let credit = roll(day, billing, band, &one);
        let today = CreditDay {
            day,
            tier: Tier::of(credit.points),
            owed: one.owed,
            defaults: one.defaults,
        };
        decision.put(schema::credit(&one.who), &credit)?;
        decision.put(schema::credit_day(&one.who), &today)?;
        for conduct in counted(day, billing, &one.conduct) {
            decision.delete(schema::conduct(&one.who, &conduct.slot, &conduct.page))?;
        }
    }
    decision.emit(CreditRolled { day, rolled })?;
    Ok(decision)
}

/// Rows of slots through the day, in the order of their slots.
fn counted<'a>(day: BillingDay, billing: &'a Billing, conduct: &'a [Conduct]) -> impl Iterator<Item = &'a Conduct> {
    conduct.iter().filter(move |row| billing.day_of(row.slot) <= day)
}

fn roll(day: BillingDay, billing: &Billing, band: Ppm, one: &Rolling) -> Credit {
    let first = Credit {
        points: Points::START,
        day,
        month: Month::of(day),
        weights: MonthWeights::default(),
    };
    let idle = one.credit.is_some() && !one.indebted && one.defaults == 0;
    let mut credit = one.credit.clone().unwrap_or(first);
    for (slot, kept) in by_slot(counted(day, billing, &one.conduct)) {
        turn(&mut credit, Month::of(billing.day_of(slot)), idle);
        for side in [Side::Buyer, Side::Seller] {
            let side: Vec<Kept> = kept.iter().filter(|kept| kept.side == side).cloned().collect();
            credit.points = after_slot(credit.points, &side, band, &mut credit.weights);
        }
    }
    turn(&mut credit, Month::of(day), idle);
    credit.day = day;
    credit
}

fn by_slot<'a>(conduct: impl Iterator<Item = &'a Conduct>) -> BTreeMap<der_market::slot::Slot, Vec<Kept>> {
    let mut slots: BTreeMap<_, Vec<Kept>> = BTreeMap::new();
    for row in conduct {
        slots.entry(row.slot).or_default().extend(row.kept.iter().cloned());
    }
    slots
}

/// Begins a later month: a month that ends without contracts leads back to 600 points, unless there is debt. What a correction says of an
/// earlier month counts in the present one.
fn turn(credit: &mut Credit, month: Month, may_idle: bool) {
    for _ in 0..IDLE_MONTHS {
        if credit.month >= month {
            return;
        }
        if credit.weights.is_idle() && may_idle {
            credit.points = credit.points.after_idle_month();
        }
        credit.weights = MonthWeights::default();
        credit.month = credit.month.next();
    }
    credit.month = credit.month.max(month);
}
