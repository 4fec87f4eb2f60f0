//! Every relative link of the documentation leads to a file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::Finding;
use crate::cargo;

/// Follows each relative Markdown link.
///
/// # Errors
/// When a document cannot be read.
pub(super) fn check(files: &[PathBuf]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let documents = files
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    for path in documents {
        let file = cargo::root().join(path);
        let text = fs::read_to_string(&file).with_context(|| format!("could not read {}", path.display()))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        let broken = targets(&text)
            .into_iter()
            .filter(|target| !folder.join(target).exists());
        findings.extend(broken.map(|target| {
            Finding::new(
                path.display().to_string(),
                format!("links to {target}, which is not there"),
            )
        }));
    }
    Ok(findings)
}

fn targets(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| {
            !target.contains("://") && !target.starts_with('#') && !target.contains(' ') && !target.contains("::")
        })
        .filter_map(|target| target.split('#').next())
        .filter(|target| target.contains('.') || target.contains('/'))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::targets;

    #[test]
    fn finds_relative_links_only() {
        let text = "[a](docs/a.md#part) [b](https://example.org/b.md) [c](#here) [`D`](crate::D)";
        assert_eq!(targets(text), ["docs/a.md"]);
    }
}
