//! Founding a district's market: rules, connection points, distances. What is there already stays.

use std::sync::atomic::AtomicU64;

use der_api::ErrorCode;
use der_api::reply::MarketView;
use der_api::request::{Bootstrap, PublishDistances, PublishPoint, QueryMarket, QueryPoint, Request};
use der_market::id::PointId;
use der_market::parameters::Parameters;
use der_market::units::{Distance, Power};

use super::joining::member;
use super::{District, DistrictError, Listener, Population};
use crate::day::{Staff, Trader, known};
use crate::{ClientError, MarketClient};

/// The market's name, where the district founds it.
const MARKET: &str = "district";
/// Capacity of a point, W: a feeder's.
const POINT_W: u64 = 4_000_000;
/// Between neighbouring points, mΩ.
const APART_MOHM: u32 = 10;

impl District {
    /// Founds the market with these rules, if it is not there, and its connection points. `newcomers` are the population's people, in
    /// the same order; nobody has joined yet.
    ///
    /// # Errors
    /// [`DistrictError::OtherRules`] where the market has other rules; the first refusal.
    pub async fn found(
        staff: Staff,
        population: Population,
        newcomers: Vec<Trader>,
        rules: Parameters,
        listener: Listener,
    ) -> Result<Self, DistrictError> {
        let market = market(&staff.clock, rules).await?;
        let points = points(&population)?;
        publish(&staff.grid, &points).await?;
        let members = population.people().iter().zip(newcomers);
        let members = members.map(|(person, newcomer)| member(&market.market, &points, person, newcomer));
        Ok(Self {
            members: members.collect::<Result<_, _>>()?,
            staff,
            population,
            listener,
            tip: AtomicU64::new(0),
        })
    }
}

async fn market(clock: &MarketClient, rules: Parameters) -> Result<MarketView, DistrictError> {
    let refused = DistrictError::at("founding the market");
    let found = known(clock, &QueryMarket {}, ErrorCode::NotBootstrapped)
        .await
        .map_err(&refused)?;
    let market = match found {
        Some(market) => market,
        None => {
            let request = Bootstrap {
                market: MARKET.parse()?,
                organisations: MarketClient::consortium().map_err(&refused)?,
                parameters: rules.clone(),
                schema: der_api::SCHEMA,
            };
            clock.bootstrap(&request).await.map_err(&refused)?.reply
        }
    };
    if market.parameters == rules {
        Ok(market)
    } else {
        Err(DistrictError::OtherRules)
    }
}

fn points(population: &Population) -> Result<Vec<PointId>, DistrictError> {
    let last = population.people().iter().map(|person| person.point).max().unwrap_or(0);
    let point = |number| Ok(format!("pcc-{number}").parse()?);
    (0..=last).map(point).collect()
}

async fn publish(grid: &MarketClient, points: &[PointId]) -> Result<(), DistrictError> {
    let refused = DistrictError::at("publishing the grid");
    let mut fresh = false;
    for point in points {
        let query = QueryPoint { point: point.clone() };
        if known(grid, &query, ErrorCode::UnknownPoint)
            .await
            .map_err(&refused)?
            .is_some()
        {
            continue;
        }
        let request = PublishPoint {
            point: point.clone(),
            capacity_w: Power::new(POINT_W)?,
            area: "area-1".parse()?,
            level: 0,
        };
        ensure(grid, &request).await.map_err(&refused)?;
        fresh = true;
    }
    if fresh {
        let request = PublishDistances {
            points: points.to_vec(),
            rows: distances(points.len())?,
        };
        grid.publish_distances(&request).await.map_err(&refused)?;
    }
    Ok(())
}

/// Points along one feeder.
fn distances(points: usize) -> Result<Vec<Vec<Distance>>, DistrictError> {
    let apart = |one: usize, other: usize| match u32::try_from(one.abs_diff(other)) {
        Ok(0) => Ok(Distance::SAME_POINT),
        steps => Ok(Distance::new(steps.unwrap_or(1).saturating_mul(APART_MOHM))?),
    };
    let row = |one| (0..points).map(|other| apart(one, other)).collect();
    (0..points).map(row).collect()
}

/// Submits what may be there by an earlier run.
pub(super) async fn ensure<R: Request>(client: &MarketClient, request: &R) -> Result<(), ClientError> {
    match client.submit(request).await {
        Err(error) if error.code() == ErrorCode::RecordExists => Ok(()),
        outcome => outcome.map(drop),
    }
}
