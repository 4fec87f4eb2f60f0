//! A fifth organisation joins while the market runs: its peer endorses, its users trade; when the market has dismissed it and its nodes
//! have stopped, the others go on. The commands are those of docs/joining.md. On Fabric itself only: on the devnet all organisations
//! have one peer process.

#[path = "../joining/chain.rs"]
mod chain;
#[path = "../joining/newcomer.rs"]
mod newcomer;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context, Result, ensure};
use der_client::day::{MarketDay, Sale, Staff, Trader};
use der_e2e::{Consensus, Neighbours, NetworkKind, ORGANISATIONS, World, fabric_binaries};
use der_market::slot::Slot;
use fabric_msp::PrivateKey;
use tokio::task::JoinHandle;

use self::{
    chain::{Link, height, links},
    newcomer::Newcomer,
};

const DER: &str = env!("CARGO_BIN_EXE_der-under-test");
const NORTH: &str = "NorthMSP";
const FIRST: u64 = 3_000_000;
const NORTHS: u64 = 3_100_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fifth_organisation_joins_endorses_trades_and_leaves() -> Result<()> {
    let Some(fabric) = fabric_binaries("a fifth organisation joins") else {
        return Ok(());
    };
    let Some(world) = World::start_on(NetworkKind::Fabric(Consensus::Bft), DER)? else {
        return Ok(());
    };
    let north = Newcomer::new(&fabric, Path::new(DER), first_port(&world)?)?;
    let running = Running::start(&world).await?;
    join(&world, &north)?;
    let before = height(&north.peer()?).await?;
    trade(&world, &north, NORTHS).await?;
    let after = height(&north.peer()?).await?;
    let chain = links(&north.peer()?, after).await?;
    newcomer_endorsed(chain.get(usize::try_from(before)?..).context("blocks of the trade")?)?;
    all_peers_agree(&world, &chain).await?;

    leave(&world, &north)?;
    let settled = running.stop().await?;
    ensure!(settled > 1, "the market stood still: {settled} slots");
    north.step(&["stop"])?;
    let day = Neighbours::found(&world, 1, Slot::new(NORTHS + 1)?).await?;
    day.play(Slot::new(NORTHS + 1)?, Sale::KILOWATT_HOUR).await?;
    let first = world.peer("grid")?;
    all_peers_agree(&world, &links(&first, height(&first).await?).await?).await
}

/// Slot after slot in the background, until it is told to stop.
struct Running {
    end: Arc<AtomicBool>,
    slots: JoinHandle<Result<u64>>,
}

impl Running {
    async fn start(world: &World) -> Result<Self> {
        let day = Neighbours::found(world, 1, Slot::new(FIRST)?).await?;
        let end = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&end);
        let slots = tokio::spawn(async move {
            let mut settled = 0;
            while !told.load(Ordering::Relaxed) {
                day.play(Slot::new(FIRST + settled)?, Sale::KILOWATT_HOUR).await?;
                settled += 1;
            }
            Ok(settled)
        });
        Ok(Self { end, slots })
    }

    /// How many slots were settled.
    async fn stop(self) -> Result<u64> {
        self.end.store(true, Ordering::Relaxed);
        self.slots.await?
    }
}

/// A world holds a hundred ports and uses the first fifty.
fn first_port(world: &World) -> Result<u16> {
    let base: u16 = fs::read_to_string(world.layout().root().join("base-port"))?
        .trim()
        .parse()?;
    Ok(base + 50)
}

/// docs/joining.md, sections 1 to 4.
fn join(world: &World, north: &Newcomer) -> Result<()> {
    let invitation = world.layout().root().join("invitation");
    north.step(&["material", "--invitation", &invitation.to_string_lossy()])?;
    north.step(&["describe"])?;
    north.step(&["start-peer"])?;
    let description = north.root().join("new-org.json");
    let update = world.folder().join("add.update").to_string_lossy().into_owned();
    let add = ["org", "add", &description.to_string_lossy(), "--out", &update];
    north.der(&add, &member(world, "grid-admin"))?;
    sign_and_submit(world, north, &update)?;
    for step in ["join", "start-service", "install", "approve", "profiles"] {
        north.step(&[step])?;
    }
    let admit = ["market", "admit", NORTH, "--part", "microgrid"];
    north.der(&admit, &member(world, "grid-clock"))?;
    Ok(())
}

/// docs/joining.md, "Leaving".
fn leave(world: &World, north: &Newcomer) -> Result<()> {
    north.der(&["market", "dismiss", NORTH], &member(world, "grid-clock"))?;
    Ok(())
}

fn sign_and_submit(world: &World, north: &Newcomer, update: &str) -> Result<()> {
    for administrator in ["grid-admin", "regulator-admin", "energy-admin"] {
        north.der(&["org", "sign", update], &member(world, administrator))?;
    }
    north.der(&["org", "submit", update], &member(world, "grid-admin"))?;
    Ok(())
}

fn member(world: &World, profile: &str) -> PathBuf {
    world.layout().profiles().join(format!("{profile}.toml"))
}

/// The newcomer's users register, and one sells to the other from the opening of a slot to its settlement. The market's clock names
/// none of the two organisations that it could name instead of the newcomer.
async fn trade(world: &World, north: &Newcomer, slot: u64) -> Result<()> {
    let clock = world.client("grid", "clock")?;
    clock.learn_members().await?;
    let staff = Staff {
        grid: world.client("grid", "operator")?,
        meters: world.client("grid", "meters")?,
        clock: clock.without(["EnergyMSP".parse()?, "MicrogridMSP".parse()?]),
        regulator: world.client("regulator", "regulator")?,
    };
    let trader = async |user| {
        anyhow::Ok(Trader {
            client: north.client(user).await?,
            meter_key: PrivateKey::generate()?,
        })
    };
    let pair = (trader("prosumer2").await?, trader("consumer3").await?);
    let slot = Slot::new(slot)?;
    let day = MarketDay::found(staff, vec![pair], slot, Arc::new(|_| {})).await?;
    let report = day.play(slot, Sale::KILOWATT_HOUR).await?;
    assert_eq!(report.contracts, 1, "the newcomer's users did not trade");
    Ok(())
}

/// Its users' transactions bear its peer's endorsement, and so do the market's own acts: with grid company and regulator it makes up
/// the majority, three of five.
fn newcomer_endorsed(blocks: &[Link]) -> Result<()> {
    let transactions = || blocks.iter().flat_map(|link| &link.transactions);
    let own: Vec<_> = transactions().filter(|one| one.creator == NORTH).collect();
    ensure!(!own.is_empty(), "the newcomer's users sent nothing");
    ensure!(own.iter().all(|one| one.endorsers.contains(NORTH)), "{own:?}");
    let majority = ["GridMSP", NORTH, "RegulatorMSP"];
    let counted = transactions()
        .filter(|one| one.creator == "GridMSP" && one.endorsers.iter().eq(majority))
        .count();
    ensure!(counted >= 5, "the newcomer made up the majority of {counted} acts only");
    Ok(())
}

/// Every member's peer has the same blocks as `chain`.
async fn all_peers_agree(world: &World, chain: &[Link]) -> Result<()> {
    let end = u64::try_from(chain.len())?;
    for organisation in ORGANISATIONS {
        let other = links(&world.peer(organisation)?, end).await?;
        let same = chain
            .iter()
            .zip(&other)
            .all(|(a, b)| a.data == b.data && a.previous == b.previous);
        ensure!(same, "the peer of {organisation} tells another history");
    }
    Ok(())
}
