//! A chaincode that knows a new schema replaces the first release, organisation by organisation, while slots are open.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use der_api::{
    ErrorCode,
    reply::SettlementView,
    request::{Bootstrap, Migrate, OpenSlot, PublishParameters, QueryClearing, QueryMembers, QuerySlot},
};
use der_client::{ClientError, MarketClient};
use der_e2e::{Build, Neighbours, PLANTED_KEY, Releases, Sale, World, eventually};
use der_market::{journal::Purpose, paper, slot::Slot, units::Price};

const DER: &str = env!("CARGO_BIN_EXE_der-of-releases");
const LIMIT: Duration = Duration::from_secs(60);
const PAIRS: usize = 2;
/// Retail price of the first rules and of the second, µyuan per kWh.
const RETAIL: [i64; 2] = [657_000, 900_000];
/// The buyer takes 1 kWh more than was contracted, which the grid company sells at its retail price.
const MORE: Sale = Sale {
    energy_wh: 1_000,
    consumed_wh: 2_000,
    generated_wh: 1_000,
};

fn slot(number: u64) -> Result<Slot> {
    Ok(Slot::new(1_000_000 + number)?)
}

/// Every sale is settled once, and the grid's supply is paid at this price.
fn check(settled: &SettlementView, retail: i64) {
    assert_eq!(settled.trades.len(), PAIRS, "nothing is lost");
    let bought = settled
        .postings
        .iter()
        .filter(|posting| posting.purpose == Purpose::GridSupply);
    let paid: Vec<i128> = bought
        .map(|posting| posting.amount.get())
        .filter(|amount| *amount < 0)
        .collect();
    assert_eq!(paid, [-i128::from(retail) * 1_000; PAIRS], "{settled:?}");
}

/// The market as the first release's clients found it.
async fn found(world: &World) -> Result<()> {
    let founding = Bootstrap {
        market: "upgraded".parse()?,
        organisations: MarketClient::consortium()?,
        parameters: paper::parameters()?,
        schema: der_api::schema::FIRST,
    };
    world.client("grid", "clock")?.bootstrap(&founding).await?;
    Ok(())
}

/// A peer that has not seen the plan yet refuses its readings.
async fn deliver(market: &Neighbours, slot: Slot) -> Result<()> {
    eventually(LIMIT, "every peer to have seen the plan", || async {
        market.deliver(slot, MORE).await.ok()
    })
    .await
}

/// A service that has just been replaced may not be dialled again yet.
async fn served<T, F: Future<Output = Result<T, ClientError>>>(what: &str, call: impl Fn() -> F) -> Result<T> {
    eventually(LIMIT, what, || async { call().await.ok() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_outlive_the_upgrade_and_nobody_endorses_differently_unnoticed() -> Result<()> {
    let releases = Releases::all(Build::First, Path::new(DER))?;
    let Some(mut world) = World::start(releases.program())? else {
        return Ok(());
    };
    found(&world).await?;
    let market = Neighbours::found(&world, PAIRS, slot(0)?).await?;
    let (confirmed, open, later) = (slot(0)?, slot(1)?, slot(2)?);
    for slot in [confirmed, open] {
        market.open(slot).await?;
        market.publish(slot, MORE).await?;
    }
    let clearing = market.clear(confirmed).await?;
    market.confirm(confirmed, &clearing.contracts).await?;

    mix(&mut world, &releases, &market, open).await?;
    migrate(&mut world, &releases, &market).await?;
    let mut parameters = paper::parameters()?;
    parameters.prices.retail = Price::new(RETAIL[1])?;
    market
        .clock
        .publish_parameters(&PublishParameters { parameters })
        .await?;

    deliver(&market, confirmed).await?;
    check(&market.settle(confirmed).await?.reply, RETAIL[0]);
    let clearing = market.clock.clearing(&QueryClearing { slot: open.into() }).await?;
    market.confirm(open, &clearing.contracts).await?;
    deliver(&market, open).await?;
    check(&market.settle(open).await?.reply, RETAIL[0]);
    market.open(later).await?;
    market.publish(later, MORE).await?;
    let clearing = market.clear(later).await?;
    market.confirm(later, &clearing.contracts).await?;
    deliver(&market, later).await?;
    check(&market.settle(later).await?.reply, RETAIL[1]);

    plant(&mut world, &releases, &market).await
}

/// Two builds on one ledger of schema 1: what they endorse together is the same, so that the market goes on.
async fn mix(world: &mut World, releases: &Releases, market: &Neighbours, open: Slot) -> Result<()> {
    releases.replace(world, "grid", Build::Current)?;
    served("the new build to be dialled", || market.clock.members(&QueryMembers {})).await?;
    let clearing = market.clear(open).await?;
    assert_eq!(clearing.contracts.len(), PAIRS);
    let early = market.clock.migrate(&Migrate { to: 2 }).await.err();
    let early = early.context("a majority of old builds has migrated")?;
    assert_eq!(early.code(), ErrorCode::UnknownFunction, "{early}");
    Ok(())
}

/// A majority of new builds migrates; the last old one refuses everything from then on, and says what it takes.
async fn migrate(world: &mut World, releases: &Releases, market: &Neighbours) -> Result<()> {
    for organisation in ["regulator", "energy"] {
        releases.replace(world, organisation, Build::Current)?;
    }
    let view = served("the majority to migrate", || async {
        market
            .clock
            .migrate(&Migrate { to: 2 })
            .await
            .map(|receipt| receipt.reply)
    })
    .await?;
    assert_eq!((view.schema, view.members.len()), (2, 4));
    let buyer = &market.pairs[0].buyer;
    let slot = slot(3)?;
    market.open(slot).await?;
    let refused = buyer.post_bid(&der_e2e::Pair::bid_of(slot, MORE)?).await.err();
    let refused = refused.context("an old build has served a schema that it does not know")?;
    assert_eq!(refused.code(), ErrorCode::SchemaUnknown, "{refused}");
    assert!(refused.detail().contains("knows schema 2"), "{refused}");
    releases.replace(world, "microgrid", Build::Current)?;
    let slot = QuerySlot { slot: slot.into() };
    served("the last build to be dialled", || buyer.slot(&slot)).await?;
    Ok(())
}

/// One organisation's build writes a key that the others' do not: the error tells which organisation, and which key.
async fn plant(world: &mut World, releases: &Releases, market: &Neighbours) -> Result<()> {
    releases.replace(world, "energy", Build::Planted)?;
    let slot = slot(9)?;
    served("the planted build to be dialled", || {
        market.pairs[0].seller.members(&QueryMembers {})
    })
    .await?;
    let error = market.clock.open_slot(&OpenSlot { slot: slot.into() }).await.err();
    let error = error.context("a difference went unnoticed")?;
    assert_eq!(error.code(), ErrorCode::EndorsementsDisagree, "{error}");
    let told = format!("EnergyMSP differs at write of market/{PLANTED_KEY}");
    assert!(error.detail().contains(&told), "{}", error.detail());
    assert!(!error.detail().contains("GridMSP differs"), "{}", error.detail());

    releases.replace(world, "energy", Build::Current)?;
    let again = OpenSlot { slot: slot.into() };
    served("the slot to be opened by equal builds", || {
        market.clock.open_slot(&again)
    })
    .await?;
    Ok(())
}
