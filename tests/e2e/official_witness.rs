//! Hyperledger's own Node client and Go shim as witnesses of the devnet, at the versions that their lock files state;
//! and Fabric's `peer` command, where it is present, as a witness of the devnet and of the market on Fabric itself.

#[path = "../witness/go_network.rs"]
mod go_network;
#[path = "../witness/peer_command.rs"]
mod peer_command;
#[path = "../witness/program.rs"]
mod program;

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use der_cli::profile::Profile;
use der_e2e::{FabricNetwork, FabricSettings, NetworkKind, World, fabric_binaries};
use fabric_gateway::{Contract, TxValidationCode};
use serde_json::{Value, json};
use tokio::{process::Command, time::timeout};

use self::{
    go_network::{ENERGY, GRID, GoNetwork, SERVICE},
    peer_command::PeerCommand,
    program::{copy_of, on_path, run},
};

/// Fetching and building; the first run on a machine downloads.
const BUILD_LIMIT: Duration = Duration::from_secs(300);
const RUN_LIMIT: Duration = Duration::from_secs(120);

/// The gRPC code of a chaincode's refusal.
const UNKNOWN: i32 = 2;

const FOUND: &str = "Market:Bootstrap";
const QUERY: &str = "Query:Market";
const BOOTSTRAP: &str = include_str!("../../chaincode/api/golden/request/Bootstrap.json");
const BOOTSTRAPPED: &str = include_str!("../../chaincode/api/golden/event/MarketBootstrapped.json");
const MARKET: &str = include_str!("../../chaincode/api/golden/reply/MarketView.json");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_node_client_founds_the_market_and_sees_its_event_and_blocks() -> Result<()> {
    if !on_path(&["node", "npm"]) {
        return Ok(());
    }
    let folder = copy_of("node")?;
    let mut install = Command::new("npm");
    install.args(["ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]);
    run("npm ci", install.current_dir(&folder), BUILD_LIMIT).await?;
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let question = question(&world.profile("grid", "clock")?)?;
    let mut witness = Command::new("node");
    witness.arg("witness.js").arg(question.to_string()).current_dir(&folder);
    let said = run("node witness.js", &mut witness, RUN_LIMIT).await?;
    let lines = said
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("not a check: {line}")));
    let seen: Vec<Value> = lines.collect::<Result<_>>()?;
    check_what_node_saw(&seen, world.kind())
}

fn question(profile: &Profile) -> Result<Value> {
    let endpoint = profile.endpoints.first().context("an endpoint")?;
    Ok(json!({
        "channel": profile.channel,
        "chaincode": profile.chaincode,
        "mspId": profile.msp_id,
        "msp": profile.identity,
        "endpoint": endpoint.address,
        "serverName": endpoint.server_name,
        "tlsRoots": endpoint.tls_roots,
        "bootstrap": serde_json::from_str::<Value>(BOOTSTRAP)?,
    }))
}

fn check_what_node_saw(seen: &[Value], kind: NetworkKind) -> Result<()> {
    let [refused, submit, query, event, blocks @ ..] = seen else {
        bail!("too few checks: {seen:?}");
    };
    let names: Vec<_> = seen.iter().map(|line| line["check"].as_str().unwrap_or("")).collect();
    let expected = ["refused_query", "submit", "query", "event", "block", "block", "block"];
    assert_eq!(names, expected);

    assert_eq!(refused["code"], UNKNOWN, "{refused}");
    let details = refused["details"].as_array().context("the refusal has no details")?;
    let [detail] = details.as_slice() else {
        bail!("one peer was asked: {refused}");
    };
    assert_eq!(detail["mspId"], GRID);
    let words = detail["message"].as_str().unwrap_or_default();
    assert!(words.contains("DER-3001: market not bootstrapped"), "{refused}");

    assert_eq!(submit["successful"], json!(true), "{submit}");
    let block = submit["block"].as_u64().context("the commit names no block")?;
    // On Fabric the definition takes a block for each approval.
    assert!(
        if kind == NetworkKind::Devnet {
            block == 2
        } else {
            block > 2
        },
        "{submit}"
    );
    assert_eq!(inner(query, "reply")?, serde_json::from_str::<Value>(MARKET)?);
    assert_eq!(
        (&event["name"], &event["chaincode"]),
        (&json!("MarketBootstrapped"), &json!("market"))
    );
    assert_eq!(
        (&event["transactionId"], &event["block"]),
        (&submit["transactionId"], &submit["block"])
    );
    assert_eq!(inner(event, "payload")?, serde_json::from_str::<Value>(BOOTSTRAPPED)?);
    let numbers: Vec<_> = blocks.iter().map(|block| &block["number"]).collect();
    assert_eq!(
        numbers,
        [0, 1, 2],
        "on the devnet: genesis, the chaincode's definition, the market's founding"
    );
    assert!(
        blocks.iter().all(|block| block["envelopes"].as_u64() >= Some(1)),
        "{blocks:?}"
    );
    Ok(())
}

