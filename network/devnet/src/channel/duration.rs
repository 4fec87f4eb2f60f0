//! Durations as Go writes them: `2s`, `1m30s`, `250ms`, `1.5s`.

use std::time::Duration;

const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

pub(super) fn format(duration: Duration) -> String {
    match duration.as_nanos() {
        nanos if nanos.is_multiple_of(1_000_000) => format!("{}ms", nanos / 1_000_000),
        nanos => format!("{nanos}ns"),
    }
}

/// `None` for text that is no positive Go duration.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let number_end = rest.find(|each: char| !each.is_ascii_digit() && each != '.')?;
        let (number, tail) = rest.split_at_checked(number_end)?;
        let unit_end = tail
            .find(|each: char| each.is_ascii_digit() || each == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_end)?;
        let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(part(number, *nanos)?)?;
        rest = tail;
    }
    (!total.is_zero()).then_some(total)
}

fn part(number: &str, nanos: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut sum = whole.checked_mul(nanos)?;
    let mut unit = nanos;
    for digit in fraction.chars() {
        unit /= 10;
        sum = sum.checked_add(u64::from(digit.to_digit(10)?).checked_mul(unit)?)?;
    }
    Some(Duration::from_nanos(sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_are_understood() {
        let cases = [
            ("2s", 2_000),
            ("250ms", 250),
            ("1.5s", 1_500),
            ("1m30s", 90_000),
            ("0.25h", 900_000),
        ];
        for (text, millis) in cases {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "0s", "5", "s", "-2s", "2 s", "1..5s", "99999999999h", "1d"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for nanos in [1, 1_000_000, 1_500_000_000, 7_000_123] {
            let duration = Duration::from_nanos(nanos);
            assert_eq!(parse(&format(duration)), Some(duration));
        }
    }
}
