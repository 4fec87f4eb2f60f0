//! Table 2 as it came out, beside the paper's, with a mark per value.

use std::collections::BTreeSet;

use der_client::paper::Row;
use der_market::settlement::Branch;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Format, Output};

const COLUMNS: [&str; 11] = [
    "p, yuan/kWh",
    "consumed, kWh",
    "generated, kWh",
    "branches",
    "buyer pays, yuan",
    "generator gets",
    "company nets",
    "buyer has",
    "generator has",
    "company has",
    "volume, kWh",
];

/// One test in JSON: money in nyuan, energy in Wh, price in µyuan/kWh.
#[derive(Serialize)]
struct Shown {
    test: u8,
    slot: u64,
    equal: bool,
    found: Values,
    paper: Values,
}

/// The values of a row.
#[derive(Serialize)]
struct Values {
    price: i64,
    consumed_wh: u64,
    generated_wh: u64,
    branches: BTreeSet<Branch>,
    buyer_pays: String,
    generator_gets: String,
    company_nets: String,
    balances: [String; 3],
    volume_wh: u64,
}

/// Prints the rows on stdout.
///
/// # Errors
/// When stdout cannot be written.
pub fn print(rows: &[Row], output: Output) -> Result<(), Failure> {
    match output.format() {
        Format::Json => output.result(&rows.iter().map(shown).collect::<Vec<_>>()),
        Format::Table => output::line(&tabulate(rows)),
    }
}

/// Refuses rows that are not the paper's, naming each value.
///
/// # Errors
/// With each value that differs, be it by a single nyuan, or when a test is missing.
pub fn assert_equal(rows: &[Row]) -> Result<(), Failure> {
    let differences: Vec<String> = rows
        .iter()
        .flat_map(Row::differences)
        .map(|d| format!("test {}, {}: {} instead of {}", d.test, d.column, d.found, d.paper))
        .collect();
    match (differences.is_empty(), rows.len()) {
        (true, 3) => Ok(()),
        (true, played) => Err(Failure::internal(format!(
            "Table 2 has 3 rows, but {played} were played"
        ))),
        (false, _) => Err(Failure::new(
            Exit::Internal,
            format!("not the paper's Table 2: {}", differences.join("; ")),
        )),
    }
}

/// The paper's columns are lines here, so that the table fits a terminal.
fn tabulate(rows: &[Row]) -> String {
    let tests = rows
        .iter()
        .flat_map(|row| [format!("test {}", row.paper.number), "paper".to_owned()]);
    let headings: Vec<String> = std::iter::once(String::new()).chain(tests).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = output::table(&headings);
    let mut columns: Vec<_> = rows
        .iter()
        .map(|row| cells(&found_values(row)).into_iter().zip(cells(&paper_values(row))))
        .collect();
    for name in COLUMNS {
        let pairs = columns.iter_mut().filter_map(Iterator::next);
        let cells = pairs.flat_map(|(found, paper)| [format!("{found} {}", mark(found == paper)), paper]);
        table.add_row(std::iter::once(name.to_owned()).chain(cells));
    }
    format!("{table}\n✓ equals the paper's value exactly")
}

const fn mark(equal: bool) -> &'static str {
    if equal { "✓" } else { "✗" }
}

fn shown(row: &Row) -> Shown {
    Shown {
        test: row.paper.number,
        slot: row.slot.get(),
        equal: row.differences().is_empty(),
        found: found_values(row),
        paper: paper_values(row),
    }
}

fn found_values(row: &Row) -> Values {
    Values {
        price: row.price.get(),
        consumed_wh: row.consumed_wh.get(),
        generated_wh: row.generated_wh.get(),
        branches: row.branches.clone(),
        buyer_pays: row.buyer_pays.to_string(),
        generator_gets: row.generator_gets.to_string(),
        company_nets: row.company_nets.to_string(),
        balances: row.balances.map(|money| money.to_string()),
        volume_wh: row.volume_wh.get(),
    }
}

