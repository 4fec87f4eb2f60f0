//! The record as a table.

use std::collections::BTreeMap;

use crate::{fault::Fault, record::Round};

/// One row for each fault, in Markdown.
pub(crate) fn table(rounds: &[Round]) -> String {
    let mut by_fault: BTreeMap<Fault, Vec<&Round>> = BTreeMap::new();
    for round in rounds {
        by_fault.entry(round.fault).or_default().push(round);
    }
    let mut lines = vec![
        "| fault | rounds | broken | first commit: min, median, max (s) | slot settled: min, median, max (s) |"
            .to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    for (fault, rounds) in by_fault {
        let broken = rounds.iter().filter(|round| round.broken.is_some()).count();
        let times = |part: fn(&Round) -> Option<u64>| spread(rounds.iter().filter_map(|round| part(round)).collect());
        lines.push(format!(
            "| {} | {} | {broken} | {} | {} |",
            fault.name(),
            rounds.len(),
            times(|round| round.recovery_ms),
            times(|round| round.settled_ms),
        ));
    }
    lines.join("\n")
}

/// Least, median and most, in seconds.
fn spread(mut times: Vec<u64>) -> String {
    times.sort_unstable();
    let at = |index: usize| {
        times
            .get(index)
            .map_or_else(|| "–".to_owned(), |ms| format!("{:.1}", *ms as f64 / 1_000.0))
    };
    let last = times.len().saturating_sub(1);
    format!("{}, {}, {}", at(0), at(times.len() / 2), at(last))
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn times_are_ordered() {
        assert_eq!(spread(vec![3_000, 1_000, 2_000]), "1.0, 2.0, 3.0");
        assert_eq!(spread(Vec::new()), "–, –, –");
    }
}
