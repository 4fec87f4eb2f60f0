//! `Plan:Forecast`. Only the caller's own rows are written; open orders keep within what is forecast.

use der_api::bytes::Digest;
use der_api::event::ForecastPosted;
use der_api::reply::{ForecastAccepted, PositionView};
use der_api::request::{FORECAST_LIMIT, PostForecast, QueryPosition};
use der_api::{ErrorCode, codec};
use der_market::forecast::{Forecast, deviation};
use der_market::id::{ParticipantId, PointId};
use der_market::slot::{Auction, Slot};

use super::tradable::Tradable;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::identity::{Standing, StandingRows};
use crate::key::Key;
use crate::ledger::Answers;
use crate::rows::{Auctions, ForecastRow, Gate, GateState, PlanRow};
use crate::schema::{self, Row};
use crate::view::LedgerView;

/// A slot as the forecast finds it.
struct Found {
    slot: Slot,
    row: ForecastRow,
}

pub(crate) async fn post_forecast<V: LedgerView>(
    cx: &Context<'_, V>,
    request: PostForecast,
) -> Result<Decision, ContractError> {
    check_count(request.forecasts.len())?;
    let standing = StandingRows::of(&cx.caller);
    let answers = cx.ledger.many(&standing.keys()).await?;
    require_connected(cx, &standing.read(&answers)?, &request)?;
    let found = read(cx, &request).await?;
    decide(cx, request, found)
}

fn check_count(count: usize) -> Result<(), ContractError> {
    match count {
        0 => Err(ErrorCode::EmptyBatch.into()),
        1..=FORECAST_LIMIT => Ok(()),
        _ => {
            let detail = format!("{count} slots, {FORECAST_LIMIT} are allowed");
            Err(ContractError::new(ErrorCode::TooManyItems, detail))
        }
    }
}

fn require_connected<V>(cx: &Context<'_, V>, standing: &Standing, request: &PostForecast) -> Result<(), ContractError> {
    standing.require_active()?;
    if request.point == standing.user.point {
        return Ok(());
    }
    let detail = format!("{} is connected at {}", cx.caller, standing.user.point);
    Err(ContractError::new(ErrorCode::NotConnectedHere, detail))
}

fn slots(request: &PostForecast) -> Result<Vec<(Slot, Forecast)>, ContractError> {
    let slots = (request.first.get()..).zip(&request.forecasts);
    slots
        .map(|(slot, forecast)| Ok((Slot::new(slot)?, *forecast)))
        .collect()
}

/// The rows that say what a slot's forecast becomes.
struct SlotRows {
    slot: Slot,
    latest: Forecast,
    plan: Row<PlanRow>,
    gate: Row<Gate>,
    forecast: Row<ForecastRow>,
    auctions: Row<Auctions>,
}

impl SlotRows {
    fn of(slot: Slot, latest: Forecast, who: &ParticipantId, point: &PointId) -> Self {
        Self {
            slot,
            latest,
            plan: schema::plan(&slot),
            gate: schema::gate(&slot.into()),
            forecast: schema::forecast(&slot, who, point),
            auctions: schema::auctions(&slot),
        }
    }

    fn keys(&self) -> [Key; 4] {
        [&self.plan.key, &self.gate.key, &self.forecast.key, &self.auctions.key].map(Clone::clone)
    }

    /// The slot with its new row, and the auction whose orders must keep within it.
    fn read(&self, answers: &Answers) -> Result<(Found, Option<(Auction, Forecast)>), ContractError> {
        let (slot, latest) = (self.slot, self.latest);
        if answers.get(&self.plan)?.is_some() {
            let detail = format!("slot {slot} is planned");
            return Err(ContractError::new(ErrorCode::ForecastTooLate, detail));
        }
        let before = answers.get(&self.forecast)?.and_then(|row| row.day_ahead);
        let gate = answers.get(&self.gate)?.map(|gate| gate.state);
        let day_ahead = match gate {
            None | Some(GateState::Open) => Some(latest),
            Some(GateState::Closed | GateState::Revealed | GateState::Sealed) => before,
        };
        let round = answers.get(&self.auctions)?.map_or(0, |row| row.latest);
        let row = ForecastRow { day_ahead, latest };
        let auction = gate.map(|_| (Auction { slot, round }, latest));
        Ok((Found { slot, row }, auction))
    }
}

/// Two reads, however many slots.
async fn read<V: LedgerView>(cx: &Context<'_, V>, request: &PostForecast) -> Result<Vec<Found>, ContractError> {
    let slots = slots(request)?.into_iter();
    let rows: Vec<SlotRows> = slots
        .map(|(slot, latest)| SlotRows::of(slot, latest, &cx.caller, &request.point))
        .collect();
    let keys: Vec<Key> = rows.iter().flat_map(SlotRows::keys).collect();
    let answers = cx.ledger.many(&keys).await?;
    let (mut found, mut traded) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in &rows {
        let (slot, auction) = row.read(&answers)?;
        found.push(slot);
        traded.extend(auction);
    }
    for tradable in Tradable::under(cx, &request.point, &traded).await? {
        tradable.keeps()?;
    }
    Ok(found)
}

fn decide<V>(cx: &Context<'_, V>, request: PostForecast, found: Vec<Found>) -> Result<Decision, ContractError> {
    let digest = Digest::of(&codec::encode(&request.forecasts)?);
    let (participant, point, first) = (cx.caller.clone(), request.point, request.first);
    let slots = u32::try_from(found.len()).map_err(|_| ErrorCode::TooManyItems)?;
    let mut decision = Decision::replying(&ForecastAccepted {
        participant: participant.clone(),
        point: point.clone(),
        first,
        slots,
        digest,
    })?;
    for Found { slot, row } in found {
        decision.put(schema::forecast(&slot, &participant, &point), &row)?;
    }
    decision.emit(ForecastPosted {
        participant,
        point,
        first,
        slots,
        digest,
    })?;
    Ok(decision)
}

pub(crate) async fn position<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryPosition,
) -> Result<Decision, ContractError> {
    let QueryPosition {
        participant,
        point,
        slot,
    } = request;
    let (row, position) = (
        schema::forecast(&slot, &participant, &point),
        schema::position(&slot, &participant, &point),
    );
    let answers = cx.ledger.many(&[row.key.clone(), position.key.clone()]).await?;
    let (row, position) = (answers.get(&row)?, answers.get(&position)?.unwrap_or_default());
    let latest = row.as_ref().map(|row| row.latest);
    Decision::replying(&PositionView {
        participant,
        point,
        slot,
        day_ahead: row.and_then(|row| row.day_ahead),
        latest,
        position,
        deviation_wh: latest.map(|latest| deviation(latest, position)),
    })
}
