//! `Account:Collect`: the caller takes what has come in for it into its funds.

use der_api::event::FundsMoved;
use der_api::request::Collect;

use super::funds::{funds_of, funds_view};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Funds, Incoming};
use crate::schema;
use crate::view::LedgerView;

/// Payments of one call; the rest waits for the next.
const MOST: usize = 200;

pub(crate) async fn collect<V: LedgerView>(cx: &Context<'_, V>, _: Collect) -> Result<Decision, ContractError> {
    let who = &cx.caller;
    let mut funds = funds_of(cx, who).await?;
    let incoming: Vec<Incoming> = cx.ledger.scan(&schema::incoming_of(who)).await?;
    for payment in incoming.iter().take(MOST) {
        funds.balance = funds.balance.plus(payment.amount)?;
    }
    let mut decision = Decision::replying(&funds_view(who, &funds)?)?;
    if incoming.is_empty() {
        return Ok(decision);
    }
    for payment in incoming.iter().take(MOST) {
        decision.delete(schema::incoming(who, &payment.kind, &payment.payment))?;
    }
    decision.put::<Funds>(schema::funds(who), &funds)?;
    decision.emit(FundsMoved {
        participant: who.clone(),
    })?;
    Ok(decision)
}
