//! `Grid:PublishPoint`, `Grid:PublishDistances`, `Grid:AcceptConnection`.

use der_api::bytes::Digest;
use der_api::event::{ConnectionAccepted, DistancesPublished, PointPublished};
use der_api::guard::Guard;
use der_api::reply::{DistancesView, PointView};
use der_api::request::{AcceptConnection, PublishDistances, PublishPoint};
use der_api::schema::WHOLE_MARKET;
use der_api::version::Subject;
use der_api::{ErrorCode, codec};
use der_market::grid::{Distances, Point};

use super::standing::{Standing, fingerprints};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{Connection, DistancesHead};
use crate::schema;
use crate::view::LedgerView;

fn grid_guard<V>(cx: &Context<'_, V>) -> Guard {
    Guard::of_grid(&cx.market.organisations)
}

pub(crate) async fn publish_point<V: LedgerView>(
    cx: &Context<'_, V>,
    request: PublishPoint,
) -> Result<Decision, ContractError> {
    let at = schema::point(&request.point);
    if cx.ledger.get(&at).await?.is_some() {
        return Err(ContractError::new(
            ErrorCode::RecordExists,
            format!("{:?} is published", at.key),
        ));
    }
    let PublishPoint {
        point,
        capacity_w,
        area,
        level,
    } = request;
    let row = Point {
        point: point.clone(),
        capacity_w,
        area: area.clone(),
        level,
    };
    let mut decision = Decision::replying(&PointView {
        point: point.clone(),
        capacity_w,
        area,
        level,
    })?;
    decision.put_guarded(at, &row, grid_guard(cx))?;
    decision.emit(PointPublished { point })?;
    Ok(decision)
}

pub(crate) async fn publish_distances<V: LedgerView>(
    cx: &Context<'_, V>,
    request: PublishDistances,
) -> Result<Decision, ContractError> {
    let matrix = Distances {
        points: request.points,
        rows: request.rows,
        reference_mohm: None,
    };
    if !matrix.is_well_formed() {
        return Err(ErrorCode::DistancesInvalid.into());
    }
    let points: Vec<_> = matrix.points.iter().map(schema::point).collect();
    if cx.ledger.all(&points).await?.iter().any(Option::is_none) {
        return Err(ContractError::new(
            ErrorCode::UnknownPoint,
            "the matrix holds a point that is not published",
        ));
    }
    let head = cx.ledger.get(&schema::distances_head()).await?;
    require_founding(cx, head.is_some()).await?;
    let version = head
        .as_ref()
        .map_or(0, |head| head.version)
        .checked_add(1)
        .ok_or(ErrorCode::ArithmeticOverflow)?;
    let root = Digest::of(&codec::encode(&matrix)?);
    let mut decision = Decision::replying(&DistancesView {
        version,
        reference_mohm: matrix.reference(),
        root,
    })?;
    decision.put_guarded(schema::distances(&version), &matrix, grid_guard(cx))?;
    let row = DistancesHead { version };
    if head.is_none() {
        decision.put_guarded(schema::distances_head(), &row, grid_guard(cx))?;
    } else {
        decision.put(schema::distances_head(), &row)?;
    }
    decision.emit(DistancesPublished { version, root })?;
    Ok(decision)
}

/// From schema 3 on the grid company alone publishes the market's first matrix and no other.
async fn require_founding<V: LedgerView>(cx: &Context<'_, V>, published: bool) -> Result<(), ContractError> {
    if cx.schema < WHOLE_MARKET {
        return Ok(());
    }
    let governed = cx.ledger.get(&schema::versions(&Subject::Distances)).await?.is_some();
    if !published && !governed {
        return Ok(());
    }
    let detail = "the market has a matrix: the next one is proposed (Governance:Propose), approved and enacted";
    Err(ContractError::new(ErrorCode::ProposeInstead, detail))
}

pub(crate) async fn accept_connection<V: LedgerView>(
    cx: &Context<'_, V>,
    request: AcceptConnection,
) -> Result<Decision, ContractError> {
    let who = request.participant;
    let mut standing = Standing::of(cx, &who).await?;
    if standing.connected() {
        return Err(ContractError::new(
            ErrorCode::RecordExists,
            format!("the connection of {who} is accepted"),
        ));
    }
    standing.connect();
    let point = standing.user.point.clone();
    let mut decision = Decision::replying(&standing.view(fingerprints(cx, &who).await?))?;
    decision.put_guarded(
        schema::connection(&who),
        &Connection { point: point.clone() },
        grid_guard(cx),
    )?;
    decision.emit(ConnectionAccepted {
        participant: who,
        point,
    })?;
    Ok(decision)
}
