//! Everything a submission has to pass: the test command, then the checks of form.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::{cargo, tidy};

/// Runs the README's test command, then the checks of form.
///
/// # Errors
/// At the first step that fails.
pub(crate) fn run() -> Result<()> {
    cargo::run(["fetch", "--locked"])?;
    cargo::run(["test", "--workspace", "--locked"])?;
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
    deny()
}

fn deny() -> Result<()> {
    let installed = Command::new("cargo-deny")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if installed.is_ok_and(|status| status.success()) {
        return cargo::run(["deny", "--offline", "check", "bans", "licenses", "sources"]);
    }
    eprintln!("SKIPPED cargo deny: it is not installed (cargo install --locked cargo-deny)");
    Ok(())
}
