//! Credit as a clearing sees it: tiers, never numbers.

use std::collections::{BTreeMap, BTreeSet};

use der_market::credit::{Points, Tier};
use der_market::id::ParticipantId;
use der_market::order::Order;
use der_market::parameters::Parameters;
use der_market::units::Ppm;

use crate::context::Context;
use crate::error::ContractError;
use crate::rows::CreditDay;
use crate::schema;
use crate::view::LedgerView;

/// The daily rows of a book's participants, in their order; none where credit plays no part.
async fn days<V: LedgerView>(
    cx: &Context<'_, V>,
    book: &[Order],
    parameters: &Parameters,
) -> Result<BTreeMap<ParticipantId, Option<CreditDay>>, ContractError> {
    if parameters.credit.is_none() {
        return Ok(BTreeMap::new());
    }
    let ids: BTreeSet<&ParticipantId> = book.iter().map(|order| &order.participant).collect();
    let rows: Vec<_> = ids.iter().map(|id| schema::credit_day(id)).collect();
    let days = cx.ledger.all(&rows).await?;
    Ok(ids.into_iter().cloned().zip(days).collect())
}

/// The tier of each participant of a book; empty where credit plays no part.
pub(crate) async fn tiers<V: LedgerView>(
    cx: &Context<'_, V>,
    book: &[Order],
    parameters: &Parameters,
) -> Result<BTreeMap<ParticipantId, Tier>, ContractError> {
    let days = days(cx, book, parameters).await?.into_iter();
    let tier = |day: Option<CreditDay>| day.map_or(Tier::of(Points::START), |day| day.tier);
    Ok(days.map(|(who, day)| (who, tier(day))).collect())
}

/// S of each participant of a book; empty where credit plays no part.
pub(crate) async fn stabilities<V: LedgerView>(
    cx: &Context<'_, V>,
    book: &[Order],
    parameters: &Parameters,
) -> Result<BTreeMap<ParticipantId, Ppm>, ContractError> {
    let days = days(cx, book, parameters).await?.into_iter();
    Ok(days.filter_map(|(who, day)| Some((who, day?.stability))).collect())
}

/// Who fell below 400 points, or into payment default, after publishing: these orders are not matched.
pub(crate) async fn barred<V: LedgerView>(
    cx: &Context<'_, V>,
    book: &[Order],
    parameters: &Parameters,
) -> Result<BTreeSet<ParticipantId>, ContractError> {
    let days = days(cx, book, parameters).await?.into_iter();
    let stopped = |day: &CreditDay| day.defaults > 0 || !day.tier.may_trade();
    let barred = days.filter(|(_, day)| day.as_ref().is_some_and(stopped));
    Ok(barred.map(|(who, _)| who).collect())
}
