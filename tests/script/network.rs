//! What `scripts/test-network.sh` refuses: one sentence that says what to do, and nothing left behind. Fabric's programs are only
//! looked for there, so that empty ones in their names suffice. What it completes after a kill is shown with the real ones.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use der_e2e::{eventually, fabric_binaries};

use super::place::Script;

/// Expired in 2021.
const EXPIRED: &str = "\
-----BEGIN CERTIFICATE-----
MIIBLzCB1aADAgECAgEHMAoGCCqGSM49BAMCMCExHzAdBgNVBAMMFnBlZXIwLmdy
aWQuZGVyLmV4YW1wbGUwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAh
MR8wHQYDVQQDDBZwZWVyMC5ncmlkLmRlci5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAE2TDn/33XJSr87JNRHNXnB3TU3pWGvcMkhKHVjpOe9GTnPDV+
rokW2Wa+S1d1p3h6boan6G1pa94dQ0wUL3GwiDAKBggqhkjOPQQDAgNJADBGAiEA
tGK7gVvMdelA7iHbz5K+nqM++RK0K5pdMy/3RF4lCcACIQCKSCCeSq6Np0D/1d1E
ToilC9VbZ4EUgNzpKz2faFVcSg==
-----END CERTIFICATE-----
";

#[test]
fn a_missing_binary_is_named_with_its_version_and_source() -> Result<()> {
    let script = Script::with_fake_fabric("3.1.5")?;
    fs::remove_file(script.fabric().join("osnadmin"))?;
    let sentence = script.refused(&["up"])?;
    assert!(sentence.contains("Fabric's osnadmin was not found"), "{sentence}");
    assert!(
        sentence.contains("3.1.5") && sentence.contains("release page"),
        "{sentence}"
    );
    script.nothing_was_made()
}

#[test]
fn another_version_is_refused() -> Result<()> {
    let script = Script::with_fake_fabric("2.5.13")?;
    let sentence = script.refused(&["up"])?;
    assert!(
        sentence.contains("is version 2.5.13, these scripts need 3.1.5"),
        "{sentence}"
    );
    script.nothing_was_made()
}

#[test]
fn a_missing_build_names_the_command_that_makes_it() -> Result<()> {
    let script = Script::with_fake_fabric("3.1.5")?;
    fs::remove_file(script.der().join("der-chaincode"))?;
    let sentence = script.refused(&["up"])?;
    assert!(sentence.contains("cargo build --release"), "{sentence}");
    script.nothing_was_made()
}

#[test]
fn a_taken_port_is_named_with_its_holder() -> Result<()> {
    let mut script = Script::with_fake_fabric("3.1.5")?;
    let holder = TcpListener::bind(("127.0.0.1", 0))?;
    let port = holder.local_addr()?.port();
    // The first port that is looked at: the first organisation's orderer.
    script.set("DER_BASE_PORT", &(port - 14).to_string());
    let sentence = script.refused(&["up"])?;
    assert!(
        sentence.contains(&format!("port {port}, which orderer-grid needs, is taken by ")),
        "{sentence}"
    );
    assert!(
        sentence.contains(&format!("(process {})", std::process::id())),
        "{sentence}"
    );
    script.nothing_was_made()
}

#[test]
fn a_port_that_is_none_is_refused() -> Result<()> {
    let mut script = Script::with_fake_fabric("3.1.5")?;
    for wrong in ["0", "70000", "http"] {
        script.set("DER_BASE_PORT", wrong);
        let sentence = script.refused(&["up"])?;
        assert!(sentence.contains("give a number from 1024 to 65000"), "{sentence}");
    }
    script.nothing_was_made()
}

