//! What signature checks cost in one transaction of signed readings: `Meter:Record` of a whole batch on a ledger in memory, and the
//! ECDSA checks of the same batch alone.
//!
//! `cargo run --release --package der-chaincode --example readings_cost`

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context as Task, Poll, Waker};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use der_api::bytes::HexBytes;
use der_api::metering::{SignedReading, canonical_bytes};
use der_api::request::{
    AcceptConnection, Authenticate, Bootstrap, PublishPoint, RecordReadings, RegisterMeter, RegisterUser,
};
use der_api::{Organisations, Request, codec};
use der_contract::{Attributes, Caller, Key, KeyPrefix, LedgerView, Verifier, ViewError, invoke};
use der_market::id::{MspId, ParticipantId};
use der_market::metering::{Quality, Reading};
use der_market::paper;
use der_market::participant::{CustomerClass, Source};
use der_market::slot::Slot;
use der_market::units::{Energy, Power};
use fabric_msp::{PrivateKey, PublicKey};

const BATCH: usize = 1_000;
const ROUNDS: usize = 11;
const SLOT: u64 = 1_980_000;

/// State by composite key.
#[derive(Default)]
struct Memory(BTreeMap<String, Vec<u8>>);

impl LedgerView for Memory {
    async fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.0.get(&key.composite()).cloned())
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, ViewError> {
        Ok(keys.iter().map(|key| self.0.get(&key.composite()).cloned()).collect())
    }

    async fn range(&self, prefix: &KeyPrefix) -> Result<Vec<Vec<u8>>, ViewError> {
        let start = prefix.composite();
        let rows = self.0.range(start.clone()..);
        let rows = rows.take_while(|(key, _)| key.starts_with(&start));
        Ok(rows.map(|(_, row)| row.clone()).collect())
    }
}

/// The check that the service does.
struct Ecdsa;

impl Verifier for Ecdsa {
    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        PublicKey::from_sec1(public_key).is_ok_and(|key| key.verify(message, signature).is_ok())
    }
}

/// Says yes: what is left is everything but the checks.
struct Trusting;

impl Verifier for Trusting {
    fn verify(&self, _: &[u8], _: &[u8], _: &[u8]) -> bool {
        true
    }
}

/// A ledger in memory is ready at once.
fn now<T>(future: impl Future<Output = T>) -> Result<T> {
    match pin!(future).poll(&mut Task::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err(anyhow!("a memory ledger never waits")),
    }
}

fn caller(msp: &str, user: &str, role: &str) -> Result<Caller> {
    Ok(Caller {
        msp_id: msp.to_owned(),
        enrollment_id: user.to_owned(),
        attributes: Attributes::Present([("der.role".to_owned(), role.to_owned())].into()),
        public_key: PrivateKey::generate()?.public_key().sec1().to_vec(),
    })
}

fn submit<R: Request>(ledger: &mut Memory, caller: &Caller, request: &R) -> Result<()> {
    let argument = codec::encode(request).map_err(|e| anyhow!("{e}"))?;
    let decided = now(invoke(ledger, caller, &Ecdsa, R::FUNCTION.name(), &[&argument]))?;
    let decision = decided.map_err(|e| anyhow!("{}: {}", R::FUNCTION.name(), e.message()))?;
    for (key, row) in decision.puts() {
        ledger.0.insert(key.composite(), row.clone());
    }
    Ok(())
}

