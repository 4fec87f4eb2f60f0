//! Roles and functions as a table: who may call what, and who must endorse it.

use std::collections::BTreeSet;

use der_api::Function;
use der_api::endorsers::{Endorser, endorsers};
use der_api::organisations::Part;
use der_api::schema::{SCHEMA, WHOLE_MARKET};
use serde::Serialize;

use crate::access::{Role, allowed};

/// Who may call one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FunctionRow {
    /// Its name on the wire.
    pub function: &'static str,
    /// What it does.
    pub about: &'static str,
    /// First schema of the ledger that has it.
    pub schema: u32,
    /// True where it writes nothing.
    pub query: bool,
    /// A caller needs one of these roles.
    pub roles: BTreeSet<Role>,
    /// And an organisation that plays one of these parts.
    pub parts: BTreeSet<Part>,
    /// Organisations that must be among its endorsers, besides the majority.
    pub endorsers: Vec<&'static str>,
}

/// Every function that a ledger of this schema has, in the order of the code.
pub fn table(schema: u32) -> Vec<FunctionRow> {
    let there = Function::all().iter().filter(|function| function.schema() <= schema);
    there.map(|function| row(*function, schema)).collect()
}

fn row(function: Function, schema: u32) -> FunctionRow {
    let (roles, parts) = allowed(function, schema);
    FunctionRow {
        function: function.name(),
        about: function.about(),
        schema: function.schema(),
        query: function.is_query(),
        roles: roles.iter().copied().collect(),
        parts: parts.iter().copied().collect(),
        endorsers: endorsers(function).iter().map(|endorser| named(*endorser)).collect(),
    }
}

const fn named(endorser: Endorser) -> &'static str {
    match endorser {
        Endorser::Grid => "grid company",
        Endorser::Regulator => "regulator",
        Endorser::Caller => "the caller's",
    }
}

const PARTS: [(Part, &str); 4] = [
    (Part::Grid, "grid"),
    (Part::Regulator, "regulator"),
    (Part::Energy, "energy"),
    (Part::Microgrid, "microgrid"),
];

/// The tables as a document.
pub fn markdown() -> String {
    let (queries, acts): (Vec<_>, Vec<_>) = table(SCHEMA).into_iter().partition(|row| row.query);
    format!(
        "{HEAD}\n## What writes\n\n{}\n{}\n\n## What only reads\n\n{}",
        lines(&acts),
        earlier(),
        lines(&queries)
    )
}

/// What was otherwise on ledgers of an earlier schema.
fn earlier() -> String {
    let now = table(SCHEMA);
    let before = table(WHOLE_MARKET.saturating_sub(1));
    let changed = before.iter().filter(|row| !now.contains(row));
    let names: Vec<String> = changed
        .map(|row| format!("`{}` ({})", row.function, parts_of(row)))
        .collect();
    format!(
        "On a ledger whose schema is below {WHOLE_MARKET}, fewer may call these: {}.",
        names.join(", ")
    )
}

fn lines(rows: &[FunctionRow]) -> String {
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
    let head = format!(
        "| function | what it does | schema | {} | of | endorsers |\n",
        roles.join(" | ")
    );
    let rule = format!("|---|---|---|{}---|---|\n", ":-:|".repeat(roles.len()));
    rows.iter().fold(head + &rule, |text, row| text + &line(row))
}

fn line(row: &FunctionRow) -> String {
    let roles: String = Role::ALL.iter().map(|role| mark(row.roles.contains(role))).collect();
    let endorsers = match (row.query, row.endorsers.is_empty()) {
        (true, _) => "–".to_owned(),
        (false, true) => "any".to_owned(),
        (false, false) => row.endorsers.join(", "),
    };
    let (function, about, schema, parts) = (row.function, row.about, row.schema, parts_of(row));
    format!("| `{function}` | {about} | {schema} |{roles} {parts} | {endorsers} |\n")
}

const fn mark(allowed: bool) -> &'static str {
    if allowed { " ✓ |" } else { "   |" }
}

fn parts_of(row: &FunctionRow) -> String {
    if row.parts.len() == PARTS.len() {
        return "every member".to_owned();
    }
    let names = PARTS.iter().filter(|(part, _)| row.parts.contains(part));
    names.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}

const HEAD: &str = "\
# Roles and functions

Written by `UPDATE_DOCS=1 cargo test -p der-contract --test documents`; the same test without the variable holds this page to the code, and
`tests/functions.rs` calls every function in every role from every organisation. `der functions` prints the same.

A caller needs one of the ticked roles, which its certificate carries in the attribute `der.role`, and an organisation that plays one of
the parts under *of*. Without the part it is refused with DER-2005, without the role with DER-2004, and nothing is written. *schema* is the
first schema of the ledger that has the function. Every transaction needs a majority of the members; *endorsers* must be among them.
";
