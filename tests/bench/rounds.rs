//! One figure, measured in several short rounds.

use std::fmt;

use serde_json::{Value, json};

/// The figure of each round, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rounds(Vec<f64>);

impl Rounds {
    pub(crate) fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The middle one; of an even number, the mean of both.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match (sorted.len() % 2, sorted.get(middle)) {
            (_, None) => f64::NAN,
            (0, Some(upper)) => f64::midpoint(sorted[middle - 1], *upper),
            (_, Some(middle)) => *middle,
        }
    }

    /// Round by round, as neighbours in time share the machine's mood.
    pub(crate) fn ratio(&self, to: &Self) -> Self {
        Self(self.0.iter().zip(&to.0).map(|(one, other)| one / other).collect())
    }

    pub(crate) fn record(&self) -> Value {
        json!({ "median": self.median(), "rounds": self.0 })
    }

    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn most(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }
}

/// Median and, in brackets, least to most.
impl fmt::Display for Rounds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.median() < 10.0 {
            2
        } else {
            usize::from(self.median() < 100.0)
        };
        let (median, least, most) = (self.median(), self.least(), self.most());
        formatter.pad(&format!("{median:.digits$} ({least:.digits$}–{most:.digits$})"))
    }
}

#[cfg(test)]
mod tests {
    use super::Rounds;

    #[test]
    fn the_median_of_none_one_two_and_three() {
        assert!(Rounds::default().median().is_nan());
        assert_eq!(Rounds(vec![4.0]).median(), 4.0);
        assert_eq!(Rounds(vec![4.0, 2.0]).median(), 3.0);
        assert_eq!(Rounds(vec![9.0, 2.0, 4.0]).median(), 4.0);
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let ratio = Rounds(vec![1.0, 30.0]).ratio(&Rounds(vec![2.0, 40.0]));
        assert_eq!(ratio.to_string(), "0.62 (0.50–0.75)");
    }
}
