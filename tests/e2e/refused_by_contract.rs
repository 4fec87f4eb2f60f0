//! What the contract refuses, over the wire: each with its code, and the chain as it was before.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use der_api::{
    ErrorCode,
    request::{CloseGate, RecordReadings, RegisterUser, Settle, Withdraw},
};
use der_client::{ClientError, MarketClient, Meter};
use der_e2e::{ChainReader, Committed, Neighbours, ORGANISATIONS, Pair, Sale, World, eventually, read_blocks};
use der_market::{
    id::MarketId,
    participant::{CustomerClass, Source},
    slot::Slot,
    units::{Energy, Power},
};
use fabric_gateway::Network;
use fabric_msp::PrivateKey;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);

/// A founded market, a second seller without authentication, and who counts blocks.
struct Stage {
    world: World,
    neighbours: Neighbours,
    reader: Network,
    slot: Slot,
}

impl Stage {
    async fn set(pairs: usize) -> Result<Option<Self>> {
        let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
            return Ok(None);
        };
        let slot = Slot::new(1_000_000)?;
        let neighbours = Neighbours::found(&world, pairs, slot).await?;
        neighbours.open(slot).await?;
        let reader = world.channel("regulator", "regulator")?;
        Ok(Some(Self {
            world,
            neighbours,
            reader,
            slot,
        }))
    }

    fn pair(&self) -> Result<&Pair> {
        self.neighbours.pairs.first().context("a pair")
    }

    /// Expects the refusal, and that no transaction was ordered.
    async fn refuses<T>(
        &self,
        what: &str,
        code: ErrorCode,
        call: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<()> {
        let before = self.ledger().await?;
        let error = call.await.err().with_context(|| format!("{what}: it was accepted"))?;
        ensure!(error.code() == code, "{what}: {error} instead of {code}");
        ensure!(
            read_blocks(&self.reader).await? == before,
            "{what}: something was ordered"
        );
        Ok(())
    }

    /// What is on the ledger, once the reader's peer has caught up with every other.
    async fn ledger(&self) -> Result<Vec<Committed>> {
        let mut highest = 0;
        for of in ORGANISATIONS {
            highest = highest.max(ChainReader::new(self.world.peer(of)?).height().await?);
        }
        eventually(LIMIT, "the reader's peer to catch up", || async {
            let known = ChainReader::new(self.reader.clone()).height().await.ok()?;
            if known < highest {
                return None;
            }
            read_blocks(&self.reader).await.ok()
        })
        .await
    }

    /// The pair's offer with one field replaced, as any client could send it.
    async fn refuses_offer(&self, what: &str, code: ErrorCode, field: &str, value: Value) -> Result<()> {
        let mut offer = serde_json::to_value(Pair::offer_of(self.slot, Sale::KILOWATT_HOUR)?)?;
        offer[field] = value;
        self.refuses(
            what,
            code,
            raw(&self.pair()?.seller, "DTSC:PostOffer", offer.to_string()),
        )
        .await
    }
}

