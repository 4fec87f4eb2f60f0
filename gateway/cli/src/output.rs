//! How results reach stdout: JSON for machines, a table for people, and nothing else.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::ValueEnum;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use indicatif::ProgressBar;
use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;

/// How often a spinner moves.
const TICK: Duration = Duration::from_millis(100);

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON document per line, fields in a fixed order.
    Json,
    /// Columns for reading.
    Table,
}

/// Where a command writes its result and its progress.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
}

impl Output {
    /// Output in one format.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self { format }
    }

    /// The chosen format.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Prints a result on stdout.
    ///
    /// # Errors
    /// When stdout cannot be written or the value cannot be serialised.
    pub fn result(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = self.render(value)?;
        line(&text)
    }

    fn render(&self, value: &impl Serialize) -> Result<String, Failure> {
        match self.format {
            Format::Json => serde_json::to_string(value).map_err(Failure::internal),
            Format::Table => {
                let value = serde_json::to_value(value).map_err(Failure::internal)?;
                Ok(tabulate(&value).to_string())
            }
        }
    }

    /// Prints one line of progress on stderr, only when a person may be reading a table there.
    pub fn progress(&self, words: &str) {
        if self.format == Format::Table {
            anstream::eprintln!("{words}");
        }
    }

    /// A spinner on stderr while something is awaited; invisible unless a person watches a terminal. Gone when dropped.
    #[must_use]
    pub fn spinner(&self, words: &'static str) -> Spinner {
        let visible = self.format == Format::Table && animates();
        let bar = if visible {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        bar.set_message(words);
        if visible {
            bar.enable_steady_tick(TICK);
        }
        Spinner(bar)
    }

    /// A bar on stderr over so many steps; invisible unless a person watches a terminal.
    #[must_use]
    pub fn bar(&self, steps: usize) -> ProgressBar {
        match self.format == Format::Table && animates() {
            true => ProgressBar::new(u64::try_from(steps).unwrap_or(u64::MAX)),
            false => ProgressBar::hidden(),
        }
    }

    /// Prints a failure on stderr in the chosen format.
    pub fn failure(&self, failure: &Failure) {
        match self.format {
            Format::Json => match serde_json::to_string(failure) {
                Ok(json) => anstream::eprintln!("{json}"),
                Err(_) => anstream::eprintln!("error: {failure}"),
            },
            Format::Table => anstream::eprintln!("error: {failure}"),
        }
    }
}

/// A spinner that is wiped when dropped.
#[derive(Debug)]
pub struct Spinner(ProgressBar);

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Whether bars and spinners may be drawn: stderr is a terminal and nobody asked for plain text.
#[must_use]
pub fn animates() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes one line to stdout; a closed pipe ends the output without an error, as `head` expects.
///
/// # Errors
/// When stdout refuses the bytes for another reason.
pub fn line(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::internal(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// A table in the look of this program, with one heading per column.
#[must_use]
pub fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(headings.iter().copied());
    table
}

/// Lays any JSON value out: objects by line, lists of objects by column.
fn tabulate(value: &Value) -> Table {
    match value {
        Value::Array(rows) if !rows.is_empty() && rows.iter().all(Value::is_object) => columns(rows),
        Value::Array(rows) => {
            let mut table = table(&["value"]);
            rows.iter().for_each(|row| {
                table.add_row([cell(row)]);
            });
            table
        }
        Value::Object(fields) => {
            let mut table = table(&["field", "value"]);
            for (name, value) in fields {
                add_field(&mut table, name, value);
            }
            table
        }
        other => {
            let mut table = table(&["value"]);
            table.add_row([cell(other)]);
            table
        }
    }
}

fn add_field(table: &mut Table, name: &str, value: &Value) {
    match value {
        Value::Object(inner) if !inner.is_empty() => {
            for (part, value) in inner {
                add_field(table, &format!("{name}.{part}"), value);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, value) in items.iter().enumerate() {
                add_field(table, &format!("{name}[{index}]"), value);
            }
        }
        other => {
            table.add_row([name.to_owned(), cell(other)]);
        }
    }
}

fn columns(rows: &[Value]) -> Table {
    let mut headings: Vec<&str> = Vec::new();
    for name in rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
        if !headings.contains(&name.as_str()) {
            headings.push(name);
        }
    }
    let mut table = table(&headings);
    for row in rows {
        table.add_row(headings.iter().map(|name| row.get(name).map_or_else(String::new, cell)));
    }
    table
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(cell).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Format, Output};

    fn rendered(format: Format, value: &serde_json::Value) -> String {
        Output::new(format).render(value).unwrap()
    }

    #[test]
    fn json_is_one_line() {
        let text = rendered(Format::Json, &json!({"slot": 7, "open": true}));
        assert_eq!(text, r#"{"open":true,"slot":7}"#);
    }

    #[test]
    fn an_object_is_laid_out_field_by_field_with_dotted_names() {
        let text = rendered(
            Format::Table,
            &json!({"point": {"id": "PCC-1"}, "lines": [{"nyuan": "5"}]}),
        );
        assert!(text.contains("point.id"), "{text}");
        assert!(text.contains("lines[0].nyuan"), "{text}");
    }

    #[test]
    fn a_list_becomes_columns_over_the_union_of_its_fields() {
        let text = rendered(Format::Table, &json!([{"a": 1}, {"b": [1, 2]}]));
        assert!(text.contains("1, 2"), "{text}");
        assert_eq!(text.lines().count(), 6, "{text}");
    }
}
