//! Ordering nodes come and go under a market that trades: a newcomer's is added, removed, and put in a founder's place. Each is one update
//! that says what the nodes bear before and after, and none is made while a node that stays is down.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use der_client::day::Sale;
use der_e2e::{Consensus, Neighbours, NetworkKind, Node, World, eventually, fabric_binaries};
use der_market::slot::Slot;
use serde_json::{Value, json};

use super::{
    DER,
    chain::{all_peers_agree, height, links},
    members::{self, administrator, approve, profile},
    newcomer::{self, Newcomer},
};

const FIRST: u64 = 4_000_000;
const LIMIT: Duration = Duration::from_secs(90);
/// n, f and quorum.
const FOUR: [u64; 3] = [4, 1, 3];
const FIVE: [u64; 3] = [5, 1, 4];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consenter_is_added_removed_and_put_in_a_founders_place() -> Result<()> {
    let Some(mut stage) = Stage::set().await? else {
        return Ok(());
    };
    stage.founders_stay_without_a_replacement()?;
    stage.add().await?;
    stage.play().await?;
    stage.remove().await?;
    stage.play().await?;
    stage.replace_a_lost_founder().await?;
    stage.play().await?;
    // Three of the four that count now, the newcomer's among them.
    stage.world.kill(&Node::orderer("microgrid"))?;
    stage.play().await?;
    let peer = stage.world.peer("grid")?;
    all_peers_agree(&stage.world, &links(&peer, height(&peer).await?).await?).await
}

/// A market with a member whose ordering node does not run yet.
struct Stage {
    market: Neighbours,
    slot: u64,
    founder: String,
    newcomer: String,
    // Ends before the network does.
    north: Newcomer,
    world: World,
}

impl Stage {
    async fn set() -> Result<Option<Self>> {
        let Some(fabric) = fabric_binaries("consenters come and go") else {
            return Ok(None);
        };
        let Some(world) = World::start_on(NetworkKind::Fabric(Consensus::Bft), DER)? else {
            return Ok(None);
        };
        let north = Newcomer::new(&fabric, Path::new(DER), newcomer::first_port(&world)?)?;
        let market = Neighbours::found(&world, 1, Slot::new(FIRST)?).await?;
        members::add(&world, &north)?;
        let description: Value = serde_json::from_slice(&std::fs::read(north.description())?)?;
        let newcomer = description["orderer"]["endpoint"]
            .as_str()
            .context("an ordering node")?;
        let mut stage = Self {
            market,
            slot: FIRST,
            founder: String::new(),
            newcomer: newcomer.to_owned(),
            north,
            world,
        };
        stage.founder = stage.address("EnergyMSP")?;
        stage.play().await?;
        Ok(Some(stage))
    }

    /// Where the channel says that an organisation's ordering node is.
    fn address(&self, msp_id: &str) -> Result<String> {
        let shown = self.north.der(&["org", "show"], &administrator(&self.world, "grid"))?;
        let shown: Value = serde_json::from_str(&shown)?;
        let nodes = shown["consensus"]["consenters"].as_array().context("consenters")?;
        let own = nodes.iter().find(|node| node["msp_id"] == msp_id);
        let address = own.and_then(|node| node["address"].as_str());
        Ok(address
            .with_context(|| format!("{msp_id} has no consenter"))?
            .to_owned())
    }

    /// A slot from its opening to its settlement.
    async fn play(&mut self) -> Result<()> {
        self.slot += 1;
        let report = self.market.play(Slot::new(self.slot)?, Sale::KILOWATT_HOUR).await?;
        ensure!(report.contracts == 1, "slot {} made no contract", self.slot);
        Ok(())
    }

    /// A change whose update goes into a file of the slot and of this name.
    fn arguments(&self, change: &[&str], name: &str) -> Vec<String> {
        let out = self.update(name);
        let whole = [&["org"], change, &["--out", &out]].concat();
        whole.into_iter().map(str::to_owned).collect()
    }

    fn update(&self, name: &str) -> String {
        let file = self.world.folder().join(format!("{}-{name}.update", self.slot));
        file.to_string_lossy().into_owned()
    }

    fn refused(&self, change: &[&str], why: &str) -> Result<()> {
        let arguments = self.arguments(change, "refused");
        let said = self.north.refused(&arguments, &administrator(&self.world, "grid"))?;
        ensure!(said.contains(why), "{change:?} was refused for another reason: {said}");
        Ok(())
    }

    /// Computes a change as soon as every node that stays is found well, has it approved, and checks what it says that the nodes bear.
    async fn change(&self, change: &[&str], before: [u64; 3], after: [u64; 3]) -> Result<()> {
        let (arguments, grid) = (self.arguments(change, "approved"), administrator(&self.world, "grid"));
        let what = format!("{change:?}");
        let said = eventually(LIMIT, &what, || async { self.north.der(&arguments, &grid).ok() }).await?;
        let said: Value = serde_json::from_str(&said)?;
        let bearing = |[n, f, quorum]: [u64; 3]| json!({ "n": n, "f": f, "quorum": quorum });
        ensure!(said["consensus"]["before"] == bearing(before), "before: {said}");
        ensure!(said["consensus"]["after"] == bearing(after), "after: {said}");
        approve(&self.world, &self.north, &self.update("approved"))
    }

    async fn newcomer_orders(&self) -> Result<()> {
        let active = || async {
            let status = self.north.step(&["status"]).ok()?;
            status.contains("orderer: consenter active").then_some(())
        };
        eventually(LIMIT, "the newcomer's node to order", active).await
    }

    fn founders_stay_without_a_replacement(&self) -> Result<()> {
        let clock = profile(&self.world, "grid-clock").to_string_lossy().into_owned();
        self.refused(&["remove", "EnergyMSP", "--market", &clock], "owns the ordering node")?;
        self.refused(&["consenter", "remove", &self.founder], "f = 0")?;
        let replace = ["consenter", "replace", &self.founder, &self.north.description()];
        self.refused(&replace, &self.newcomer)
    }

    async fn add(&mut self) -> Result<()> {
        self.north.step(&["start-orderer"])?;
        let (description, down) = (self.north.description(), Node::orderer("microgrid"));
        let address = self.address("MicrogridMSP")?;
        self.world.kill(&down)?;
        self.refused(&["consenter", "add", &description], &address)?;
        self.world.restart(&down)?;
        self.change(&["consenter", "add", &description], FOUR, FIVE).await?;
        self.newcomer_orders().await
    }

    async fn remove(&self) -> Result<()> {
        self.change(&["consenter", "remove", &self.newcomer], FIVE, FOUR).await
    }

    /// The node that was removed stands still until it is started again; then it takes the place of one that is lost.
    async fn replace_a_lost_founder(&mut self) -> Result<()> {
        let description = self.north.description();
        let replace = ["consenter", "replace", &self.founder, &description];
        self.world.kill(&Node::orderer("energy"))?;
        self.refused(&replace, "start it again")?;
        self.north.step(&["stop", "--keep"])?;
        self.north.step(&["start-orderer"])?;
        self.change(&replace, FOUR, FOUR).await?;
        self.newcomer_orders().await?;
        let clock = profile(&self.world, "grid-clock").to_string_lossy().into_owned();
        self.refused(&["remove", "EnergyMSP", "--market", &clock], "are guarded by EnergyMSP")
    }
}
