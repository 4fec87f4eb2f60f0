//! A fifth organisation joins while the market runs: its peer endorses, its users trade; then market and channel let it go, and the
//! others go on. The commands are those of docs/joining.md. On Fabric itself only: on the devnet all organisations have one peer process.

mod chain;
mod consenters;
mod members;
mod newcomer;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context, Result, ensure};
use der_client::day::{MarketDay, Sale, Staff, Trader};
use der_e2e::{Consensus, Neighbours, NetworkKind, World, fabric_binaries};
use der_market::slot::Slot;
use fabric_msp::PrivateKey;
use tokio::task::JoinHandle;

use self::{
    chain::{Link, all_peers_agree, height, links},
    members::{administrator, approve},
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
    let north = Newcomer::new(&fabric, Path::new(DER), newcomer::first_port(&world)?)?;
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

/// docs/joining.md, sections 1 to 4.
fn join(world: &World, north: &Newcomer) -> Result<()> {
    members::add(world, north)?;
    for step in ["start-peer", "join", "start-service", "install", "approve", "profiles"] {
        north.step(&[step])?;
    }
    let admit = ["market", "admit", NORTH, "--part", "microgrid"];
    north.der(&admit, &members::profile(world, "grid-clock"))?;
    Ok(())
}

/// docs/joining.md, "Leaving": the channel keeps it while a guard names it.
fn leave(world: &World, north: &Newcomer) -> Result<()> {
    let clock = members::profile(world, "grid-clock");
    let update = world.folder().join("leave.update");
    let [clock, update] = [clock, update].map(|path| path.to_string_lossy().into_owned());
    let go = |verb| ["org", verb, NORTH, "--market", &clock, "--out", &update].map(str::to_owned);
    let refused = north.refused(&go("remove"), &administrator(world, "grid"))?;
    ensure!(refused.contains("are guarded by NorthMSP"), "{refused}");
    north.der(&go("leave"), &administrator(world, "grid"))?;
    approve(world, north, &update)?;
    let shown = north.der(&["org", "show"], &administrator(world, "grid"))?;
    ensure!(!shown.contains(NORTH), "{NORTH} is in the channel still: {shown}");
    Ok(())
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