/// A market with one participant at whose point so many meters measure.
fn market(keys: &[PrivateKey]) -> Result<(Memory, Caller)> {
    let mut ledger = Memory::default();
    let (operator, grid) = (
        caller("GridMSP", "operator", "operator")?,
        caller("GridMSP", "planner", "grid")?,
    );
    let metering = caller("GridMSP", "meters", "metering")?;
    let user = caller("EnergyMSP", "sun", "participant")?;
    let participant: ParticipantId = "EnergyMSP:sun".parse()?;
    let founding = Bootstrap {
        market: "bench".parse()?,
        organisations: Organisations {
            grid: MspId::new("GridMSP")?,
            regulator: MspId::new("RegulatorMSP")?,
            energy: MspId::new("EnergyMSP")?.into(),
            microgrid: MspId::new("MicrogridMSP")?.into(),
        },
        parameters: paper::parameters()?,
        schema: der_api::schema::WHOLE_MARKET,
    };
    submit(&mut ledger, &operator, &founding)?;
    let capacity_w = Power::new(paper::CAPACITY_W)?;
    let (point, area) = ("pcc-1".parse()?, "area-1".parse()?);
    let published = PublishPoint {
        point,
        capacity_w,
        area,
        level: 0,
    };
    submit(&mut ledger, &grid, &published)?;
    let registration = RegisterUser {
        capacity_w,
        point: published.point.clone(),
        source: Source::Photovoltaic,
        class: CustomerClass::Industrial,
    };
    submit(&mut ledger, &user, &registration)?;
    let accepted = AcceptConnection {
        participant: participant.clone(),
    };
    submit(&mut ledger, &grid, &accepted)?;
    let accredited = Authenticate {
        participant: participant.clone(),
    };
    submit(
        &mut ledger,
        &caller("RegulatorMSP", "inspector", "regulator")?,
        &accredited,
    )?;
    for (number, key) in keys.iter().enumerate() {
        let request = RegisterMeter {
            meter: format!("meter-{number}").parse()?,
            participant: participant.clone(),
            public_key: HexBytes::new(key.public_key().sec1().to_vec()).context("a public key")?,
            valid_from: Slot::new(SLOT)?,
            plant: None,
        };
        submit(&mut ledger, &metering, &request)?;
    }
    Ok((ledger, metering))
}

fn signed(keys: &[PrivateKey]) -> Result<Vec<SignedReading>> {
    let sign = |(number, key): (usize, &PrivateKey)| {
        let reading = Reading {
            market: "bench".parse()?,
            meter: format!("meter-{number}").parse()?,
            slot: Slot::new(SLOT)?,
            consumed_wh: Energy::new(1_000)?,
            injected_wh: Energy::new(2_000)?,
            sequence: 1,
            quality: Quality::Measured,
            supersedes: None,
        };
        let bytes = canonical_bytes(&reading).map_err(|e| anyhow!("{e}"))?;
        let signature = HexBytes::new(key.sign(&bytes)?).context("a signature")?;
        Ok(SignedReading { reading, signature })
    };
    keys.iter().enumerate().map(sign).collect()
}

fn median(mut rounds: Vec<Duration>) -> f64 {
    rounds.sort_unstable();
    rounds.get(rounds.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1_000.0
}

/// The batch as a transaction, checked so.
fn recorded(ledger: &Memory, caller: &Caller, verifier: &dyn Verifier, argument: &[u8]) -> Result<(Duration, usize)> {
    let begun = Instant::now();
    let decided = now(invoke(
        ledger,
        caller,
        verifier,
        RecordReadings::FUNCTION.name(),
        &[argument],
    ))?;
    let took = begun.elapsed();
    let decision = decided.map_err(|e| anyhow!("{}", e.message()))?;
    let written = decision
        .puts()
        .iter()
        .map(|(key, row)| key.composite().len() + row.len())
        .sum();
    Ok((took, written))
}

fn main() -> Result<()> {
    let keys: Vec<PrivateKey> = (0..BATCH).map(|_| PrivateKey::generate()).collect::<Result<_, _>>()?;
    let (ledger, metering) = market(&keys)?;
    let readings = signed(&keys)?;
    let argument = codec::encode(&RecordReadings {
        readings: readings.clone(),
    })
    .map_err(|e| anyhow!("{e}"))?;
    let (mut whole, mut without, mut alone, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let (took, written) = recorded(&ledger, &metering, &Ecdsa, &argument)?;
        whole.push(took);
        bytes = written;
        without.push(recorded(&ledger, &metering, &Trusting, &argument)?.0);
        let begun = Instant::now();
        for (signed, key) in readings.iter().zip(&keys) {
            let message = canonical_bytes(&signed.reading).map_err(|e| anyhow!("{e}"))?;
            let fits = Ecdsa.verify(key.public_key().sec1(), &message, signed.signature.as_slice());
            anyhow::ensure!(fits, "a signature does not fit");
        }
        alone.push(begun.elapsed());
    }
    println!("readings in the batch            {BATCH}");
    println!("argument                         {} kB", argument.len() / 1_000);
    println!("written                          {} kB", bytes / 1_000);
    println!("whole transaction function       {:.1} ms", median(whole));
    println!("the same without its checks      {:.1} ms", median(without));
    println!("1 000 checks alone               {:.1} ms", median(alone));
    Ok(())
}
