//! A change of a guarded record without its guardian's endorsement is ordered and then invalid; and the chains, as any member reads
//! them, hold together.

use anyhow::{Context, Result};
use der_api::reply::GuardedKey;
use der_api::request::{
    ChangeDevice, CloseGate, QueryClearing, QueryDevice, QueryHistory, RegisterDevice, RegisterMeter, Reinstate,
    Request, Suspend,
};
use der_api::{ErrorCode, codec};
use der_client::chain::{Chain, chains, verify};
use der_client::trace::trace;
use der_client::{ClientError, MarketClient};
use der_e2e::{Neighbours, Pair, Sale, World, endorsed};
use der_market::participant::DeviceKind;
use der_market::slot::Slot;
use der_market::units::Power;

const SLOT: u64 = 1_000_000;

/// The code at commit where exactly these organisations endorse; none where the transaction is valid.
async fn endorsed_by<R: Request>(
    client: &MarketClient,
    request: &R,
    organisations: &[&str],
) -> Result<Option<ErrorCode>> {
    let arguments = codec::encode(request)?;
    let endorsed = endorsed(|| {
        let proposal = client.contract().proposal(R::FUNCTION.name());
        let proposal = proposal.args([arguments.clone()]);
        Some(proposal.endorsing_organizations(organisations.iter().copied()))
    })
    .await?;
    let status = endorsed.submit().await?.status().await?;
    Ok(status.into_valid().err().map(|error| ClientError::from(error).code()))
}

const WITHOUT_GRID: &[&str] = &["RegulatorMSP", "EnergyMSP", "MicrogridMSP"];
const WITHOUT_REGULATOR: &[&str] = &["GridMSP", "EnergyMSP", "MicrogridMSP"];
const WITHOUT_USER: &[&str] = &["GridMSP", "EnergyMSP"];
const RECOVERY: &[&str] = &["GridMSP", "RegulatorMSP", "EnergyMSP"];
const INVALID: Option<ErrorCode> = Some(ErrorCode::EndorsementPolicyFailure);

async fn market(world: &World) -> Result<(Neighbours, Slot)> {
    let slot = Slot::new(SLOT)?;
    let neighbours = Neighbours::found(world, 1, slot).await?;
    neighbours.open(slot).await?;
    Ok((neighbours, slot))
}

