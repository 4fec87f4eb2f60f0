//! Runs cargo at the root of the workspace.

use std::{
    env,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::skipped::Skipped;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_owned()
}

/// Runs `cargo` with these arguments and shows its output as it comes.
///
/// # Errors
/// When cargo cannot be started or exits with a failure.
pub(crate) fn run<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<()> {
    run_with(arguments, &[])
}

/// Runs `cargo` with these arguments and further environment variables.
///
/// # Errors
/// When cargo cannot be started or exits with a failure.
pub(crate) fn run_with<'a>(arguments: impl IntoIterator<Item = &'a str>, variables: &[(&str, &str)]) -> Result<()> {
    let (shown, mut command) = command(arguments);
    let status = command
        .envs(variables.iter().copied())
        .status()
        .with_context(|| format!("could not start cargo {shown}"))?;
    judge(&shown, status)
}

/// Runs `cargo` with these arguments, shows its output as it comes, and gathers what it says was skipped.
///
/// # Errors
/// When cargo cannot be started or exits with a failure.
pub(crate) fn run_gathering<'a>(arguments: impl IntoIterator<Item = &'a str>, skipped: &mut Skipped) -> Result<()> {
    let (shown, mut command) = command(arguments);
    if io::stderr().is_terminal() {
        // Cargo itself sees a pipe.
        command.env("CARGO_TERM_COLOR", "always");
    }
    let started = command.stderr(Stdio::piped()).spawn();
    let mut child = started.with_context(|| format!("could not start cargo {shown}"))?;
    if let Some(said) = child.stderr.take() {
        skipped.gather(said);
    }
    judge(&shown, child.wait()?)
}

fn command<'a>(arguments: impl IntoIterator<Item = &'a str>) -> (String, Command) {
    let arguments: Vec<&str> = arguments.into_iter().collect();
    let shown = arguments.join(" ");
    eprintln!("$ cargo {shown}");
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(&arguments).current_dir(root());
    (shown, command)
}

fn judge(shown: &str, status: ExitStatus) -> Result<()> {
    ensure!(status.success(), "cargo {shown} failed: {status}");
    Ok(())
}
