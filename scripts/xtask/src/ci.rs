//! Everything a submission has to pass: the test command, then the checks of form.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::{
    cargo,
    skipped::{Skipped, on_path},
    tidy,
};

/// Runs the README's test command, then the checks of form, and says at the end what was skipped.
///
/// # Errors
/// At the first step that fails, and where an official witness was skipped although node and go are there.
pub(crate) fn run() -> Result<()> {
    let mut skipped = Skipped::default();
    let outcome = steps(&mut skipped);
    eprintln!("{}", skipped.summary());
    outcome?;
    skipped.judge(on_path(&["node", "go"]))
}

fn steps(skipped: &mut Skipped) -> Result<()> {
    cargo::run(["fetch", "--locked"])?;
    cargo::run_gathering(["test", "--workspace", "--locked"], skipped)?;
    cargo::run(["fmt", "--all", "--check"])?;
    tidy::run()?;
    cargo::run([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "--deny",
        "warnings",
    ])?;
    cargo::run_with(
        ["doc", "--workspace", "--no-deps", "--locked"],
        &[("RUSTDOCFLAGS", "--deny warnings")],
    )?;
    deny(skipped)
}

fn deny(skipped: &mut Skipped) -> Result<()> {
    let installed = Command::new("cargo-deny")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if installed.is_ok_and(|status| status.success()) {
        return cargo::run(["deny", "--offline", "check", "bans", "licenses", "sources"]);
    }
    skipped.say("cargo deny: it is not installed (cargo install --locked cargo-deny)");
    Ok(())
}
