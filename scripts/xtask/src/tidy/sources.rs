//! Rules for single files: size, names, origin, and words that do not belong.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::Finding;
use crate::cargo;

const LONGEST: usize = 400;
const BANNED_NAMES: [&str; 5] = ["utils", "util", "helpers", "common", "manager"];
const BANNED_ENDINGS: [&str; 3] = ["proto", "pb.rs", "pem"];
const BANNED_TEXT: [(&str, &str); 6] = [
    (concat!("/wo", "rk/"), "names a path of one machine"),
    (concat!("/ro", "ot/"), "names a path of one machine"),
    (concat!("TO", "DO"), "leaves work in the code: finish it or file it"),
    (concat!("FIX", "ME"), "leaves work in the code: finish it or file it"),
    (concat!("@gene", "rated"), "is generated: generate it in a build script"),
    (concat!("thread::", "sleep"), "sleeps: wait for what is meant instead"),
];

/// Checks each tracked text file of the project.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn check(files: &[PathBuf]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in files {
        check_name(path, &mut findings);
        if is_checked_text(path) {
            let text = fs::read_to_string(cargo::root().join(path))
                .with_context(|| format!("could not read {}", path.display()))?;
            check_text(path, &text, &mut findings);
        }
    }
    Ok(findings)
}

fn is_checked_text(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("rs" | "toml" | "md" | "sh" | "yaml"))
}

fn check_name(path: &Path, findings: &mut Vec<Finding>) {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if BANNED_ENDINGS
        .iter()
        .any(|ending| name.ends_with(&format!(".{ending}")))
    {
        findings.push(Finding::new(
            path.display().to_string(),
            "messages, generated code and key material are not kept",
        ));
    }
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if BANNED_NAMES.contains(&stem) {
        findings.push(Finding::new(
            path.display().to_string(),
            "says nothing: name it by its noun",
        ));
    }
}

fn check_text(path: &Path, text: &str, findings: &mut Vec<Finding>) {
    for (number, line) in text.lines().enumerate() {
        let broken = BANNED_TEXT.iter().filter(|(words, _)| line.contains(words));
        findings.extend(broken.map(|(_, rule)| Finding::new(format!("{}:{}", path.display(), number + 1), *rule)));
    }
    if path.extension().is_some_and(|extension| extension == "rs") {
        let length = lines_of_code(text);
        if length > LONGEST {
            findings.push(Finding::new(
                path.display().to_string(),
                format!("has {length} lines of code, {LONGEST} are comfortable: split it by noun"),
            ));
        }
    }
}

fn lines_of_code(text: &str) -> usize {
    text.lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{check_name, check_text, lines_of_code};

    fn findings(path: &str, text: &str) -> usize {
        let mut findings = Vec::new();
        check_name(Path::new(path), &mut findings);
        check_text(Path::new(path), text, &mut findings);
        findings.len()
    }

    #[test]
    fn tests_and_comments_are_not_lines_of_code() {
        assert_eq!(lines_of_code("// why\n\nlet a = 1;\n#[cfg(test)]\nmod tests {}\n"), 1);
    }

    #[test]
    fn each_rule_finds_what_breaks_it() {
        assert_eq!(findings("src/order.rs", "fn post() {}\n"), 0);
        assert_eq!(findings("src/utils.rs", ""), 1);
        assert_eq!(findings("src/peer.proto", ""), 1);
        assert_eq!(findings("src/order.rs", concat!("// TO", "DO later\n")), 1);
        assert_eq!(findings("src/order.rs", &"let a = 1;\n".repeat(401)), 1);
    }
}
