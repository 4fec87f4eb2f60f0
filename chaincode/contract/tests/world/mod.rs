//! A ledger in memory, callers of four organisations and a verifier that behaves as a signature scheme does.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of the world")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use der_api::bytes::HexBytes;
use der_api::metering::{SignedReading, canonical_bytes};
use der_api::request::*;
use der_api::schema::WHOLE_MARKET;
use der_api::version::Content;
use der_api::{ErrorCode, Organisations, Request, codec};
use der_contract::{
    Attributes, Caller, ContractError, Decision, Guard, Key, KeyPrefix, LedgerView, Verifier, ViewError, invoke,
};
use der_market::id::{MspId, ProposalId};
use der_market::metering::{Quality, Reading};
use der_market::paper;
use der_market::parameters::Parameters;
use der_market::participant::{CustomerClass, Source};
use der_market::slot::{Auction, Slot};
use der_market::units::{Distance, Energy, Power, Price};
use sha2::{Digest as _, Sha256};

pub const SLOT: u64 = 1_980_000;

/// State by composite key, as a peer keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory(pub BTreeMap<String, Vec<u8>>, pub BTreeMap<String, Guard>);

impl LedgerView for Memory {
    async fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.0.get(&key.composite()).cloned())
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, ViewError> {
        Ok(keys.iter().map(|key| self.0.get(&key.composite()).cloned()).collect())
    }

    async fn range(&self, prefix: &KeyPrefix) -> Result<Vec<Vec<u8>>, ViewError> {
        let start = prefix.composite();
        let rows = self
            .0
            .range(start.clone()..)
            .take_while(|(key, _)| key.starts_with(&start));
        Ok(rows.map(|(_, value)| value.clone()).collect())
    }

    async fn span(&self, prefix: &KeyPrefix, from: &str, to: &str) -> Result<Vec<Vec<u8>>, ViewError> {
        let start = prefix.composite();
        let rows = self.0.range(format!("{start}{from}")..format!("{start}{to}"));
        Ok(rows.map(|(_, value)| value.clone()).collect())
    }

    async fn page(&self, prefix: &KeyPrefix, after: Option<&Key>, most: usize) -> Result<Vec<Key>, ViewError> {
        let start = prefix.composite();
        let from = after.map_or(start.clone(), |key| format!("{}\u{1}", key.composite()));
        let keys = self.0.range(from..).take_while(|(key, _)| key.starts_with(&start));
        Ok(keys.take(most).map(|(key, _)| prefix.key_of(key).unwrap()).collect())
    }

    async fn guarded_by(&self, key: &Key, guard: &Guard) -> Result<Option<bool>, ViewError> {
        Ok(self.1.get(&key.composite()).map(|present| present == guard))
    }

    async fn guard(&self, key: &Key) -> Result<Option<Vec<String>>, ViewError> {
        let guard = self.1.get(&key.composite());
        Ok(guard.map(|guard| {
            guard
                .rule()
                .organisations()
                .into_iter()
                .map(ToString::to_string)
                .collect()
        }))
    }
}

/// Accepts exactly what [`sign`] makes.
pub struct Hashing;

impl Verifier for Hashing {
    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        sign(public_key, message).as_slice() == signature
    }
}

/// Stands for a signature by the key's owner.
pub fn sign(public_key: &[u8], message: &[u8]) -> HexBytes {
    HexBytes::new(
        Sha256::new()
            .chain_update(public_key)
            .chain_update(message)
            .finalize()
            .to_vec(),
    )
    .unwrap()
}

/// An uncompressed point in form.
pub fn public_key(of: &str) -> Vec<u8> {
    let half = Sha256::digest(of);
    [&[4][..], &half, &half].concat()
}

pub fn caller(msp: &str, user: &str, role: &str) -> Caller {
    Caller {
        msp_id: msp.to_owned(),
        enrollment_id: user.to_owned(),
        attributes: Attributes::Present(BTreeMap::from([("der.role".to_owned(), role.to_owned())])),
        public_key: public_key(&format!("{msp}:{user}")),
    }
}

pub fn operator() -> Caller {
    caller("GridMSP", "operator1", "operator")
}
pub fn grid() -> Caller {
    caller("GridMSP", "planner1", "grid")
}
pub fn metering() -> Caller {
    caller("GridMSP", "metering1", "metering")
}
pub fn regulator() -> Caller {
    caller("RegulatorMSP", "inspector1", "regulator")
}
pub fn retail() -> Caller {
    caller("GridMSP", "seller1", "retail")
}
pub fn buyer() -> Caller {
    caller("MicrogridMSP", "alice", "participant")
}
pub fn seller() -> Caller {
    caller("EnergyMSP", "solar1", "participant")
}

pub fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}
pub fn slot(offset: u64) -> Slot {
    Slot::new(SLOT + offset).unwrap()
}
pub fn energy(wh: u64) -> Energy {
    Energy::new(wh).unwrap()
}

/// Everything here is ready at once.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a memory ledger never waits"),
    }
}

#[derive(Clone, Default)]
pub struct World {
    pub state: Memory,
    pub log: String,
}

