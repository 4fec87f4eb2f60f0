//! The list of traps in the documentation names the tests that are there, and all of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Rows of the list: as many as there are traps.
const TRAPS: usize = 14;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn list() -> String {
    std::fs::read_to_string(root().join("docs/traps.md")).unwrap()
}

/// Names after a marker, up to what no name can hold.
fn names<'a>(text: &'a str, marker: &str) -> BTreeSet<&'a str> {
    let name = |rest: &'a str| rest.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).next();
    let found = text.split(marker).skip(1).filter_map(name);
    found.filter(|name| name.starts_with("trap_")).collect()
}

fn sources(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "target" {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(names(&text, "fn ").into_iter().map(str::to_owned));
        }
    }
}

#[test]
fn the_list_of_traps_is_that_of_the_tests() {
    let mut found = BTreeSet::new();
    for folder in ["chaincode", "gateway", "tests"] {
        sources(&root().join(folder), &mut found);
    }
    let list = list();
    let listed: BTreeSet<String> = names(&list, "`").into_iter().map(str::to_owned).collect();
    assert_eq!(
        listed.difference(&found).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "listed, not there"
    );
    assert_eq!(
        found.difference(&listed).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "there, not listed"
    );
}

#[test]
fn every_trap_has_a_test() {
    let list = list();
    let rows: Vec<&str> = list
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| trap "))
        .collect();
    assert_eq!(rows.len(), TRAPS);
    for row in rows {
        assert!(!names(row, "`").is_empty(), "{row}");
    }
}
