//! What no compiler checks.

mod arrows;
mod links;
mod sources;

use std::{fmt, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail, ensure};

use crate::cargo;

/// One place that breaks a rule.
pub(crate) struct Finding {
    place: String,
    rule: String,
}

impl Finding {
    fn new(place: impl Into<String>, rule: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            rule: rule.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.rule)
    }
}

/// Checks the arrows between crates, every source file and every link of the documentation.
///
/// # Errors
/// When anything breaks a rule; each place is printed first.
pub(crate) fn run() -> Result<()> {
    let files = tracked_files()?;
    let mut findings = arrows::check()?;
    findings.extend(sources::check(&files)?);
    findings.extend(links::check(&files)?);
    for finding in &findings {
        eprintln!("tidy: {finding}");
    }
    if !findings.is_empty() {
        bail!("tidy found {} places that break a rule", findings.len());
    }
    eprintln!("tidy: {} files keep the rules", files.len());
    Ok(())
}

fn tracked_files() -> Result<Vec<PathBuf>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(cargo::root())
        .output()
        .context("could not ask git which files there are")?;
    ensure!(
        output.status.success(),
        "git ls-files failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    Ok(names
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .filter(|path| cargo::root().join(path).is_file())
        .collect())
}