impl World {
    /// Runs a function on raw arguments; nothing is applied.
    pub fn simulate(&self, caller: &Caller, function: &str, args: &[&[u8]]) -> Result<Decision, ContractError> {
        now(invoke(&self.state, caller, &Hashing, function, args))
    }

    pub fn decide<R: Request>(&self, caller: &Caller, request: &R) -> Result<Decision, ContractError> {
        self.simulate(caller, R::FUNCTION.name(), &[&codec::encode(request).unwrap()])
    }

    /// Runs and applies.
    pub fn try_submit<R: Request>(&mut self, caller: &Caller, request: &R) -> Result<R::Reply, ContractError> {
        let decision = self.decide(caller, request)?;
        assert_eq!(
            decision,
            self.decide(caller, request)?,
            "the same input gives the same write set"
        );
        self.record(R::FUNCTION.name(), &decision);
        self.apply(&decision);
        Ok(codec::decode(decision.reply(), usize::MAX).unwrap())
    }

    pub fn submit<R: Request>(&mut self, caller: &Caller, request: &R) -> R::Reply {
        self.try_submit(caller, request)
            .unwrap_or_else(|e| panic!("{}: {e}", R::FUNCTION.name()))
    }

    /// New rules, in force from slot 0 on: at schema 3 proposed by the grid company and approved by two more.
    pub fn govern(&mut self, parameters: Parameters) {
        if self.query(&QueryMembers {}).schema < WHOLE_MARKET {
            self.submit(&operator(), &PublishParameters { parameters });
            return;
        }
        self.enact(slot(0), Content::Parameters(parameters));
    }

    /// The next version of a subject, proposed by the grid company and approved by two more.
    pub fn enact(&mut self, from: Slot, content: Content) -> u32 {
        let digest = content.digest().unwrap();
        let proposal: ProposalId = id(&format!("{}-{}", content.subject(), &digest.to_string()[..16]));
        self.submit(
            &operator(),
            &Propose {
                proposal: proposal.clone(),
                from,
                content,
            },
        );
        for msp in ["EnergyMSP", "MicrogridMSP"] {
            let approve = Approve {
                proposal: proposal.clone(),
                digest,
            };
            self.submit(&caller(msp, "clock", "operator"), &approve);
        }
        self.submit(&operator(), &Enact { proposal }).version
    }

    pub fn query<R: Request>(&self, request: &R) -> R::Reply {
        let decision = self
            .decide(&operator(), request)
            .unwrap_or_else(|e| panic!("{}: {e}", R::FUNCTION.name()));
        assert!(decision.is_read_only() && decision.event().is_none());
        codec::decode(decision.reply(), usize::MAX).unwrap()
    }

    /// Applies a decision as a peer would after validation.
    pub fn apply(&mut self, decision: &Decision) {
        for (key, value) in decision.puts() {
            self.state.0.insert(key.composite(), value.clone());
        }
        for key in decision.deletes() {
            self.state.0.remove(&key.composite());
        }
        for (key, guard) in decision.guards() {
            self.state.1.insert(key.composite(), guard.clone());
        }
    }

    /// The code of a refused request.
    pub fn refusal<R: Request>(&self, caller: &Caller, request: &R) -> ErrorCode {
        self.decide(caller, request).expect_err(R::FUNCTION.name()).code()
    }

    fn record(&mut self, function: &str, decision: &Decision) {
        writeln!(self.log, "{function}").unwrap();
        for (key, value) in decision.puts() {
            let guard = decision
                .guards()
                .get(key)
                .map_or(String::new(), |guard| format!(" guarded by {:?}", guard.guardians()));
            writeln!(self.log, "  put {key:?} {}{guard}", String::from_utf8_lossy(value)).unwrap();
        }
        for key in decision.deletes() {
            writeln!(self.log, "  delete {key:?}").unwrap();
        }
        if let Some(event) = decision.event() {
            writeln!(
                self.log,
                "  event {} {}",
                event.name(),
                String::from_utf8_lossy(&event.payload().unwrap())
            )
            .unwrap();
        }
    }

    /// A founded market with the paper's two users, authenticated and metered.
    pub fn ready() -> Self {
        Self::founded(&bootstrap())
    }

    /// As [`World::ready`], founded otherwise.
    pub fn founded(founding: &Bootstrap) -> Self {
        let mut world = Self::default();
        world.submit(&operator(), founding);
        for point in ["pcc-1", "pcc-2"] {
            let capacity_w = Power::new(paper::CAPACITY_W).unwrap();
            world.submit(
                &grid(),
                &PublishPoint {
                    point: id(point),
                    capacity_w,
                    area: id("north"),
                    level: 0,
                },
            );
        }
        let distance = |mohm| Distance::new(mohm).unwrap();
        let far = distance(paper::DISTANCE_MOHM);
        let rows = vec![vec![distance(1), far], vec![far, distance(1)]];
        world.submit(
            &grid(),
            &PublishDistances {
                points: vec![id("pcc-1"), id("pcc-2")],
                rows,
            },
        );
        world.join(&seller(), "pcc-1", "meter-1");
        world.join(&buyer(), "pcc-2", "meter-2");
        world
    }