fn paper_values(row: &Row) -> Values {
    let paper = &row.paper;
    Values {
        price: paper.price,
        consumed_wh: paper.consumed_wh,
        generated_wh: paper.generated_wh,
        branches: paper.branches.iter().copied().collect(),
        buyer_pays: paper.buyer_pays.to_string(),
        generator_gets: paper.generator_gets.to_string(),
        company_nets: paper.company_nets.to_string(),
        balances: paper.balances.map(|money| money.to_string()),
        volume_wh: paper.volume_wh,
    }
}

/// All digits are kept, so that two cells are equal only where the values are.
fn cells(values: &Values) -> [String; 11] {
    let branches = values
        .branches
        .iter()
        .filter_map(|branch| serde_json::to_value(branch).ok());
    let branches: Vec<String> = branches
        .filter_map(|name| name.as_str().map(ToOwned::to_owned))
        .collect();
    let [buyer, generator, company] = &values.balances;
    [
        decimal(&values.price.to_string(), 6),
        decimal(&values.consumed_wh.to_string(), 3),
        decimal(&values.generated_wh.to_string(), 3),
        branches.join(" "),
        decimal(&values.buyer_pays, 9),
        decimal(&values.generator_gets, 9),
        decimal(&values.company_nets, 9),
        decimal(buyer, 9),
        decimal(generator, 9),
        decimal(company, 9),
        decimal(&values.volume_wh.to_string(), 3),
    ]
}

/// Moves the point of a whole number to the left, without a float.
fn decimal(number: &str, places: usize) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, part) = padded.split_at(padded.len() - places);
    match part.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        part => format!("{sign}{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use der_client::paper::Row;
    use der_market::paper::CASES;
    use der_market::slot::Slot;
    use der_market::units::{Energy, Money, Price};

    use super::{assert_equal, decimal, tabulate};

    fn rows() -> Vec<Row> {
        CASES
            .into_iter()
            .map(|case| Row {
                paper: case,
                slot: Slot::new(1).unwrap(),
                price: Price::new(case.price).unwrap(),
                consumed_wh: Energy::new(case.consumed_wh).unwrap(),
                generated_wh: Energy::new(case.generated_wh).unwrap(),
                branches: case.branches.iter().copied().collect(),
                buyer_pays: Money::nyuan(case.buyer_pays),
                generator_gets: Money::nyuan(case.generator_gets),
                company_nets: Money::nyuan(case.company_nets),
                balances: case.balances.map(Money::nyuan),
                volume_wh: Energy::new(case.volume_wh).unwrap(),
            })
            .collect()
    }

    #[test]
    fn the_papers_own_values_pass_with_a_mark_each() {
        assert_equal(&rows()).unwrap();
        let text = tabulate(&rows());
        assert_eq!(
            (text.matches('✓').count(), text.matches('✗').count()),
            (3 * 11 + 1, 0),
            "{text}"
        );
        for value in ["125.14", "-4.4", "308.8", "DTSC PPSC"] {
            assert!(text.contains(value), "{text}");
        }
    }

    #[test]
    fn a_single_nyuan_is_named_and_marked() {
        let mut rows = rows();
        rows[1].company_nets = Money::nyuan(rows[1].company_nets.get() + 1);
        let failure = assert_equal(&rows).unwrap_err().to_string();
        assert!(
            failure.contains("test 2, company nets: 17140000001 instead of 17140000000"),
            "{failure}"
        );
        assert_eq!(tabulate(&rows).matches('✗').count(), 1);
    }

    #[test]
    fn a_missing_test_is_no_success() {
        assert!(assert_equal(&rows()[..2]).is_err());
    }

    #[test]
    fn points_move_exactly() {
        for (number, places, expected) in [
            ("-4400000000", 9, "-4.4"),
            ("1", 9, "0.000000001"),
            ("200000", 3, "200"),
            ("0", 6, "0"),
            ("-5", 1, "-0.5"),
        ] {
            assert_eq!(decimal(number, places), expected);
        }
    }
}
