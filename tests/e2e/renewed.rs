//! Every certificate that can be renewed is renewed while the market trades: no participant and no block is lost.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use der_cli::connection;
use der_client::MarketClient;
use der_e2e::{Committed, Neighbours, NetworkKind, Node, ORGANISATIONS, Pair, Sale, World, eventually, read_blocks};
use der_market::slot::Slot;
use fabric_cryptogen::Renewal;
use tokio::task::JoinHandle;

const DER: &str = env!("CARGO_BIN_EXE_der-under-test");
const SALE: Sale = Sale::KILOWATT_HOUR;
const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_market_trades_on_while_every_certificate_is_renewed() -> Result<()> {
    let Some(mut world) = World::start(DER)? else {
        return Ok(());
    };
    let market = Neighbours::found(&world, 1, Slot::new(1)?).await?;
    market.play(Slot::new(1)?, SALE).await?;
    let before = read_blocks(&world.peer("grid")?).await?;
    let seller = market.pairs.first().context("a pair")?.seller.participant().clone();

    let enough = Arc::new(AtomicBool::new(false));
    let trading = trade(market, Arc::clone(&enough));
    renew_all(&world)?;
    for node in world.nodes() {
        if !matches!(node, Node::Service(_)) {
            if let (Node::Peer(of), NetworkKind::Fabric(_)) = (&node, world.kind()) {
                refill_service_folder(&world, of)?;
            }
            world.restart(&node)?;
            alike(&world)
                .await
                .with_context(|| format!("after the renewal of {node}"))?;
        }
    }
    enough.store(true, Ordering::Relaxed);
    let (market, settled) = tokio::time::timeout(LIMIT, trading)
        .await
        .context("trading does not end")??;
    ensure!(!settled.is_empty(), "nothing was settled meanwhile");

    let renewed = renewed_seller(&world)?;
    ensure!(
        *renewed.participant() == seller,
        "{seller} became {}",
        renewed.participant()
    );
    let slot = Slot::new(1_000_000)?;
    market.open(slot).await?;
    renewed.post_offer(&Pair::offer_of(slot, SALE)?).await?;
    let after = alike(&world).await?;
    ensure!(after.starts_with(&before), "the first blocks are others now");
    Ok(())
}

/// Plays slot after slot until it is enough; a slot that a restart interrupts is left, and the next one is opened.
fn trade(market: Neighbours, enough: Arc<AtomicBool>) -> JoinHandle<(Neighbours, Vec<Slot>)> {
    tokio::spawn(async move {
        let mut settled = Vec::new();
        for number in 2..100_000 {
            let Ok(slot) = Slot::new(number) else { break };
            if market.play(slot, SALE).await.is_ok() {
                settled.push(slot);
            }
            // At least one whole slot after the last renewal.
            if enough.load(Ordering::Relaxed) && settled.last() == Some(&slot) {
                break;
            }
        }
        (market, settled)
    })
}

/// Every holder of a certificate: users, peers, ordering nodes, chaincode services.
fn renew_all(world: &World) -> Result<()> {
    let root = world.layout().crypto().root().to_owned();
    let how = Renewal {
        days: 700,
        ..Renewal::default()
    };
    for organisation in entries(&root.join("peerOrganizations"))? {
        for kind in ["peers", "orderers", "chaincode", "users"] {
            for holder in entries(&organisation.join(kind))? {
                fabric_cryptogen::renew(&root, &holder, how)?;
            }
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// What docs/operations.md says of a peer's pair: into the folder of its chaincode service, then `release` again.
fn refill_service_folder(world: &World, of: &str) -> Result<()> {
    let root = world.layout().root();
    let folder = root.join("services").join(of).join("peer");
    let domain = format!("{of}.der.example");
    let peer = world.layout().crypto().peer(&domain, "peer0");
    fs::copy(peer.join("tls/server.crt"), folder.join("client.crt"))?;
    let release = Path::new(env!("CARGO_MANIFEST_DIR")).join("../network/fabric/builder/bin/release");
    for build in entries(&root.join("peers").join(of).join("data/externalbuilder/builds"))? {
        let mut command = Command::new(&release);
        command.arg(build.join("bld")).arg(build.join("release"));
        ensure!(
            command.env("DER_CHAINCODE_SERVICE", &folder).status()?.success(),
            "{}",
            release.display()
        );
    }
    Ok(())
}

/// Waits until every peer serves one chain, and gives it.
async fn alike(world: &World) -> Result<Vec<Committed>> {
    let mut chain = Vec::new();
    for of in ORGANISATIONS {
        let peer = world.peer(of)?;
        let least = chain.len();
        let what = format!("the chain at the peer of {of}");
        let own = eventually(LIMIT, &what, || async {
            read_blocks(&peer).await.ok().filter(|own| own.len() >= least)
        });
        let own = own.await?;
        ensure!(own.starts_with(&chain), "the peer of {of} has another history");
        chain = own;
    }
    Ok(chain)
}

/// The seller with the certificate that lies in its folder now.
fn renewed_seller(world: &World) -> Result<MarketClient> {
    let mut profile = world.profile("energy", "plant1")?;
    profile.identity = world
        .layout()
        .crypto()
        .user("energy.der.example", "seller0")
        .join("msp");
    connection::connect(&profile).map_err(|failure| anyhow::anyhow!("{failure:?}"))
}
