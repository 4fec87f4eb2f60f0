//! What `scripts/join-org.sh` refuses, and what it makes without a network: the newcomer's own keys. `organisation_joins` plays the rest.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::place::Script;

const OWN: &str = "../crypto-config/newcomer.toml";

fn newcomer() -> Result<(Script, String)> {
    let mut script = Script::with_fake_fabric("3.1.5")?.named("join-org.sh");
    script.set("DER_ORGANISATIONS", &source(OWN).to_string_lossy());
    let invitation = script.folder().join("invitation");
    fs::create_dir_all(invitation.join("tls"))?;
    fs::write(invitation.join("channel"), "energy market\n")?;
    fs::write(invitation.join("orderers"), "grid 127.0.0.1:1\n")?;
    fs::write(invitation.join("peers"), "grid 127.0.0.1:2 peer0.grid.der.example\n")?;
    fs::write(invitation.join("tls/grid.pem"), "public\n")?;
    let invitation = invitation.to_string_lossy().into_owned();
    Ok((script, invitation))
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn a_newcomer_without_a_description_of_its_own_is_told() -> Result<()> {
    let (mut script, invitation) = newcomer()?;
    let material = ["material", "--invitation", &invitation];
    script.set("DER_ORGANISATIONS", "");
    assert!(script.refused(&material)?.contains("crypto-config/newcomer.toml"));
    script.set(
        "DER_ORGANISATIONS",
        &source("../crypto-config/consortium.toml").to_string_lossy(),
    );
    assert!(script.refused(&material)?.contains("describes 4 organisations"));
    script.nothing_was_made()
}

#[test]
fn a_name_that_a_member_bears_is_refused() -> Result<()> {
    let (mut script, invitation) = newcomer()?;
    let file = script.folder().join("grid.toml");
    fs::write(
        &file,
        fs::read_to_string(source(OWN))?.replace("north.der.example", "grid.other.example"),
    )?;
    script.set("DER_ORGANISATIONS", &file.to_string_lossy());
    let sentence = script.refused(&["material", "--invitation", &invitation])?;
    assert!(sentence.contains("grid is a member already"), "{sentence}");
    script.nothing_was_made()
}

#[test]
fn an_invitation_that_lacks_something_is_refused() -> Result<()> {
    let (script, invitation) = newcomer()?;
    fs::remove_file(Path::new(&invitation).join("orderers"))?;
    let sentence = script.refused(&["material", "--invitation", &invitation])?;
    assert!(
        sentence.contains("orderers is missing: ask a member for the folder"),
        "{sentence}"
    );
    script.nothing_was_made()
}

#[test]
fn a_foreign_folder_is_neither_written_nor_deleted() -> Result<()> {
    let (script, invitation) = newcomer()?;
    fs::create_dir(script.network())?;
    fs::write(script.network().join("letter"), "mine")?;
    for command in [&["material", "--invitation", &invitation][..], &["stop"]] {
        assert!(script.refused(command)?.contains("did not make"));
    }
    assert_eq!(fs::read_dir(script.network())?.count(), 1);
    Ok(())
}

#[test]
fn steps_in_the_wrong_order_name_the_step_before() -> Result<()> {
    let (script, invitation) = newcomer()?;
    for step in ["describe", "start-peer", "join", "approve", "resume", "status"] {
        let sentence = script.refused(&[step])?;
        assert!(
            sentence.contains("run scripts/join-org.sh material first"),
            "{sentence}"
        );
    }
    script.run(&["material", "--invitation", &invitation])?;
    for step in ["join", "start-service", "install", "approve"] {
        let sentence = script.refused(&[step])?;
        assert!(
            sentence.contains("run scripts/join-org.sh start-peer first"),
            "{sentence}"
        );
    }
    Ok(())
}

#[test]
fn material_is_made_once_and_its_keys_are_private() -> Result<()> {
    let (script, invitation) = newcomer()?;
    let material = ["material", "--invitation", &invitation];
    script.run(&material)?;
    let authority = script
        .network()
        .join("crypto/peerOrganizations/north.der.example/ca/priv_sk");
    let key = fs::read(&authority).context("the authority's key")?;
    assert_eq!(fs::metadata(&authority)?.permissions().mode() & 0o777, 0o600);
    script.run(&material)?;
    assert_eq!(fs::read(&authority)?, key, "a second run made another authority");
    assert!(script.run(&["stop"]).is_ok());
    script.nothing_was_made()
}
