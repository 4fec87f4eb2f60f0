//! The same thousand transactions on the devnet and on Hyperledger Fabric: every verdict, every read/write set and
//! every event must be the same.
//!
//! Each transaction is of a kind that says what must become of it, by Fabric's rules. The devnet is held to that
//! everywhere; where Fabric's binaries are present, Fabric is too, and then both are held against each other. A
//! difference is a fault of the devnet.
//!
//! Both networks have the same keys and get the same proposals. A round of transactions is endorsed against one state by
//! each network's own peers and then sent, one by one, on one broadcast stream to one orderer; blocks are cut by count.
//! Versions are counted from the first block, and the devnet's first blocks are filled up so that both begin at the same
//! number.

mod call;
mod dice;
mod draft;
mod faults;
mod made;
mod market;
mod people;
mod plan;
mod rows;
mod seen;
mod side;
mod step;

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use der_cli::{
    network::{Batch, CONSORTIUM, Launch, LocalNetwork},
    profile::Profile,
};
use der_e2e::{FabricNetwork, FabricSettings, fabric_binaries};
use fabric_cryptogen::{Consortium, Tree};
use fabric_protos::protos::{ChaincodeEvent, TxValidationCode};
use prost::Message as _;

use self::{
    people::{ORGANISATIONS, People, domain},
    plan::{BLOCK, Plan},
    seen::{Event, Seen},
    side::{Reached, Side},
    step::{Fate, Step},
};

/// Repeats a run.
const SEED: &str = "DER_DIFFERENTIAL_SEED";
/// How long the devnet's orderer waits for a block to fill: never reached.
const DEVNET_WAIT: Duration = Duration::from_secs(600);
/// And Fabric's, where the chaincode's definition must come through first, block by block.
const FABRIC_WAIT: &str = "8s";

fn seed() -> u64 {
    let given = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |since| since.as_secs())
    };
    let seed = given.unwrap_or_else(now);
    // Not eprintln!: it should be seen where the test passes, too.
    let _ = writeln!(std::io::stderr(), "same_as_fabric: {SEED}={seed}");
    seed
}

/// What one network made of the plan.
struct Outcome {
    seen: Vec<Seen>,
    events: Vec<Event>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_transactions_end_on_the_devnet_as_on_fabric() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let tree = Tree::new(folder.path().join("devnet").join("crypto"));
    let foreign = Tree::new(folder.path().join("foreign"));
    let consortium = Consortium::from_toml(CONSORTIUM)?;
    for tree in [&tree, &foreign] {
        fabric_cryptogen::generate(&consortium, tree.root())?;
    }
    let people = People::gather(&tree, &foreign)?;
    let mut plan = Plan::new(&people, seed());
    market::play(&mut plan)?;
    count_kinds(&plan.steps);

    let fabric = match fabric_binaries("a thousand transactions on Fabric, against the devnet's") {
        Some(binaries) => Some(start_fabric(binaries, &tree)?),
        None => None,
    };
    let mut fabric_side = match &fabric {
        Some(network) => Some(Side::connect("Fabric", &fabric_reached(network)?, &people.operator).await?),
        None => None,
    };
    let devnet = start_devnet(folder.path(), true)?;
    let mut devnet_side = Side::connect("the devnet", &devnet_reached(&devnet)?, &people.operator).await?;
    if let Some(side) = &fabric_side {
        devnet_side.begin_at(side.first, &mut || plan.filling()).await?;
    }
    let on_devnet = play(&plan, &mut devnet_side).await?;
    if let Some(side) = &mut fabric_side {
        let on_fabric = play(&plan, side).await?;
        compare(&plan, &on_fabric, &on_devnet);
    }
    Ok(())
}

/// Fabric 2.5 offers no write batches and no reads of many keys; the shim then sends each write and read alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_transactions_end_the_same_on_peers_without_write_batches() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let [one, other] = ["with", "without"].map(|name| folder.path().join(name));
    let tree = Tree::new(one.join("devnet").join("crypto"));
    let foreign = Tree::new(folder.path().join("foreign"));
    let consortium = Consortium::from_toml(CONSORTIUM)?;
    for tree in [&tree, &foreign] {
        fabric_cryptogen::generate(&consortium, tree.root())?;
    }
    let people = People::gather(&tree, &foreign)?;
    copy(tree.root(), &other.join("devnet").join("crypto"))?;
    let mut plan = Plan::new(&people, seed());
    market::play(&mut plan)?;
    let mut outcomes = Vec::new();
    for (folder, batches_offered) in [(&one, true), (&other, false)] {
        let devnet = start_devnet(folder, batches_offered)?;
        let mut side = Side::connect("the devnet", &devnet_reached(&devnet)?, &people.operator).await?;
        outcomes.push(play(&plan, &mut side).await?);
    }
    compare(&plan, &outcomes[0], &outcomes[1]);
    Ok(())
}

