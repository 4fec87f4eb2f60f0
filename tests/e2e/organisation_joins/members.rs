//! What the members' administrators do: they review, sign and submit updates of the channel.

use std::path::PathBuf;

use anyhow::Result;
use der_e2e::World;

use super::newcomer::Newcomer;

/// A majority, of four and of five members.
const SIGNERS: [&str; 3] = ["grid", "regulator", "energy"];

/// The profile file of a member's user.
pub(crate) fn profile(world: &World, user: &str) -> PathBuf {
    world.layout().profiles().join(format!("{user}.toml"))
}

/// That of a member's administrator.
pub(crate) fn administrator(world: &World, organisation: &str) -> PathBuf {
    profile(world, &format!("{organisation}-admin"))
}

/// docs/joining.md, sections 1 and 2: the newcomer makes its material, the members add it to the channel.
pub(crate) fn add(world: &World, north: &Newcomer) -> Result<()> {
    let invitation = world.layout().root().join("invitation");
    north.step(&["material", "--invitation", &invitation.to_string_lossy()])?;
    north.step(&["describe"])?;
    let update = world.folder().join("add.update").to_string_lossy().into_owned();
    let arguments = ["org", "add", &north.description(), "--out", &update];
    north.der(&arguments, &administrator(world, "grid"))?;
    approve(world, north, &update)
}

/// Signatures of a majority under an update, which is in force when this returns.
pub(crate) fn approve(world: &World, north: &Newcomer, update: &str) -> Result<()> {
    for organisation in SIGNERS {
        north.der(&["org", "sign", update], &administrator(world, organisation))?;
    }
    north.der(&["org", "submit", update], &administrator(world, "grid"))?;
    Ok(())
}
