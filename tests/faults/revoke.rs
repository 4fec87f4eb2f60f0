//! A user's certificate is revoked through the channel's configuration, as its organisation's administrator does it.

use std::{path::Path, process::Command};

use anyhow::{Result, ensure};
use der_e2e::World;

/// The organisation of the sellers.
const MSP_ID: &str = "EnergyMSP";

/// Puts the user on its organisation's revocation list and the list into the channel. It is in force at a peer when this returns.
pub(crate) fn revoke(world: &World, der: &Path, user: &str) -> Result<()> {
    let tree = world.layout().crypto();
    let (_, domain) = tree.find(MSP_ID)?;
    fabric_cryptogen::revoke(tree.root(), MSP_ID, &tree.user(&domain, user))?;
    let list = tree.msp(&domain).join("crls/crl.pem");
    let update = world.folder().join(format!("{user}.update"));
    let profile = world.layout().profiles().join("energy-admin.toml");
    let org = || {
        let mut command = Command::new(der);
        command.args(["org", "--profile"]).arg(&profile);
        command
    };
    run(org().arg("revoke").arg("--crl").arg(list).arg("--out").arg(&update))?;
    run(org().arg("sign").arg(&update))?;
    run(org().arg("submit").arg(&update))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    let complained = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}: {complained}", output.status);
    Ok(())
}