#[test]
fn a_foreign_folder_is_neither_written_nor_deleted() -> Result<()> {
    let script = Script::with_fake_fabric("3.1.5")?;
    let letter = script.network().join("letter");
    fs::create_dir(script.network())?;
    fs::write(&letter, "mine")?;
    for command in [&["up"][..], &["down"], &["down", "--keep"]] {
        let sentence = script.refused(command)?;
        assert!(sentence.contains("did not make"), "{sentence}");
        assert!(sentence.contains("DER_NETWORK_FOLDER"), "{sentence}");
    }
    let files: Vec<_> = fs::read_dir(script.network())?.collect::<Result<_, _>>()?;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(fs::read_to_string(letter)?, "mine");
    Ok(())
}

#[test]
fn a_description_under_which_one_organisation_could_settle_is_refused() -> Result<()> {
    let mut script = Script::with_fake_fabric("3.1.5")?;
    let committed = committed_description()?;
    for (description, words) in [
        (
            committed.replace("endorsement = \"MAJORITY\"", "endorsement = \"ANY\""),
            "unbalanced policy: ANY of 4 organisation(s) with a peer lets one endorse alone",
        ),
        (
            only_first_peer(&committed),
            "unbalanced policy: MAJORITY of 1 organisation(s)",
        ),
        (
            committed.replacen("orderers = [\"orderer0\"]\n", "", 1),
            "bft needs 4 organisations with an orderer",
        ),
        (
            committed.replacen("hosts = [\"localhost\", \"127.0.0.1\"]", "", 1),
            "would not bear 127.0.0.1",
        ),
        (committed.replace("[channel]", "[canal]"), "unknown field `canal`"),
    ] {
        assert_ne!(description, committed, "nothing was spoilt: {words}");
        let file = script.folder().join("spoilt.toml");
        fs::write(&file, description)?;
        script.set("DER_ORGANISATIONS", &file.to_string_lossy());
        let sentence = script.refused(&["up"])?;
        assert!(sentence.contains(words), "{sentence}");
        script.nothing_was_made()?;
    }
    Ok(())
}

#[test]
fn raft_with_two_orderers_is_refused() -> Result<()> {
    let mut script = Script::with_fake_fabric("3.1.5")?;
    let file = script.folder().join("two.toml");
    fs::write(
        &file,
        committed_description()?.replacen("orderers = [\"orderer0\"]\n", "", 2),
    )?;
    script.set("DER_ORGANISATIONS", &file.to_string_lossy());
    let sentence = script.refused(&["up", "--raft"])?;
    assert!(
        sentence.contains("raft needs 3 organisations with an orderer"),
        "{sentence}"
    );
    script.nothing_was_made()
}

#[test]
fn couchdb_is_refused() -> Result<()> {
    let mut script = Script::with_fake_fabric("3.1.5")?;
    let core = script.copy_sources()?.join("network/fabric/core.yaml");
    let spoilt = fs::read_to_string(&core)?.replace("stateDatabase: goleveldb", "stateDatabase: CouchDB");
    fs::write(&core, spoilt)?;
    let sentence = script.refused(&["up"])?;
    assert!(
        sentence.contains("state database CouchDB") && sentence.contains("goleveldb"),
        "{sentence}"
    );
    script.nothing_was_made()
}

#[test]
fn expired_material_is_named_with_its_remedy() -> Result<()> {
    let script = Script::with_fake_fabric("3.1.5")?;
    script.make_network_folder()?;
    let crypto = script.network().join("crypto");
    let consortium = fabric_cryptogen::Consortium::from_toml(&committed_description()?)?;
    fabric_cryptogen::generate(&consortium, &crypto)?;
    let holder = "peerOrganizations/grid.der.example/peers/peer0.grid.der.example";
    fs::write(crypto.join(holder).join("tls/server.crt"), EXPIRED)?;
    let sentence = script.refused(&["up"])?;
    assert!(sentence.contains(holder) && sentence.contains("renew"), "{sentence}");
    assert!(!script.network().join("peers").exists(), "something was made");
    Ok(())
}

