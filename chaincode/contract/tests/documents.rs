//! Pages of the documentation that are written from the code: they are what the code says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use der_api::{ErrorCode, RetryClass};
use der_contract::functions;

const COMMAND: &str = "UPDATE_DOCS=1 cargo test -p der-contract --test documents";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Holds a page to its text; with UPDATE_DOCS it writes the page.
#[allow(clippy::disallowed_methods, reason = "no endorser runs a test")]
fn hold(name: &str, text: &str) {
    let path = root().join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let present = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        present == text,
        "docs/{name} is not what the code says; write it anew: {COMMAND}"
    );
}

#[test]
fn roles_and_functions() {
    let page = functions::markdown();
    assert!(page.contains(COMMAND), "the page says how it is written");
    hold("functions.md", &page);
}

#[test]
fn error_codes() {
    let unprovoked = unprovoked();
    let rows: String = ErrorCode::all().iter().map(|code| row(*code)).collect();
    let rest = match unprovoked.is_empty() {
        true => "A test provokes each of these codes.\n".to_owned(),
        false => format!("A test provokes each of these codes but {}.\n", unprovoked.join(", ")),
    };
    hold("codes.md", &format!("{CODES}{rows}\n{rest}"));
}

const CODES: &str = "\
# Error codes

Written by `UPDATE_DOCS=1 cargo test -p der-contract --test documents`; the same test without the variable holds this page to the code.
`der codes` prints the same.

Whatever is refused has one of these codes, a sentence that says what is wrong this time, and nothing is written. A code is never reused. The
first digit says where it comes from: 1 the request, 2 access, 3 orders and slots, 4 metering, settlement and money, 5 governance, 8 Fabric's
own rules as the client translates them, 9 faults. *Permanent* means that the same request is refused again; *retry after reading* that the
present state decides whether to send it again; *retry later* that the same request may succeed.

| code | name | what is wrong | class | what to do |
|---|---|---|---|---|
";

fn row(code: ErrorCode) -> String {
    let class = match code.retry_class() {
        RetryClass::Never => "permanent",
        RetryClass::AfterReading => "retry after reading",
        RetryClass::Later => "retry later",
    };
    format!(
        "| {code} | {code:?} | {} | {class} | {} |\n",
        code.title(),
        code.advice()
    )
}

/// Codes that no test of the workspace names: neither `ErrorCode::Name` nor its number.
fn unprovoked() -> Vec<String> {
    let tests = test_code(&root());
    let words: BTreeSet<&str> = tests.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let named = |code: &ErrorCode| {
        words.contains(format!("{code:?}").as_str()) || words.contains(code.number().to_string().as_str())
    };
    let rest = ErrorCode::all().iter().filter(|code| !named(code));
    rest.map(ToString::to_string).collect()
}

/// The text of all test code: files of tests, and what stands behind `#[cfg(test)]`.
fn test_code(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            text += &test_code(&path);
        } else if name.ends_with(".rs") && name != "error_code.rs" && name != "documents.rs" {
            let code = fs::read_to_string(&path).unwrap();
            let whole = name.ends_with("_tests.rs")
                || path.strip_prefix(root()).unwrap().starts_with("tests")
                || path.to_string_lossy().contains("/tests/");
            text += if whole {
                &code
            } else {
                code.split_once("#[cfg(test)]").map_or("", |(_, tests)| tests)
            };
            text.push(' ');
        }
    }
    text
}
