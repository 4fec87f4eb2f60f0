//! The Go counterpart, built where `go` is.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

const PROGRAM: &str = "witness";

/// A folder with the sources and the program.
pub(super) struct Built(TempDir);

impl Built {
    pub(super) fn program(&self) -> PathBuf {
        self.0.path().join(PROGRAM)
    }
}

/// Builds a copy of `tests/witness/go`, so that nothing is left among the sources; the first time, Go fetches the shim.
pub(super) fn build() -> Result<Option<Built>> {
    if Command::new("go").arg("version").output().is_err() {
        eprintln!("SKIPPED the chaincode comparison: go is not on PATH");
        return Ok(None);
    }
    let copy = tempfile::tempdir()?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("witness/go");
    for entry in fs::read_dir(&source).with_context(|| source.display().to_string())? {
        let entry = entry?;
        fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
    }
    let status = Command::new("go")
        .args(["build", "-buildvcs=false", "-o", PROGRAM, "."])
        .env("GOTOOLCHAIN", "local")
        .current_dir(&copy)
        .status()?;
    ensure!(status.success(), "go build failed: {status}");
    Ok(Some(Built(copy)))
}
