//! What Fabric's own rules refuse, and the code that the client gives it.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result};
use der_api::{
    ErrorCode,
    request::{CloseGate, QueryOrder, QueryParticipant, RegisterUser},
};
use der_cli::{connection, network::CONSORTIUM};
use der_client::{ClientError, MarketClient};
use der_e2e::{Neighbours, Pair, Sale, World, endorsed, read_blocks};
use der_market::{
    participant::{CustomerClass, Source},
    slot::Slot,
    units::Power,
};
use fabric_cryptogen::Consortium;
use fabric_gateway::{Gateway, Signer};

const SLOT: u64 = 1_000_000;

async fn market(world: &World) -> Result<(Neighbours, Slot)> {
    let slot = Slot::new(SLOT)?;
    let neighbours = Neighbours::found(world, 1, slot).await?;
    neighbours.open(slot).await?;
    Ok((neighbours, slot))
}

async fn order_is_absent(pair: &Pair, slot: Slot) -> Result<()> {
    let order = Pair::offer_of(slot, Sale::KILOWATT_HOUR)?.order;
    let query = QueryOrder {
        participant: pair.seller.participant().clone(),
        order,
        slot: Some(slot.into()),
    };
    let error = pair
        .seller
        .order(&query)
        .await
        .err()
        .context("the order is on the ledger")?;
    assert_eq!(error.code(), ErrorCode::RecordNotFound);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_organisation_alone_endorses_nothing() -> Result<()> {
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let (neighbours, slot) = market(&world).await?;
    let pair = neighbours.pairs.first().context("a pair")?;
    let offer = Pair::offer_of(slot, Sale::KILOWATT_HOUR)?;
    let alone = || {
        Some(
            pair.seller
                .proposal(&offer)
                .ok()?
                .endorsing_organizations(["EnergyMSP"]),
        )
    };
    let status = endorsed(alone).await?.submit().await?.status().await?;
    let error = ClientError::from(status.into_valid().err().context("it is valid")?);
    assert_eq!(error.code(), ErrorCode::EndorsementPolicyFailure);
    order_is_absent(pair, slot).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_endorsed_before_the_gate_closed_and_ordered_after_it_is_invalid() -> Result<()> {
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let (neighbours, slot) = market(&world).await?;
    let pair = neighbours.pairs.first().context("a pair")?;
    let offer = Pair::offer_of(slot, Sale::KILOWATT_HOUR)?;
    let endorsed = endorsed(|| pair.seller.proposal(&offer).ok()).await?;
    neighbours.clock.close_gate(&CloseGate { slot: slot.into() }).await?;
    let status = endorsed.submit().await?.status().await?;
    let error = ClientError::from(status.into_valid().err().context("the late order is valid")?);
    assert_eq!(error.code(), ErrorCode::MvccReadConflict);
    order_is_absent(pair, slot).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_the_wrong_ca_is_refused_and_nothing_is_ordered() -> Result<()> {
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    market(&world).await?;
    let foreign = world.folder().join("foreign");
    let consortium = Consortium::from_toml(CONSORTIUM)?;
    fabric_cryptogen::generate(&consortium, &foreign)?;
    let attributes = BTreeMap::from([("der.role".to_owned(), "participant".to_owned())]);
    fabric_cryptogen::add_user(&foreign, "EnergyMSP", "stranger", attributes)?;

    let mut profile = world.profile("energy", "plant1")?;
    profile.identity = fabric_cryptogen::Tree::new(&foreign)
        .user("energy.der.example", "stranger")
        .join("msp");
    let stranger: Arc<dyn Signer> =
        Arc::new(connection::identity(&profile).map_err(|failure| anyhow::anyhow!("{failure:?}"))?);
    let channel = world.channel_as(Arc::clone(&stranger), "energy", "plant1")?;
    let client = MarketClient::new(channel, &profile.chaincode, stranger, MarketClient::consortium()?)?;

    let reader = world.channel("grid", "operator")?;
    let before = read_blocks(&reader).await?;
    let request = RegisterUser {
        capacity_w: Power::new(1)?,
        point: "pcc-south".parse()?,
        source: Source::Wind,
        class: CustomerClass::Residential,
    };
    let error = client
        .register_user(&request)
        .await
        .err()
        .context("a stranger was registered")?;
    assert_eq!(error.code(), ErrorCode::IdentityRefused, "{error}");
    let error = client
        .participant_view(&QueryParticipant {
            participant: client.participant().clone(),
        })
        .await
        .err()
        .context("a stranger was answered")?;
    assert_eq!(error.code(), ErrorCode::IdentityRefused, "{error}");
    assert_eq!(read_blocks(&reader).await?, before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_does_not_show_its_own_certificate_is_not_talked_to() -> Result<()> {
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let profile = world.profile("grid", "operator")?;
    let own = profile.endpoints.first().context("an endpoint")?;
    let other = profile.endpoints.get(1).context("a second endpoint")?;
    let roots = std::fs::read(&other.tls_roots)?;
    let endpoint = fabric_gateway::Endpoint::new(&own.address)
        .server_name(&own.server_name)
        .tls_roots_pem(roots);
    let gateway = Gateway::builder()
        .endpoints([endpoint])
        .signer(world.signer("grid", "operator")?)
        .connect()?;
    let contract = gateway.network(&profile.channel).contract(&profile.chaincode);
    let error = contract
        .evaluate("Query:Market", ["{}"])
        .await
        .err()
        .context("it was trusted")?;
    assert_eq!(ClientError::from(error).code(), ErrorCode::NetworkDown);
    Ok(())
}