/// The next key of the buyer's meter.
fn next_key(pair: &Pair) -> Result<RegisterMeter> {
    Ok(RegisterMeter {
        meter: pair.buyer_meter.id().clone(),
        participant: pair.buyer.participant().clone(),
        public_key: pair.seller_meter.public_key()?,
        valid_from: Slot::new(SLOT + 1)?,
        plant: None,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_guardian_a_change_is_invalid_at_commit() -> Result<()> {
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let (neighbours, slot) = market(&world).await?;
    let pair = neighbours.pairs.first().context("a pair")?;

    // The grid chain: the grid company.
    assert_eq!(
        endorsed_by(&neighbours.meters, &next_key(pair)?, WITHOUT_GRID).await?,
        INVALID
    );
    // Accreditation and suspension: the regulator.
    let participant = pair.buyer.participant().clone();
    let suspend = Suspend { participant };
    assert_eq!(
        endorsed_by(&neighbours.regulator, &suspend, WITHOUT_REGULATOR).await?,
        INVALID
    );
    // A slot's gate: both.
    let close = CloseGate { slot: slot.into() };
    for organisations in [WITHOUT_GRID, WITHOUT_REGULATOR] {
        assert_eq!(endorsed_by(&neighbours.clock, &close, organisations).await?, INVALID);
    }
    a_user_s_own_record(&pair.buyer).await?;
    // With them, the same requests are valid.
    neighbours.meters.register_meter(&next_key(pair)?).await?;
    neighbours.regulator.suspend(&suspend).await?;
    neighbours.clock.close_gate(&close).await?;
    Ok(())
}

/// The user's organisation guards it. Grid company, regulator and a majority of the rest recover it where that organisation is lost:
/// of four organisations these are all the others.
async fn a_user_s_own_record(user: &MarketClient) -> Result<()> {
    let device: der_market::id::DeviceId = "battery".parse()?;
    let register = RegisterDevice {
        device: device.clone(),
        kind: DeviceKind::Storage,
        capacity_w: Power::new(1)?,
        plant: None,
        efficiency: None,
    };
    user.register_device(&register).await?;
    let change = |watt| -> Result<ChangeDevice> {
        Ok(ChangeDevice {
            device: device.clone(),
            capacity_w: Power::new(watt)?,
            efficiency: None,
        })
    };
    assert_eq!(endorsed_by(user, &change(2)?, WITHOUT_USER).await?, INVALID);
    let query = QueryDevice {
        participant: user.participant().clone(),
        device: device.clone(),
    };
    assert_eq!(user.device(&query).await?.capacity_w.get(), 1, "nothing was written");
    assert_eq!(endorsed_by(user, &change(3)?, RECOVERY).await?, None);
    assert_eq!(user.device(&query).await?.capacity_w.get(), 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_member_reads_chains_that_hold_together() -> Result<()> {
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let (neighbours, _) = market(&world).await?;
    let pair = neighbours.pairs.first().context("a pair")?;
    let participant = pair.buyer.participant().clone();
    neighbours
        .regulator
        .suspend(&Suspend {
            participant: participant.clone(),
        })
        .await?;
    let last = neighbours
        .regulator
        .reinstate(&Reinstate {
            participant: participant.clone(),
        })
        .await?;

    for client in [&neighbours.grid, &neighbours.regulator, &pair.seller, &pair.buyer] {
        client.seen(&last.transaction_id).await?;
        let rows = chains(client, |_| {}).await?;
        let verdict = verify(&rows);
        assert!(verdict.findings.is_empty(), "{:?}", verdict.findings);
        assert!(verdict.rows > 15 && verdict.references > 20, "{verdict:?}");
        let mut paged = 0;
        let mut after = None;
        loop {
            let page = client.chain_page(Chain::User, after, 3).await?;
            paged += page.rows.len();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let user = ["user", "signing-key", "accreditation", "suspension", "device", "meter"];
        let whole = rows.iter().filter(|row| user.contains(&row.key.table.as_str())).count();
        assert_eq!(paged, whole, "pages of three hold every row once");
    }

    let key = GuardedKey {
        table: "suspension".to_owned(),
        parts: vec![participant.msp.to_string(), participant.user.to_string()],
    };
    let history = pair.buyer.query(&QueryHistory { key, most: 10 }).await?;
    let told: Vec<&str> = history
        .changes
        .iter()
        .filter_map(|c| c.row.as_ref())
        .map(|row| row.as_str())
        .collect();
    let (free, held) = (r#"{"suspended":false}"#, r#"{"suspended":true}"#);
    assert_eq!(told, [free, held, free], "newest first");
    assert_eq!(
        history.changes.first().map(|c| c.transaction.as_str()),
        Some(last.transaction_id.as_str())
    );
    assert!(!history.more);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kilowatt_hour_is_followed_from_the_meter_to_the_money() -> Result<()> {
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let slot = Slot::new(SLOT)?;
    let neighbours = Neighbours::found(&world, 1, slot).await?;
    neighbours.play(slot, Sale::KILOWATT_HOUR).await?;
    let clearing = neighbours.clock.clearing(&QueryClearing { slot: slot.into() }).await?;
    let contract = clearing.contracts.first().context("a contract")?;
    let steps = trace(&neighbours.regulator, slot.into(), contract).await?;
    let told: Vec<&str> = steps.iter().map(|step| step.what).collect();
    let expected = [
        "reading",
        "reading",
        "fill",
        "contract",
        "confirmation",
        "confirmation",
        "settlement",
        "settlement",
        "settlement",
        "posting",
        "posting",
    ];
    assert_eq!(told, expected);
    for step in &steps {
        assert!(step.transaction.as_ref().is_some_and(|id| id.len() == 64), "{step:?}");
    }
    let delivered = steps.iter().find_map(|step| step.value.get("delivered_wh"));
    assert_eq!(delivered.and_then(serde_json::Value::as_u64), Some(1_000));
    Ok(())
}
