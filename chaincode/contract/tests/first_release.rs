//! On a ledger of schema 1 this build decides what the first release decided, byte for byte, its reads included: Fabric compares
//! what peers read as well as what they write, so that one read more would part two builds.
//!
//! `golden/first-release.txt` was written by the first release's own code (commit de5a137) over the same calls.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;

use der_contract::{Caller, Decision, Key, KeyPrefix, LedgerView, ViewError};
use sha2::{Digest, Sha256};
use world::*;

const CALLS: usize = 2_000;
const SEED: &str = "der.first-release.2";

/// A ledger that writes down what is read, in the order of reading.
struct Recording<'a> {
    state: &'a Memory,
    reads: Mutex<String>,
}

impl<'a> Recording<'a> {
    fn of(state: &'a Memory) -> Self {
        let reads = Mutex::default();
        Self { state, reads }
    }

    fn note(&self, what: &str) {
        writeln!(self.reads.lock().unwrap(), "{what}").unwrap();
    }
}

impl LedgerView for Recording<'_> {
    async fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, ViewError> {
        self.note(&format!("get {key:?}"));
        self.state.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, ViewError> {
        self.note(&format!("get {keys:?}"));
        self.state.get_many(keys).await
    }

    async fn range(&self, prefix: &KeyPrefix) -> Result<Vec<Vec<u8>>, ViewError> {
        self.note(&format!("range {prefix:?}"));
        self.state.range(prefix).await
    }
}

/// The same numbers for ever.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 += 1;
        let hash = Sha256::digest(format!("{SEED} {}", self.0));
        u64::from_le_bytes(hash[..8].try_into().unwrap()) % end
    }

    fn one_of<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        let at = usize::try_from(self.below(of.len() as u64)).unwrap();
        of[at]
    }
}

/// A call in its wire form.
struct Call {
    caller: Caller,
    function: &'static str,
    argument: String,
}

fn user(number: u64) -> Caller {
    let msp = if number.is_multiple_of(2) {
        "EnergyMSP"
    } else {
        "MicrogridMSP"
    };
    caller(msp, &format!("user{number}"), "participant")
}

