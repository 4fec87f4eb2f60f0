//! `Credit:Roll`: once a day, what was settled since the last roll moves the scores of a page of participants. What was settled late or
//! corrected replaces what its slot had moved before.

use der_api::ErrorCode;
use der_api::event::CreditRolled;
use der_api::reply::RolledView;
use der_api::request::{ROLL_LIMIT, RollCredit};
use der_market::billing::{BillingDay, Month};
use der_market::credit::Tier;
use der_market::days::Days;
use der_market::id::ParticipantId;
use der_market::journal::{Account, sum_of};
use der_market::penalty::Penalty;
use der_market::slot::Slot;
use der_market::units::Money;

use super::score::{Score, conduct_by_slot};
use super::time::require_settled;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::{days_around, days_between, rules_in_force};
use crate::rows::{Conduct, CountedDay, Credit, CreditDay, StatementHead, Unbilled};
use crate::schema;
use crate::view::LedgerView;

/// What a roll knows of a participant.
struct Rolling {
    who: ParticipantId,
    credit: Option<Credit>,
    defaults: u32,
    conduct: Vec<Conduct>,
    penalties: Vec<Penalty>,
    /// What slots of the same days have moved before.
    counted: Vec<(BillingDay, CountedDay)>,
    days: Days,
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
    if rules_in_force(cx, at).await?.credit.is_none() {
        return Err(ErrorCode::CreditNotInForce.into());
    }
    let (_, end) = days_around(cx, day).await?.slots_of(day);
    if at < end {
        let detail = format!("slot {at} is not after day {day}");
        return Err(ContractError::new(ErrorCode::DayNotOver, detail));
    }
    require_settled(cx, at).await?;
    let mut rolling = Vec::new();
    for who in participants {
        rolling.extend(read(cx, (day, end), who).await?);
    }
    decide(day, rolling)
}

/// What there is of a participant that is not rolled through the day yet. Slots after the day are not read, so that their settlement
/// does not conflict.
async fn read<V: LedgerView>(
    cx: &Context<'_, V>,
    (day, end): (BillingDay, Slot),
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
    let conduct: Vec<Conduct> = cx.ledger.span(&schema::conduct_before(&who, end)).await?;
    let penalties: Vec<Penalty> = cx.ledger.span(&schema::penalties_before(&who, end)).await?;
    let slots = conduct.iter().map(|row| row.slot);
    let slots = slots.chain(penalties.iter().map(|penalty| penalty.slot.slot));
    let days = days_between(cx, slots.min().unwrap_or(end), end).await?;
    Ok(Some(Rolling {
        credit,
        defaults: answers.get(&today)?.map_or(0, |today: CreditDay| today.defaults),
        counted: counted(cx, &who, &conduct, &days).await?,
        conduct,
        penalties,
        days,
        owed: sum_of(open)?.min(Money::ZERO).negated()?,
        indebted,
        who,
    }))
}

/// What was counted before of the days whose slots are counted now.
async fn counted<V: LedgerView>(
    cx: &Context<'_, V>,
    who: &ParticipantId,
    conduct: &[Conduct],
    days: &Days,
) -> Result<Vec<(BillingDay, CountedDay)>, ContractError> {
    let mut touched: Vec<BillingDay> = conduct.iter().map(|row| days.day_of(row.slot)).collect();
    touched.sort();
    touched.dedup();
    let rows: Vec<_> = touched.iter().map(|day| schema::counted(who, day)).collect();
    let found = cx.ledger.all(&rows).await?;
    let none = || CountedDay { slots: Vec::new() };
    Ok(touched
        .into_iter()
        .zip(found)
        .map(|(day, row)| (day, row.unwrap_or_else(none)))
        .collect())
}

fn decide(day: BillingDay, rolling: Vec<Rolling>) -> Result<Decision, ContractError> {
    let rolled = u32::try_from(rolling.len()).map_err(|_| ErrorCode::ArithmeticOverflow)?;
    let mut decision = Decision::replying(&RolledView { day, rolled })?;
    if rolling.is_empty() {
        return Ok(decision);
    }
    for one in rolling {
        put(&mut decision, day, one)?;
    }
    decision.emit(CreditRolled { day, rolled })?;
    Ok(decision)
}

fn put(decision: &mut Decision, day: BillingDay, one: Rolling) -> Result<(), ContractError> {
    let who = &one.who;
    for conduct in &one.conduct {
        decision.delete(schema::conduct(who, &conduct.slot, &conduct.page))?;
    }
    for penalty in &one.penalties {
        decision.delete(schema::penalty(who, &penalty.slot, &penalty.offence))?;
    }
    let (credit, counted) = roll(day, &one);
    let today = CreditDay {
        day,
        tier: Tier::of(credit.points),
        owed: one.owed,
        defaults: one.defaults,
        stability: credit.stability.ppm(),
    };
    decision.put(schema::credit(who), &credit)?;
    decision.put(schema::credit_day(who), &today)?;
    for (of_day, row) in &counted {
        decision.put(schema::counted(who, of_day), row)?;
    }
    Ok(())
}

/// The score after the day, and what its slots have moved of it.
fn roll(day: BillingDay, one: &Rolling) -> (Credit, Vec<(BillingDay, CountedDay)>) {
    let idle = one.credit.is_some() && !one.indebted && one.defaults == 0;
    let mut score = Score::of(one.credit.clone(), day, idle, one.counted.clone());
    let mut slots = conduct_by_slot(&one.conduct);
    for penalty in &one.penalties {
        slots
            .entry(penalty.slot.slot)
            .or_default()
            .penalties
            .push(penalty.clone());
    }
    for (slot, news) in &slots {
        score.count(one.days.day_of(*slot), *slot, news);
    }
    score.turn(Month::of(day));
    score.ended(day)
}
