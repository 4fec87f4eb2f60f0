//! `Governance:PublishRows`, and the part of a distance matrix that a book needs.

use der_api::ErrorCode;
use der_api::event::RowsPublished;
use der_api::guard::Guard;
use der_api::reply::RowsAccepted;
use der_api::request::PublishRows;
use der_api::version::Content;
use der_market::grid::Distances;
use der_market::id::{PointId, ProposalId};
use der_market::units::Distance;

use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{MatrixRow, MatrixVersion};
use crate::schema;
use crate::view::LedgerView;

/// Rows are held to the root when the version is enacted, so that they may come in any order and be put right.
pub(crate) async fn publish_rows<V: LedgerView>(
    cx: &Context<'_, V>,
    request: PublishRows,
) -> Result<Decision, ContractError> {
    let id = request.proposal;
    let proposal = cx.ledger.require(&schema::proposal(&id)).await?;
    let Content::Distances(head) = proposal.content else {
        let detail = format!("proposal {id} is not of a distance matrix");
        return Err(ContractError::new(ErrorCode::OtherContent, detail));
    };
    if let Some(enacted) = cx.ledger.get(&schema::enacted(&id)).await? {
        let detail = format!("proposal {id} is version {}", enacted.version);
        return Err(ContractError::new(ErrorCode::ProposalEnacted, detail));
    }
    if request.rows.is_empty() {
        return Err(ErrorCode::EmptyBatch.into());
    }
    let count = u32::try_from(request.rows.len()).map_err(|_| ErrorCode::TooManyItems)?;
    let end = request
        .first
        .checked_add(count)
        .and_then(|end| usize::try_from(end).ok());
    let fits = end.is_some_and(|end| end <= head.points.len());
    if !fits || request.rows.iter().any(|row| row.len() != head.points.len()) {
        let detail = format!("the matrix has {} rows of as many columns", head.points.len());
        return Err(ContractError::new(ErrorCode::DistancesInvalid, detail));
    }
    let keys: Vec<_> = (request.first..)
        .take(request.rows.len())
        .map(|place| schema::matrix_row(&id, &place))
        .collect();
    let present = cx.ledger.all(&keys).await?;
    let mut decision = Decision::replying(&RowsAccepted {
        proposal: id.clone(),
        rows: count,
    })?;
    for ((at, present), row) in keys.into_iter().zip(present).zip(request.rows) {
        if present.is_none() {
            decision.guard(at.key.clone(), Guard::of_grid(&cx.market.organisations));
        }
        decision.put(at, &MatrixRow { row })?;
    }
    decision.emit(RowsPublished {
        proposal: id,
        first: request.first,
        rows: count,
    })?;
    Ok(decision)
}

/// Rows of a matrix by their places.
///
/// # Errors
/// [`ErrorCode::MatrixIncomplete`] names the first that is missing.
pub(super) async fn rows_of<V: LedgerView>(
    cx: &Context<'_, V>,
    proposal: &ProposalId,
    places: impl IntoIterator<Item = usize>,
) -> Result<Vec<Vec<Distance>>, ContractError> {
    let places: Vec<u32> = places
        .into_iter()
        .map(u32::try_from)
        .collect::<Result<_, _>>()
        .map_err(|_| ErrorCode::TooManyItems)?;
    let keys: Vec<_> = places.iter().map(|place| schema::matrix_row(proposal, place)).collect();
    let missing = |place: u32| ContractError::new(ErrorCode::MatrixIncomplete, format!("row {place} is not published"));
    let rows = cx.ledger.all(&keys).await?;
    places
        .into_iter()
        .zip(rows)
        .map(|(place, row)| Ok(row.ok_or_else(|| missing(place))?.row))
        .collect()
}

/// A version's distances, as far as these points need them; D_ref is the whole matrix's. Version 0 has none.
pub(crate) async fn distances_among<'p, V: LedgerView>(
    cx: &Context<'_, V>,
    version: u32,
    points: impl IntoIterator<Item = &'p PointId>,
) -> Result<Distances, ContractError> {
    if version == 0 {
        return Ok(Distances::default());
    }
    if let Some(whole) = cx.ledger.get(&schema::distances(&version)).await? {
        return Ok(whole);
    }
    let missing = || ContractError::new(ErrorCode::CorruptState, format!("distances {version} are missing"));
    let matrix = cx.ledger.get(&schema::matrix(&version)).await?.ok_or_else(missing)?;
    part(cx, matrix, points).await
}

async fn part<'p, V: LedgerView>(
    cx: &Context<'_, V>,
    matrix: MatrixVersion,
    points: impl IntoIterator<Item = &'p PointId>,
) -> Result<Distances, ContractError> {
    let known = &matrix.head.points;
    let mut places: Vec<usize> = points
        .into_iter()
        .filter_map(|point| known.iter().position(|other| other == point))
        .collect();
    places.sort_unstable();
    places.dedup();
    let rows = rows_of(cx, &matrix.proposal, places.iter().copied()).await?;
    let columns = |row: &Vec<Distance>| places.iter().filter_map(|place| row.get(*place).copied()).collect();
    Ok(Distances {
        points: places.iter().filter_map(|place| known.get(*place).cloned()).collect(),
        rows: rows.iter().map(columns).collect(),
        reference_mohm: Some(matrix.reference_mohm),
    })
}
