//! Runs cargo at the root of the workspace.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

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
    let arguments: Vec<&str> = arguments.into_iter().collect();
    let shown = arguments.join(" ");
    eprintln!("$ cargo {shown}");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(&arguments)
        .envs(variables.iter().copied())
        .current_dir(root())
        .status()
        .with_context(|| format!("could not start cargo {shown}"))?;
    ensure!(status.success(), "cargo {shown} failed: {status}");
    Ok(())
}