#[test]
fn a_network_is_not_turned_into_another() -> Result<()> {
    let mut script = Script::with_fake_fabric("3.1.5")?;
    script.make_network_folder()?;
    fs::write(script.network().join("consensus"), "bft\n")?;
    fs::write(script.network().join("base-port"), format!("{}\n", script.base_port()))?;
    let sentence = script.refused(&["up", "--raft"])?;
    assert!(
        sentence.contains("was made with consensus bft, not raft: take it down first"),
        "{sentence}"
    );
    script.set("DER_BASE_PORT", "30000");
    let sentence = script.refused(&["up"])?;
    assert!(sentence.contains("was made with base-port"), "{sentence}");
    Ok(())
}

#[test]
fn resuming_nothing_and_deploying_to_nothing_are_refused() -> Result<()> {
    let script = Script::with_fake_fabric("3.1.5")?;
    assert!(script.refused(&["up", "--resume"])?.contains("holds no ledgers"));
    assert!(
        script
            .refused(&["deploy"])?
            .contains("run scripts/test-network.sh up first")
    );
    assert!(script.run(&["down"])?.contains("there is no network"));
    script.nothing_was_made()
}

/// A process id is given away again: the start time beside it tells whether the process is the network's.
#[test]
fn a_process_with_a_reused_id_is_not_stopped() -> Result<()> {
    let script = Script::with_fake_fabric("3.1.5")?;
    script.make_network_folder()?;
    let mut stranger = Command::new("cat").stdin(Stdio::piped()).spawn()?;
    fs::create_dir(script.network().join("run"))?;
    fs::write(script.network().join("run/peer-grid"), format!("{} 1\n", stranger.id()))?;
    script.run(&["down"])?;
    let lives = stranger.try_wait()?.is_none();
    drop(stranger.stdin.take());
    stranger.wait()?;
    ensure!(lives, "a stranger's process was stopped");
    script.nothing_was_made()
}

#[tokio::test]
async fn an_up_that_was_killed_is_completed_and_kept_ledgers_are_resumed() -> Result<()> {
    let Some(fabric) = fabric_binaries("network's script on Fabric") else {
        return Ok(());
    };
    let script = Script::with_real_fabric(&fabric)?;
    for reached in ["crypto/peerOrganizations", "run/orderer-energy", "run/peer-regulator"] {
        let mut up = script.command(&["up", "--raft"]).stdout(Stdio::null()).spawn()?;
        let file = script.network().join(reached);
        let seen = eventually(LIMIT, reached, || async { file.exists().then_some(()) }).await;
        up.kill()?;
        up.wait()?;
        seen?;
    }
    script.run(&["up"])?;
    script.run(&["deploy"])?;
    let profiles = script.network().join("profiles");
    der(&script, &["case", "paper", "--network", &profiles.to_string_lossy()])?;
    let before = market(&script)?;
    script.run(&["down", "--keep"])?;
    script.run(&["up", "--resume"])?;
    assert_eq!(market(&script)?, before);
    script.run(&["status"])?;
    script.run(&["down"])?;
    script.nothing_was_made()
}

const LIMIT: Duration = Duration::from_secs(120);

fn market(script: &Script) -> Result<String> {
    let clock = script.network().join("profiles/grid-clock.toml");
    der(script, &["market", "show", "--profile", &clock.to_string_lossy()])
}

fn der(script: &Script, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(script.der().join("der"));
    let output = command
        .args(arguments)
        .args(["--output", "json"])
        .stdin(Stdio::null())
        .output()?;
    let complained = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {complained}");
    Ok(String::from_utf8(output.stdout)?)
}

fn committed_description() -> Result<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crypto-config/consortium.toml");
    fs::read_to_string(&file).with_context(|| file.display().to_string())
}

/// Leaves a peer to the first organisation alone.
fn only_first_peer(description: &str) -> String {
    let line = "peers = [\"peer0\"]\n";
    match description.split_once(line) {
        Some((before, after)) => format!("{before}{line}{}", after.replace(line, "")),
        None => description.to_owned(),
    }
}