    /// Registers, connects, authenticates and meters a user.
    pub fn join(&mut self, user: &Caller, point: &str, meter: &str) {
        self.join_from(user, point, meter, slot(0));
    }

    /// The same with a meter whose key is valid from another slot.
    pub fn join_from(&mut self, user: &Caller, point: &str, meter: &str, valid_from: Slot) {
        self.join_as(user, &registration(point), meter, valid_from);
    }

    /// The same for any registration.
    pub fn join_as(&mut self, user: &Caller, registration: &RegisterUser, meter: &str, valid_from: Slot) {
        self.submit(user, registration);
        let participant = participant(user);
        self.submit(
            &grid(),
            &AcceptConnection {
                participant: participant.clone(),
            },
        );
        self.submit(
            &regulator(),
            &Authenticate {
                participant: participant.clone(),
            },
        );
        let public_key = HexBytes::new(public_key(meter)).unwrap();
        self.submit(
            &metering(),
            &RegisterMeter {
                meter: id(meter),
                participant,
                public_key,
                valid_from,
                plant: None,
            },
        );
    }

    pub fn close_and_clear(&mut self, slot: Slot) -> der_api::reply::ClearingView {
        self.submit(&operator(), &CloseGate { slot: slot.into() });
        self.submit(&operator(), &SealBook { slot: slot.into() });
        self.submit(&operator(), &Clear { slot: slot.into() })
    }

    /// A confirmation as this caller would sign it.
    pub fn confirmation(&self, user: &Caller, slot: Slot, contract: &der_market::id::ContractId) -> Confirm {
        self.confirmation_in(user, slot.into(), contract)
    }

    /// The same in any auction.
    pub fn confirmation_in(&self, user: &Caller, slot: Auction, contract: &der_market::id::ContractId) -> Confirm {
        let terms = self
            .query(&QueryContract {
                slot,
                contract: contract.clone(),
            })
            .terms;
        let signature = sign(&user.public_key, &terms.canonical_bytes().unwrap());
        Confirm {
            slot,
            contract: contract.clone(),
            signature,
            participant: None,
        }
    }

    /// One of the paper's cases up to the plan.
    pub fn planned(&mut self, case: &paper::Case, slot: Slot) -> der_market::id::ContractId {
        self.submit(&operator(), &OpenSlot { slot: slot.into() });
        self.submit(&seller(), &offer(slot, "sale", paper::CONTRACT_WH, case.offer_price));
        self.submit(&buyer(), &bid(slot, "need", paper::CONTRACT_WH, case.bid_price));
        let contract = self.close_and_clear(slot).contracts.remove(0);
        for user in [seller(), buyer()] {
            let confirmation = self.confirmation(&user, slot, &contract);
            self.submit(&user, &confirmation);
        }
        self.submit(&operator(), &Plan { slot });
        contract
    }
}

/// A founded market on a ledger of the present schema.
pub fn whole_market() -> World {
    let mut world = World::ready();
    world.submit(&operator(), &Migrate { to: WHOLE_MARKET });
    world
}

pub fn participant(caller: &Caller) -> der_market::id::ParticipantId {
    id(&format!("{}:{}", caller.msp_id, caller.enrollment_id))
}

pub fn bootstrap() -> Bootstrap {
    let organisations = Organisations {
        grid: id("GridMSP"),
        regulator: id("RegulatorMSP"),
        energy: id::<MspId>("EnergyMSP").into(),
        microgrid: id::<MspId>("MicrogridMSP").into(),
    };
    Bootstrap {
        market: id("paper"),
        organisations,
        parameters: paper::parameters().unwrap(),
        schema: der_api::schema::FIRST,
    }
}

pub fn registration(point: &str) -> RegisterUser {
    RegisterUser {
        capacity_w: Power::new(paper::CAPACITY_W).unwrap(),
        point: id(point),
        source: Source::Photovoltaic,
        class: CustomerClass::Industrial,
    }
}

pub fn offer(slot: Slot, order: &str, wh: u64, price: i64) -> PostOffer {
    let order = format!("{order}-{slot}");
    PostOffer {
        order: id(&order),
        slot: slot.into(),
        point: id("pcc-1"),
        energy_wh: energy(wh),
        min_wh: energy(0),
        price: Price::new(price).unwrap(),
        filters: None,
    }
}

pub fn bid(slot: Slot, order: &str, wh: u64, price: i64) -> PostBid {
    let offer = offer(slot, order, wh, price);
    PostOffer {
        point: id("pcc-2"),
        ..offer
    }
    .into()
}

pub fn reading(meter: &str, slot: Slot, consumed: u64, injected: u64, sequence: u64) -> SignedReading {
    let supersedes = sequence.checked_sub(2).map(|before| before + 1);
    let reading = Reading {
        market: id("paper"),
        meter: id(meter),
        slot,
        consumed_wh: energy(consumed),
        injected_wh: energy(injected),
        sequence,
        quality: Quality::Measured,
        supersedes,
    };
    let signature = sign(&public_key(meter), &canonical_bytes(&reading).unwrap());
    SignedReading { reading, signature }
}