/// JSON that a witness saw as text.
fn inner(line: &Value, name: &str) -> Result<Value> {
    let text = line[name].as_str().with_context(|| format!("no {name} in {line}"))?;
    serde_json::from_str(text).with_context(|| format!("{name} is not JSON: {text}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chaincode_on_the_official_go_shim_runs_on_the_devnet() -> Result<()> {
    if !on_path(&["go"]) {
        return Ok(());
    }
    let folder = copy_of("go")?;
    let mut build = Command::new("go");
    build
        .args(["build", "-buildvcs=false", "-o", "witness", "."])
        .env("GOTOOLCHAIN", "local");
    run("go build", build.current_dir(&folder), BUILD_LIMIT).await?;
    let network = GoNetwork::start(&folder.path().join("witness")).await?;
    let [grid, energy] = [network.contract(GRID)?, network.contract(ENERGY)?];

    what_one_puts_another_gets(&grid, &energy).await?;
    a_range_longer_than_a_message_is_counted(&grid, &energy).await?;
    its_event_arrives(&network, &grid).await?;
    of_two_appends_endorsed_together_the_second_conflicts(&grid, &energy).await?;
    its_refusal_is_told_in_its_words(&grid).await?;
    network.devnet.shutdown().await;
    Ok(())
}

async fn what_one_puts_another_gets(one: &Contract, another: &Contract) -> Result<()> {
    one.submit("put", ["k", "v"]).await?;
    assert_eq!(another.evaluate("get", ["k"]).await?, "v");
    assert_eq!(another.evaluate("get", ["absent"]).await?, "");
    Ok(())
}

/// A peer sends 100 rows in one message. The count is submitted, so that both services' range reads must agree.
async fn a_range_longer_than_a_message_is_counted(one: &Contract, another: &Contract) -> Result<()> {
    one.submit("fill", ["250"]).await?;
    assert_eq!(another.submit("count", ["row", "s"]).await?.result, "250");
    assert_eq!(another.evaluate("count", ["row00100", "row00200"]).await?, "100");
    Ok(())
}

async fn its_event_arrives(network: &GoNetwork, contract: &Contract) -> Result<()> {
    let channel = network.gateway(ENERGY)?.network("energy");
    let mut events = channel.chaincode_events(SERVICE).start_block(0).open().await?;
    let committed = contract.submit("event", ["Witnessed", "by Go"]).await?;
    let event = timeout(RUN_LIMIT, events.next()).await.context("no event arrived")??;
    assert_eq!(
        (event.name.as_str(), event.payload.as_ref()),
        ("Witnessed", b"by Go".as_slice())
    );
    assert_eq!(event.transaction_id, committed.status.transaction_id);
    assert_eq!(event.block_number, committed.status.block_number);
    Ok(())
}

async fn of_two_appends_endorsed_together_the_second_conflicts(one: &Contract, another: &Contract) -> Result<()> {
    let append = |contract: &Contract, text: &str| contract.proposal("append").args(["log", text]).build();
    let first = append(one, "1")?.endorse().await?;
    let second = append(another, "2")?.endorse().await?;
    first.submit().await?.status().await?.into_valid()?;
    let late = second.submit().await?.status().await?;
    assert_eq!(late.validation_code(), Some(TxValidationCode::MvccReadConflict));
    assert_eq!(another.evaluate("get", ["log"]).await?, "1");
    Ok(())
}

async fn its_refusal_is_told_in_its_words(contract: &Contract) -> Result<()> {
    let error = contract
        .evaluate("vanish", ["k"])
        .await
        .err()
        .context("it has such a function")?;
    let answer = error.chaincode_response().context("not an answer of the chaincode")?;
    assert_eq!(
        (answer.status, answer.message.as_str()),
        (500, "WITNESS: no function \"vanish\"")
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_peer_command_founds_and_queries_the_market_on_the_devnet() -> Result<()> {
    let Some(binaries) = fabric_binaries("peer command on the devnet") else {
        return Ok(());
    };
    let world = World::start_on(NetworkKind::Devnet, env!("CARGO_BIN_EXE_der-under-test"))?;
    let world = world.context("no devnet")?;
    let profile = world.profile("grid", "clock")?;
    let own = profile.endpoints.first().context("an endpoint")?;
    let orderer = (own.address.clone(), own.tls_roots.clone());
    what_the_peer_command_sees(&PeerCommand::new(binaries, profile, orderer)?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_peer_command_founds_and_queries_the_market_on_fabric() -> Result<()> {
    let raft = FabricSettings {
        raft: true,
        ..FabricSettings::default()
    };
    the_peer_command_on_fabric("peer command on Fabric", raft).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_and_administrators_of_fabrics_own_cryptogen_work_too() -> Result<()> {
    let cryptogen = FabricSettings {
        variables: vec![("DER_CRYPTOGEN", "fabric".to_owned())],
        ..FabricSettings::default()
    };
    the_peer_command_on_fabric("material of Fabric's own cryptogen", cryptogen).await
}

async fn the_peer_command_on_fabric(what: &str, settings: FabricSettings) -> Result<()> {
    let Some(binaries) = fabric_binaries(what) else {
        return Ok(());
    };
    let der = Path::new(env!("CARGO_BIN_EXE_der-under-test"));
    let fabric = FabricNetwork::start(binaries.clone(), der, settings)?;
    let profile = fabric.profile("grid", "clock")?;
    let roots = fabric.crypto().orderer("grid.der.example", "orderer0");
    let orderer = (fabric.orderer(), roots.join("tls").join("ca.crt"));
    what_the_peer_command_sees(&PeerCommand::new(binaries, profile, orderer)?).await
}

async fn what_the_peer_command_sees(peer: &PeerCommand) -> Result<()> {
    let refusal = peer.query(QUERY, "{}").await.err().context("there is no market yet")?;
    assert!(
        refusal.to_string().contains("DER-3001: market not bootstrapped"),
        "{refusal}"
    );
    let bootstrap = serde_json::from_str(BOOTSTRAP)?;
    let alone = peer
        .invoke(FOUND, &bootstrap, 1)
        .await
        .err()
        .context("one organisation sufficed")?;
    assert!(alone.to_string().contains("ENDORSEMENT_POLICY_FAILURE"), "{alone}");
    peer.invoke(FOUND, &bootstrap, 3).await?;
    let market: Value = serde_json::from_str(&peer.query(QUERY, "{}").await?)?;
    assert_eq!(market, serde_json::from_str::<Value>(MARKET)?);
    Ok(())
}