fn start_fabric(binaries: std::path::PathBuf, tree: &Tree) -> Result<FabricNetwork> {
    let settings = FabricSettings {
        raft: true,
        crypto: Some(tree.root().to_owned()),
        variables: vec![
            ("DER_BATCH_TIMEOUT", FABRIC_WAIT.to_owned()),
            ("DER_BATCH_MESSAGES", BLOCK.to_string()),
            ("DER_CHAINCODE_VERSION", draft::VERSION.to_owned()),
        ],
        ..FabricSettings::default()
    };
    FabricNetwork::start(binaries, Path::new(env!("CARGO_BIN_EXE_der-under-test")), settings)
}

fn start_devnet(folder: &Path, batches_offered: bool) -> Result<LocalNetwork> {
    let batch = Batch {
        messages: u32::try_from(BLOCK)?,
        timeout: DEVNET_WAIT,
    };
    let launch = Launch::with_program(folder.join("devnet"), env!("CARGO_BIN_EXE_der-under-test"));
    let launch = launch.batch(batch);
    let launch = if batches_offered {
        launch
    } else {
        launch.without_batches()
    };
    Ok(launch.start()?)
}

fn fabric_reached(network: &FabricNetwork) -> Result<Reached> {
    let orderer = network.crypto().orderer(&domain("grid"), "orderer0");
    Ok(Reached {
        profiles: profiles(|label| network.profile(label, "admin"))?,
        orderer: (
            network.orderer(),
            "localhost".to_owned(),
            std::fs::read(orderer.join("tls").join("ca.crt"))?,
        ),
    })
}

fn devnet_reached(network: &LocalNetwork) -> Result<Reached> {
    let profiles = profiles(|label| {
        let file = network.layout().profiles().join(format!("{label}-admin.toml"));
        Profile::read(&file).map_err(|failure| anyhow::anyhow!("{}: {failure:?}", file.display()))
    })?;
    let own = profiles[people::GRID].endpoints.first().context("an endpoint")?;
    let orderer = (
        own.address.clone(),
        own.server_name.clone(),
        std::fs::read(&own.tls_roots)?,
    );
    Ok(Reached { profiles, orderer })
}

fn profiles(read: impl Fn(&str) -> Result<Profile>) -> Result<BTreeMap<&'static str, Profile>> {
    ORGANISATIONS
        .into_iter()
        .map(|(msp_id, label)| Ok((msp_id, read(label)?)))
        .collect()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to.parent().context("a folder")?)?;
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status();
    anyhow::ensure!(copied?.success(), "{} was not copied", from.display());
    Ok(())
}

/// Plays all rounds and holds each step's end against what its kind says.
async fn play(plan: &Plan<'_>, side: &mut Side) -> Result<Outcome> {
    for round in &plan.rounds {
        side.play(&plan.steps[round.clone()]).await?;
    }
    let seen = seen::transactions(side)?;
    let ordered: Vec<_> = ordered(plan).collect();
    assert_eq!(ordered.len(), seen.len());
    let mut wrong = side.wrong.clone();
    let judged = ordered
        .iter()
        .zip(&seen)
        .enumerate()
        .filter(|(_, (step, seen))| step.fate != Fate::Code(seen.code))
        .map(|(index, (step, seen))| format!("{}:{} {step}: {:?}", index / BLOCK, index % BLOCK, seen.code));
    wrong.extend(judged);
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        seen.len(),
        wrong.join("\n")
    );
    let count = seen.iter().filter(|seen| is_streamed(seen)).count();
    let events = seen::events(side, count).await?;
    Ok(Outcome { seen, events })
}

/// The gateway streams events of valid transactions that bear chaincode, name and transaction.
fn is_streamed(seen: &Seen) -> bool {
    let event = ChaincodeEvent::decode(seen.event.clone()).unwrap_or_default();
    seen.code == TxValidationCode::Valid
        && [event.chaincode_id, event.event_name, event.tx_id]
            .iter()
            .all(|text| !text.is_empty())
}

fn ordered<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = &'a Step> {
    plan.steps.iter().filter(|step| step.is_ordered())
}

fn compare(plan: &Plan<'_>, one: &Outcome, other: &Outcome) {
    for (index, step) in ordered(plan).enumerate() {
        let (one, other) = (&one.seen[index], &other.seen[index]);
        assert_eq!(one, other, "{}:{} {step}", index / BLOCK, index % BLOCK);
    }
    assert_eq!(one.events, other.events);
}

/// Each kind of end must come often.
fn count_kinds(steps: &[Step]) {
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for step in steps {
        *ends.entry(format!("{:?}", step.fate)).or_default() += 1;
    }
    let _ = writeln!(
        std::io::stderr(),
        "same_as_fabric: {} transactions: {ends:?}",
        steps.len()
    );
    assert_eq!(steps.len(), 1_000);
    for (end, count) in &ends {
        assert!(*count >= 3, "{end} comes only {count} times");
    }
}
