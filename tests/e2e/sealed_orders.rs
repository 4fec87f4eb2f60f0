//! Sealed orders over the wire: until the gate has closed nothing of them can be read, in no block, no event, no row and no log.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use der_api::request::{CloseGate, EndReveal, NewOrder, SealBook};
use der_api::seal;
use der_client::{
    MarketClient,
    day::Sale,
    sealed::{Kept, SaltFile},
};
use der_e2e::{Neighbours, World, eventually};
use der_market::{
    participant::Side,
    slot::Slot,
    units::{Energy, Price},
};
use prost::Message;

const LIMIT: Duration = Duration::from_secs(60);
/// A demand in values that nothing else here has: Wh, µyuan/kWh.
const BID: (u64, i64) = (123_456_789, 587_653);
/// A sale in such values.
const OFFER: (u64, i64) = (24_683, 531_977);

fn order(id: &str, side: Side, slot: Slot, (wh, price): (u64, i64)) -> Result<NewOrder> {
    Ok(NewOrder {
        participant: None,
        order: id.parse()?,
        side,
        slot: slot.into(),
        energy_wh: Energy::new(wh)?,
        min_wh: Energy::ZERO,
        price: Price::new(price)?,
        filters: None,
    })
}

/// What would give an order away: quantity and price in decimal and in binary, the salt, the bytes that were hashed.
fn secrets(kept: &Kept) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let (wh, price) = (kept.order.energy_wh.get(), kept.order.price.get());
    let salt = kept.salt.as_slice();
    Ok(vec![
        ("quantity", wh.to_string().into_bytes()),
        ("quantity, big-endian", wh.to_be_bytes().to_vec()),
        ("quantity, little-endian", wh.to_le_bytes().to_vec()),
        ("price", price.to_string().into_bytes()),
        ("price, big-endian", price.to_be_bytes().to_vec()),
        ("price, little-endian", price.to_le_bytes().to_vec()),
        ("salt", salt.to_vec()),
        ("salt in hex", hex::encode(salt).into_bytes()),
        (
            "hashed bytes",
            seal::canonical_bytes(&kept.market, &kept.participant, &kept.order, &kept.salt)?,
        ),
    ])
}

/// Everything that a member could look at: each block as it is on the wire, with its reads, writes, events and arguments; the files of
/// ledgers and state; the logs of the network and of the chaincode services.
async fn everything(world: &World) -> Result<Vec<(String, Vec<u8>)>> {
    let channel = world.channel("regulator", "regulator")?;
    let height = der_e2e::ChainReader::new(channel.clone()).height().await?;
    let mut seen = Vec::new();
    let mut blocks = channel.block_events().start_block(0).open().await?;
    for number in 0..height {
        seen.push((format!("block {number}"), blocks.next().await?.encode_to_vec()));
    }
    for folder in [world.layout().data(), world.layout().logs()] {
        if folder.exists() {
            read_all(&folder, &mut seen)?;
        }
    }
    Ok(seen)
}

fn read_all(folder: &Path, seen: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path, seen)?;
        } else {
            seen.push((path.display().to_string(), fs::read(&path)?));
        }
    }
    Ok(())
}

/// Digits count where they are a number of their own: within a hash's hex they come by chance.
fn contains(bytes: &[u8], secret: &[u8]) -> bool {
    let hex = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_hexdigit);
    let number = secret.iter().all(u8::is_ascii_digit);
    bytes
        .windows(secret.len())
        .enumerate()
        .any(|(at, window)| window == secret && !(number && (hex(at.checked_sub(1)) || hex(Some(at + secret.len())))))
}

/// Quantity, price and salt of an order are found.
fn revealed(kept: &Kept, everything: &[(String, Vec<u8>)]) -> bool {
    let shown = ["quantity", "price", "salt in hex"];
    let found = |secret: &[u8]| everything.iter().any(|(_, bytes)| contains(bytes, secret));
    secrets(kept).is_ok_and(|secrets| {
        let mut expected = secrets.iter().filter(|(what, _)| shown.contains(what));
        expected.all(|(_, secret)| found(secret))
    })
}

/// Seals an order with salts of its own, and gives it with its salt.
async fn sealed(client: &MarketClient, salts: &mut SaltFile, order: NewOrder) -> Result<Kept> {
    let receipts = client.seal(salts, std::slice::from_ref(&order), false).await?;
    ensure!(
        receipts.iter().map(|one| one.reply.accepted).sum::<u32>() == 1,
        "one new seal"
    );
    let again = client.seal(salts, std::slice::from_ref(&order), false).await?;
    ensure!(
        again.iter().all(|one| one.reply.accepted == 0),
        "sealed again, it is known"
    );
    Ok(salts.newest(client.participant(), &order).context("a salt")?.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_readable_before_the_gate() -> Result<()> {
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let slot = Slot::new(1_000_000)?;
    let day = Neighbours::found_sealed(&world, 1, slot).await?;
    day.open(slot).await?;
    let pair = day.pairs.first().context("a pair")?;
    let file = world.folder().join("own-salts.jsonl");
    let mut salts = SaltFile::open(&file)?;
    let bid = sealed(&pair.buyer, &mut salts, order("b", Side::Buyer, slot, BID)?).await?;
    let offer = sealed(&pair.seller, &mut salts, order("s", Side::Seller, slot, OFFER)?).await?;
    let early = pair.buyer.reveal(&mut salts, &[]).await?;
    ensure!(
        early.waiting == [slot.into()] && early.revealed == 0,
        "the gate is open: {early:?}"
    );

    let before = everything(&world).await?;
    ensure!(before.len() > 10, "only {} places were looked at", before.len());
    for kept in [&bid, &offer] {
        for (what, secret) in secrets(kept)? {
            for (place, bytes) in &before {
                ensure!(
                    !contains(bytes, &secret),
                    "{place} holds the {what} of order {}",
                    kept.order.order
                );
            }
        }
        let seal = kept.seal.to_string().into_bytes();
        ensure!(
            before.iter().any(|(_, bytes)| contains(bytes, &seal)),
            "the scan sees seals"
        );
    }

    day.clock.close_gate(&CloseGate { slot: slot.into() }).await?;
    // What a crash leaves is the file: it is read anew. Each owner reveals its own; the other's it may not.
    drop(salts);
    let mut salts = SaltFile::open(&file)?;
    for client in [&pair.buyer, &pair.seller] {
        client.reveal(&mut salts, &[]).await?;
    }
    // The regulator's peer may be behind.
    eventually(LIMIT, "the search to find what was revealed", || async {
        let after = everything(&world).await.ok()?;
        [&bid, &offer]
            .into_iter()
            .all(|kept| revealed(kept, &after))
            .then_some(())
    })
    .await?;
    day.clock.end_reveal(&EndReveal { slot: slot.into() }).await?;
    let sealed = day.clock.seal_book(&SealBook { slot: slot.into() }).await?;
    ensure!(
        sealed.reply.seal.is_some_and(|seal| seal.orders == 2),
        "both are in the book"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_market_runs_from_slot_to_slot() -> Result<()> {
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let first = Slot::new(1_000_000)?;
    let day = Neighbours::found_sealed(&world, 2, first).await?;
    for number in 0..2 {
        let report = day.play(Slot::new(first.get() + number)?, Sale::KILOWATT_HOUR).await?;
        ensure!(report.contracts == 2, "{report:?}");
        ensure!(report.direct_wh.get() == 2_000, "{report:?}");
    }
    Ok(())
}
