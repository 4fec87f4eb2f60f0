//! Every verb of the command line, walked: each has an example, its output in both forms, and a dry run where it moves money or members.

use std::path::Path;

use clap::{Command, CommandFactory};

use crate::args::Cli;

const COMMAND: &str = "UPDATE_DOCS=1 cargo test -p der-cli --lib verbs";

/// Nouns whose verbs change money, orders or membership.
const MOVING: [&str; 23] = [
    "account",
    "batch",
    "bid",
    "certificate",
    "contract",
    "credit",
    "delegation",
    "deposit",
    "device",
    "forecast",
    "mandate",
    "market",
    "meter",
    "offer",
    "participant",
    "plant",
    "point",
    "proposal",
    "reading",
    "sealed",
    "slot",
    "statement",
    "withdraw",
];

/// Verbs that read the ledger or a file and write no transaction.
const READING: [&str; 17] = [
    "audit", "balance", "book", "explain", "history", "list", "members", "month", "prices", "show", "sign", "status",
    "verify", "version", "versions", "volumes", "wait",
];

/// A verb with the words that lead to it.
struct Verb {
    words: Vec<String>,
    command: Command,
}

impl Verb {
    fn name(&self) -> String {
        self.words.join(" ")
    }

    fn takes(&self, flag: &str) -> bool {
        self.command
            .get_arguments()
            .any(|argument| argument.get_long() == Some(flag))
    }
}

fn verbs() -> Vec<Verb> {
    let mut whole = Cli::command();
    whole.build();
    let mut found = Vec::new();
    collect(&whole, &["der".to_owned()], &mut found);
    found
}

fn collect(command: &Command, words: &[String], found: &mut Vec<Verb>) {
    let below = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    for sub in below.filter(|sub| sub.get_name() != "help") {
        let words = [words, &[sub.get_name().to_owned()]].concat();
        if sub.has_subcommands() {
            collect(sub, &words, found);
        } else {
            let command = sub.clone();
            found.push(Verb { words, command });
        }
    }
}

#[test]
fn every_verb_has_an_example_of_itself_in_its_help() {
    for verb in verbs() {
        let help = verb.command.clone().render_long_help().to_string();
        let after = help.split_once("Example").map_or("", |(_, after)| after);
        assert!(
            after.contains(&format!("{} ", verb.name())) || after.trim_end().ends_with(&verb.name()),
            "{}",
            verb.name()
        );
    }
}

#[test]
fn every_verb_prints_json_or_a_table() {
    for verb in verbs() {
        let output = verb
            .command
            .get_arguments()
            .find(|argument| argument.get_id() == "output");
        let output = output.unwrap_or_else(|| panic!("{} takes no --output", verb.name()));
        let forms: Vec<String> = output
            .get_possible_values()
            .iter()
            .map(|form| form.get_name().to_owned())
            .collect();
        assert_eq!(forms, ["json", "table"], "{}", verb.name());
    }
}

#[test]
fn whatever_moves_money_or_members_can_be_tried() {
    for verb in verbs() {
        let [_, noun, rest @ ..] = verb.words.as_slice() else {
            continue;
        };
        let reads = rest.last().is_some_and(|word| READING.contains(&word.as_str()));
        if MOVING.contains(&noun.as_str()) && !reads {
            assert!(verb.takes("dry-run"), "{} has no --dry-run", verb.name());
        }
    }
}

#[test]
fn the_page_of_verbs_is_the_command_line_s() {
    let page = page();
    assert!(page.contains(COMMAND), "the page says how it is written");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let present = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        present == page,
        "docs/commands.md is not what the command line says; write it anew: {COMMAND}"
    );
}

const HEAD: &str = "\
# The verbs of `der`

Written by `UPDATE_DOCS=1 cargo test -p der-cli --lib verbs`; the same test without the variable holds this page to the command line.

Every verb takes `--output json|table`, prints its result on stdout and everything else on stderr, and has an example in its `--help`. *try*
marks the verbs that take `--dry-run`: one peer simulates the transaction, and nothing is written. `der man --dir DIR` writes a man page for
each verb, `der completions SHELL` a completion script.

| verb | try | what it does |
|---|:-:|---|
";

fn page() -> String {
    verbs().iter().fold(HEAD.to_owned(), |page, verb| {
        let about = verb.command.get_about().map(ToString::to_string).unwrap_or_default();
        let dry = if verb.takes("dry-run") { "✓" } else { "" };
        page + &format!("| `{}` | {dry} | {about} |\n", verb.name())
    })
}