/// What a market needs before anyone trades; the users are drawn in later.
fn opening_calls() -> Vec<Call> {
    let call = |caller: Caller, function, argument: &str| Call {
        caller,
        function,
        argument: argument.to_owned(),
    };
    let parameters = serde_json::to_string(&der_market::paper::parameters().unwrap()).unwrap();
    let organisations =
        r#"{"grid":"GridMSP","regulator":"RegulatorMSP","energy":"EnergyMSP","microgrid":"MicrogridMSP"}"#;
    let bootstrap = format!(r#"{{"market":"paper","organisations":{organisations},"parameters":{parameters}}}"#);
    let point = |name: &str| format!(r#"{{"point":"{name}","capacity_w":4000000,"area":"north","level":0}}"#);
    vec![
        call(operator(), "Market:OpenSlot", r#"{"slot":1980000}"#),
        call(operator(), "Market:Bootstrap", &bootstrap),
        call(operator(), "Market:Bootstrap", &bootstrap),
        call(grid(), "Grid:PublishPoint", &point("pcc-1")),
        call(grid(), "Grid:PublishPoint", &point("pcc-2")),
        call(
            grid(),
            "Grid:PublishDistances",
            r#"{"points":["pcc-1","pcc-2"],"rows":[[1,40],[40,1]]}"#,
        ),
    ]
}

/// A call that may or may not be in order; the ledger decides.
fn draw(world: &World, draw: &mut Draw) -> Call {
    // The slots move on, so that each is played from its opening to its settlement.
    let slot = SLOT + draw.0 / 2_000 + draw.below(2);
    let who = draw.below(4);
    let (me, name) = (user(who), participant(&user(who)));
    let point = if who.is_multiple_of(2) { "pcc-1" } else { "pcc-2" };
    let (order, wh) = (draw.below(12), 1_000 * (1 + draw.below(300)));
    let of = |caller: Caller, function, argument: String| Call {
        caller,
        function,
        argument,
    };
    let post = |function: &'static str, price: u64| {
        let argument = format!(
            r#"{{"order":"o-{slot}-{order}","slot":{slot},"point":"{point}","energy_wh":{wh},"min_wh":0,"price":{price}}}"#
        );
        of(user(who), function, argument)
    };
    let participant = format!(r#"{{"participant":"{name}"}}"#);
    let at_slot = format!(r#"{{"slot":{slot}}}"#);
    match draw.below(27) {
        0 => {
            let argument =
                format!(r#"{{"capacity_w":4000000,"point":"{point}","source":"photovoltaic","class":"industrial"}}"#);
            of(me, "User:Register", argument)
        }
        1 => of(grid(), "Grid:AcceptConnection", participant),
        2 => of(regulator(), "User:Authenticate", participant),
        3 if draw.below(4) == 0 => of(regulator(), "User:Suspend", participant),
        3 => of(regulator(), "User:Reinstate", participant),
        4 => {
            let key = hex::encode(public_key(&format!("meter-{who}")));
            let argument =
                format!(r#"{{"meter":"meter-{who}","participant":"{name}","public_key":"{key}","valid_from":{SLOT}}}"#);
            of(metering(), "Meter:Register", argument)
        }
        5 => of(me, "User:AddKey", "{}".to_owned()),
        6 => {
            let argument = format!(r#"{{"plant":"plant-{order}","capacity_w":5,"point":"{point}","source":"hydro"}}"#);
            of(me, "Energy:RegisterPlant", argument)
        }
        7 | 8 => of(operator(), "Market:OpenSlot", at_slot),
        9..=12 if who.is_multiple_of(2) => post("DTSC:PostOffer", 500_000 + draw.below(60_000)),
        9..=12 => post("DTSC:PostBid", 540_000 + draw.below(60_000)),
        13 => of(
            me,
            "DTSC:Withdraw",
            format!(r#"{{"participant":"{name}","order":"o-{slot}-{order}"}}"#),
        ),
        14 if draw.below(3) == 0 => of(operator(), "Market:CloseGate", at_slot),
        15 => of(operator(), "Market:SealBook", at_slot),
        16 => of(operator(), "TSSC:Clear", at_slot),
        17..=19 | 25 => answer(world, draw, slot),
        20 if draw.below(3) == 0 => of(operator(), "TSSC:Plan", at_slot),
        21 | 22 => {
            let sequence = 1 + draw.below(2);
            let readings = vec![reading(
                &format!("meter-{who}"),
                self::slot(slot - SLOT),
                wh,
                wh,
                sequence,
            )];
            let argument = serde_json::to_string(&der_api::request::RecordReadings { readings }).unwrap();
            of(metering(), "Meter:Record", argument)
        }
        23 => of(operator(), "Settlement:Settle", at_slot),
        24 => of(
            draw.one_of(&[&user(0), &caller("EvilMSP", "eve", "operator"), &metering()])
                .clone(),
            draw.one_of(&["Market:OpenSlot", "User:Suspend", "Nothing:AtAll"]),
            at_slot,
        ),
        _ => question(draw, &name.to_string(), slot, order),
    }
}

fn answer(world: &World, draw: &mut Draw, slot: u64) -> Call {
    let contract = format!("{slot}-{:05}", 1 + draw.below(3));
    let (me, refuse) = (user(draw.below(4)), draw.below(12) == 0);
    let known = world.decide(
        &operator(),
        &der_api::request::QueryContract {
            slot: self::slot(slot - SLOT).into(),
            contract: id(&contract),
        },
    );
    let unanswered = Call {
        caller: me.clone(),
        function: "DTSC:Refuse",
        argument: format!(r#"{{"slot":{slot},"contract":"{contract}"}}"#),
    };
    let Some(known) = known.ok().filter(|_| !refuse) else {
        return unanswered;
    };
    let terms = der_api::codec::decode::<der_api::reply::ContractView>(known.reply(), usize::MAX)
        .unwrap()
        .terms;
    let party = [terms.buyer, terms.seller][usize::from(draw.below(2) == 0)].clone();
    let me = caller(party.msp.as_str(), party.user.as_str(), "participant");
    let confirm = world.confirmation(&me, self::slot(slot - SLOT), &id(&contract));
    Call {
        caller: me,
        function: "DTSC:Confirm",
        argument: serde_json::to_string(&confirm).unwrap(),
    }
}

fn question(draw: &mut Draw, name: &str, slot: u64, order: u64) -> Call {
    let (function, argument) = match draw.below(8) {
        0 => ("Query:Market", "{}".to_owned()),
        1 => ("Query:Participant", format!(r#"{{"participant":"{name}"}}"#)),
        2 => ("Query:Slot", format!(r#"{{"slot":{slot}}}"#)),
        3 => (
            "Query:Order",
            format!(r#"{{"participant":"{name}","order":"o-{slot}-{order}"}}"#),
        ),
        4 => ("Query:Clearing", format!(r#"{{"slot":{slot}}}"#)),
        5 => ("Query:Settlement", format!(r#"{{"slot":{slot}}}"#)),
        6 => ("Query:Balance", r#"{"account":"grid"}"#.to_owned()),
        _ => ("Query:Volumes", format!(r#"{{"through":{slot}}}"#)),
    };
    Call {
        caller: operator(),
        function,
        argument,
    }
}

/// Everything that an endorsement holds of a decision, in words.
fn words(decision: &Decision) -> String {
    let mut text = String::new();
    for (key, value) in decision.puts() {
        writeln!(text, "put {key:?} {}", String::from_utf8_lossy(value)).unwrap();
    }
    for key in decision.deletes() {
        writeln!(text, "delete {key:?}").unwrap();
    }
    for (key, guard) in decision.guards() {
        writeln!(text, "guard {key:?} {}", guard.expression()).unwrap();
    }
    if let Some(event) = decision.event() {
        let payload = event.payload().unwrap();
        writeln!(text, "event {} {}", event.name(), String::from_utf8_lossy(&payload)).unwrap();
    }
    writeln!(text, "reply {}", String::from_utf8_lossy(decision.reply())).unwrap();
    text
}

fn play(world: &mut World, call: &Call) -> String {
    let view = Recording::of(&world.state);
    let outcome = now(der_contract::invoke(
        &view,
        &call.caller,
        &Hashing,
        call.function,
        &[call.argument.as_bytes()],
    ));
    let reads = view.reads.into_inner().unwrap();
    let (kind, text) = match &outcome {
        Ok(decision) => ("done".to_owned(), words(decision)),
        Err(refusal) => (refusal.code().to_string(), refusal.message()),
    };
    if let Ok(decision) = &outcome {
        world.apply(decision);
    }
    let digest = hex::encode(Sha256::digest(format!("{}\n{reads}{text}", call.argument)));
    format!("{} {kind} {}\n", call.function, &digest[..24])
}

#[test]
fn a_ledger_of_schema_1_is_served_as_the_first_release_served_it() {
    let mut world = World::default();
    let mut numbers = Draw(0);
    let mut trace = String::new();
    for call in opening_calls() {
        trace += &play(&mut world, &call);
    }
    for _ in 0..CALLS {
        let call = draw(&world, &mut numbers);
        trace += &play(&mut world, &call);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/first-release.txt");
    let golden = std::fs::read_to_string(&file).unwrap();
    for (number, (now, then)) in trace.lines().zip(golden.lines()).enumerate() {
        assert_eq!(now, then, "call {number} differs from the first release");
    }
    assert_eq!(trace.lines().count(), golden.lines().count());
    for needed in [
        "TSSC:Clear done",
        "DTSC:Confirm done",
        "TSSC:Plan done",
        "Meter:Record done",
        "Settlement:Settle done",
    ] {
        assert!(golden.contains(needed), "the calls never reach {needed}");
    }
}