async fn raw(client: &MarketClient, function: &str, argument: String) -> Result<(), ClientError> {
    client
        .contract()
        .submit(function, [argument])
        .await
        .map(drop)
        .map_err(ClientError::from)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quantities_arguments_and_claims() -> Result<()> {
    let Some(stage) = Stage::set(1).await? else {
        return Ok(());
    };
    let energy = "energy_wh";
    stage
        .refuses_offer("negative", ErrorCode::NegativeQuantity, energy, json!(-1))
        .await?;
    stage
        .refuses_offer("zero", ErrorCode::ZeroQuantity, energy, json!(0))
        .await?;
    stage
        .refuses_offer(
            "overflowing",
            ErrorCode::QuantityOutOfRange,
            energy,
            json!(1_000_000_000_001_u64),
        )
        .await?;
    stage
        .refuses_offer("not an integer", ErrorCode::QuantityNotAnInteger, energy, json!(1.5))
        .await?;
    stage
        .refuses_offer(
            "U+0000 in a key part",
            ErrorCode::BadIdentifier,
            "order",
            json!("a\u{0}b"),
        )
        .await?;
    stage
        .refuses_offer(
            "a claimed attribute",
            ErrorCode::MalformedArgument,
            "der.role",
            json!("regulator"),
        )
        .await?;
    let huge = " ".repeat(10 * 1024 * 1024);
    let seller = &stage.pair()?.seller;
    stage
        .refuses(
            "10 MB",
            ErrorCode::ArgumentTooLarge,
            raw(seller, "DTSC:PostOffer", huge),
        )
        .await?;
    stage
        .refuses(
            "unknown",
            ErrorCode::UnknownFunction,
            raw(seller, "DTSC:Give", "{}".into()),
        )
        .await?;
    let participant = json!({ "participant": seller.participant() }).to_string();
    stage
        .refuses(
            "a seller accredits itself",
            ErrorCode::OrganisationNotAllowed,
            raw(seller, "User:Authenticate", participant),
        )
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_strangers_latecomers_and_others() -> Result<()> {
    let Some(stage) = Stage::set(2).await? else {
        return Ok(());
    };
    let stranger = stage.world.client("energy", "plant1")?;
    let offer = Pair::offer_of(stage.slot, Sale::KILOWATT_HOUR)?;
    stage
        .refuses("unregistered", ErrorCode::NotRegistered, stranger.post_offer(&offer))
        .await?;
    let registration = RegisterUser {
        capacity_w: Power::new(100_000)?,
        point: offer.point.clone(),
        source: Source::Wind,
        class: CustomerClass::Industrial,
    };
    stranger.register_user(&registration).await?;
    stage
        .refuses(
            "unauthenticated",
            ErrorCode::NotAuthenticated,
            stranger.post_offer(&offer),
        )
        .await?;

    let [one, other] = stage.neighbours.pairs.as_slice() else {
        anyhow::bail!("two pairs")
    };
    one.seller.post_offer(&offer).await?;
    let withdraw = Withdraw {
        participant: one.seller.participant().clone(),
        order: offer.order.clone(),
        slot: Some(offer.slot),
    };
    stage
        .refuses("someone else's", ErrorCode::NotOwner, other.seller.withdraw(&withdraw))
        .await?;

    stage
        .neighbours
        .clock
        .close_gate(&CloseGate {
            slot: stage.slot.into(),
        })
        .await?;
    stage
        .refuses("after the gate", ErrorCode::GateClosed, other.seller.post_offer(&offer))
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_confirmations_wrong_readings_and_second_settlements() -> Result<()> {
    let Some(stage) = Stage::set(1).await? else {
        return Ok(());
    };
    let Stage { neighbours, slot, .. } = &stage;
    let (slot, pair) = (*slot, stage.pair()?);
    neighbours.publish(slot, Sale::KILOWATT_HOUR).await?;
    let clearing = neighbours.clear(slot).await?;
    let contract = clearing.contracts.first().context("a contract")?;
    pair.seller.confirm(slot, contract).await?;
    stage
        .refuses(
            "twice",
            ErrorCode::AlreadyConfirmed,
            pair.seller.confirm(slot, contract),
        )
        .await?;
    pair.buyer.confirm(slot, contract).await?;
    neighbours.clock.plan(&der_api::request::Plan { slot }).await?;

    let one = Energy::new(1_000)?;
    let good = pair.seller_meter.measure(slot, Energy::ZERO, one, 1)?;
    let mut forged = good.clone();
    forged.reading.injected_wh = Energy::new(2_000)?;
    let market: MarketId = good.reading.market.clone();
    let stranger = Meter::new(market, "meter-nobody".parse()?, PrivateKey::generate()?).measure(slot, one, one, 1)?;
    let next = Slot::new(slot.get() + 1)?;
    neighbours.open(next).await?;
    let early = pair.seller_meter.measure(next, one, one, 1)?;
    let record = |reading: &der_api::metering::SignedReading| RecordReadings {
        readings: vec![reading.clone()],
    };
    let meters = &neighbours.meters;
    stage
        .refuses(
            "bad signature",
            ErrorCode::BadReadingSignature,
            meters.record_readings(&record(&forged)),
        )
        .await?;
    stage
        .refuses(
            "unknown meter",
            ErrorCode::UnknownMeter,
            meters.record_readings(&record(&stranger)),
        )
        .await?;
    stage
        .refuses(
            "slot that takes orders",
            ErrorCode::ReadingOfWrongSlot,
            meters.record_readings(&record(&early)),
        )
        .await?;
    stage
        .refuses(
            "nothing metered",
            ErrorCode::NothingMetered,
            neighbours.clock.settle(&Settle { slot }),
        )
        .await?;
    neighbours.deliver(slot, Sale::KILOWATT_HOUR).await?;
    stage
        .refuses(
            "replayed",
            ErrorCode::ReplayedReading,
            meters.record_readings(&record(&good)),
        )
        .await?;

    neighbours.settle(slot).await?;
    stage
        .refuses(
            "settled twice",
            ErrorCode::AlreadySettled,
            neighbours.clock.settle(&Settle { slot }),
        )
        .await
}
