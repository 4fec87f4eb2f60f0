//! One round: a fault strikes the running market, is healed, and everything is checked.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use der_api::request::OpenSlot;
use der_client::MarketClient;
use der_e2e::{NetworkKind, Node, World};
use der_market::slot::Slot;
use tokio::{task::block_in_place, time::sleep};

use crate::{
    chain::Chain,
    fault::{Fault, GATEWAY},
    load::{Acknowledged, Load},
    random::Random,
    record::Round,
    revoke,
};

/// Slots that nobody plays: a transaction each, to see whether the network takes one.
const PROBES: u64 = 9_000_000;
/// Longest wait for the network to recover.
const LIMIT: Duration = Duration::from_secs(120);
/// The fault strikes at any moment of a slot.
const MOMENT_MS: u64 = 1_500;
const PAUSE: Duration = Duration::from_millis(50);

/// A network with a running market.
pub(crate) struct Stage {
    name: &'static str,
    // Ends before the network does.
    load: Load,
    chain: Chain,
    probe: MarketClient,
    probes: u64,
    der: PathBuf,
    /// Pairs whose sellers are not revoked.
    sellers: usize,
    world: World,
}

impl Stage {
    /// Starts the network and the market, and sees it settle a slot. None where Fabric's binaries are missing.
    pub(crate) async fn set(kind: NetworkKind, name: &'static str, der: &Path, pairs: usize) -> Result<Option<Self>> {
        let Some(world) = block_in_place(|| World::start_on(kind, der))? else {
            return Ok(None);
        };
        let mut load = Load::start(&world, pairs).await?;
        load.settles_beyond(0, LIMIT).await?;
        Ok(Some(Self {
            chain: Chain::new(&world)?,
            probe: world.client(GATEWAY, "clock")?,
            name,
            load,
            world,
            probes: PROBES,
            der: der.to_owned(),
            sellers: pairs,
        }))
    }

    /// Strikes once. What breaks is in the round; the stage is of no use after that.
    pub(crate) async fn play(&mut self, fault: Fault, seed: u64) -> Round {
        let mut round = Round {
            network: self.name.to_owned(),
            fault,
            targets: Vec::new(),
            seed,
            injected_at_ms: 0,
            back_ms: None,
            recovery_ms: None,
            settled_ms: None,
            acknowledged: 0,
            settled: 0,
            height: 0,
            broken: None,
        };
        if let Err(error) = self.strike(&mut round).await {
            round.broken = Some(format!("{error:#}"));
        }
        round
    }

    /// Revokes the last seller who is not revoked yet; one stays.
    async fn revoke(&mut self) -> Result<String> {
        ensure!(self.sellers > 1, "every seller but one is revoked; give more --pairs");
        self.sellers -= 1;
        let user = format!("seller{}", self.sellers);
        block_in_place(|| revoke::revoke(&self.world, &self.der, &user))?;
        self.chain.revoke(&user).await?;
        Ok(user)
    }

    async fn strike(&mut self, round: &mut Round) -> Result<()> {
        let mut random = Random::new(round.seed);
        let targets = block_in_place(|| round.fault.targets(&self.world, &mut random))?;
        round.targets = targets.iter().map(Node::to_string).collect();
        sleep(Duration::from_millis(random.below(MOMENT_MS))).await;
        round.injected_at_ms = millis(SystemTime::now().duration_since(UNIX_EPOCH)?);
        let revoked = match round.fault {
            Fault::Revoke => Some(self.revoke().await?),
            _ => None,
        };
        round.targets.extend(revoked.clone());
        // After a revocation, which takes its time while slots go on.
        let under_way = self.load.settled();
        let injected = Instant::now();
        block_in_place(|| round.fault.inject(&mut self.world, &targets))?;
        let first = first_commit(self.probe.clone(), self.probes, self.load.acknowledged.clone());
        let first = tokio::spawn(async move { first.await.map(|probes| (probes, injected.elapsed())) });
        sleep(round.fault.lasts()).await;
        block_in_place(|| round.fault.heal(&mut self.world, &targets))?;
        round.back_ms = Some(millis(injected.elapsed()));
        let first = tokio::time::timeout(LIMIT, first).await;
        let (probes, recovery) = first.with_context(|| format!("nothing was committed for {LIMIT:?}"))???;
        self.probes = probes;
        round.recovery_ms = Some(millis(recovery));
        self.load.settles_beyond(under_way, LIMIT).await?;
        round.settled_ms = Some(millis(injected.elapsed()));
        if let Some(user) = revoked {
            // The slot after the one under way is wholly without it.
            self.load.settles_beyond(under_way + 1, LIMIT).await?;
            ensure!(self.load.is_out(&user), "{user} is revoked and still trades");
        }
        let held = self.chain.check(self.load.acknowledged.take()).await?;
        (round.acknowledged, round.settled, round.height) = (held.acknowledged, held.settled, held.height);
        Ok(())
    }
}

/// Sends one transaction after the other until one is committed; gives the next unused slot.
async fn first_commit(clock: MarketClient, from: u64, acknowledged: Acknowledged) -> Result<u64> {
    for number in from.. {
        if let Ok(receipt) = clock
            .open_slot(&OpenSlot {
                slot: Slot::new(number)?.into(),
            })
            .await
        {
            if receipt.block.is_some() {
                acknowledged.add(receipt.transaction_id);
            }
            return Ok(number + 1);
        }
        sleep(PAUSE).await;
    }
    Ok(from)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
