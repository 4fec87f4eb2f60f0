//! `Account:SetAside`: money for a day's sealed orders. It says no more of them than that there may be some: which slot, side, quantity
//! or price stays sealed.

use std::collections::BTreeSet;

use der_api::ErrorCode;
use der_api::event::FundsMoved;
use der_api::reply::SetAsideView;
use der_api::request::{QuerySetAside, SetAside};
use der_market::billing::BillingDay;
use der_market::id::ParticipantId;
use der_market::units::Money;

use super::funds::{accredited, funds_of, short};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Funds, Lump};
use crate::schema;
use crate::view::LedgerView;

struct Inputs {
    who: ParticipantId,
    day: BillingDay,
    wanted: Money,
    lump: Option<Lump>,
    funds: Funds,
    owed: Money,
}

pub(crate) async fn set_aside<V: LedgerView>(
    cx: &Context<'_, V>,
    request: SetAside,
) -> Result<Decision, ContractError> {
    let SetAside { day, amount } = request;
    let who = cx.caller.clone();
    accredited(cx, &who).await?;
    let credit = cx.ledger.get(&schema::credit_day(&who)).await?;
    decide(Inputs {
        lump: cx.ledger.get(&schema::lump(&who, &day)).await?,
        funds: funds_of(cx, &who).await?,
        owed: credit.map_or(Money::ZERO, |credit| credit.owed),
        wanted: amount,
        who,
        day,
    })
}

fn decide(inputs: Inputs) -> Result<Decision, ContractError> {
    let Inputs {
        who,
        day,
        wanted,
        lump,
        mut funds,
        owed,
    } = inputs;
    let mut lump = lump.unwrap_or_else(nothing);
    if wanted < lump.amount || wanted <= Money::ZERO {
        let detail = format!("{} yuan are set aside for day {day}", lump.amount.to_yuan());
        return Err(ContractError::new(ErrorCode::SumOnlyRises, detail));
    }
    let more = wanted.minus(lump.amount)?;
    if more == Money::ZERO {
        return Decision::replying(&view(&who, day, &lump));
    }
    let free = funds.available()?.minus(owed)?;
    if more > free {
        return Err(short(free, more));
    }
    funds.held = funds.held.plus(more)?;
    (lump.amount, lump.left) = (wanted, lump.left.plus(more)?);
    let mut decision = Decision::replying(&view(&who, day, &lump))?;
    decision.put(schema::funds(&who), &funds)?;
    decision.put(schema::lump(&who, &day), &lump)?;
    decision.emit(FundsMoved { participant: who })?;
    Ok(decision)
}

/// What a participant has set aside for a day.
pub(crate) async fn set_aside_view<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QuerySetAside,
) -> Result<Decision, ContractError> {
    let QuerySetAside { participant, day } = request;
    let lump = cx.ledger.get(&schema::lump(&participant, &day)).await?;
    Decision::replying(&view(&participant, day, &lump.unwrap_or_else(nothing)))
}

const fn nothing() -> Lump {
    Lump {
        amount: Money::ZERO,
        left: Money::ZERO,
        auctions: BTreeSet::new(),
    }
}

fn view(who: &ParticipantId, day: BillingDay, lump: &Lump) -> SetAsideView {
    SetAsideView {
        participant: who.clone(),
        day,
        amount: lump.amount,
        left: lump.left,
        auctions: lump.auctions.iter().copied().collect(),
    }
}
