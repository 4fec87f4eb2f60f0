//! A figure as numbers, before it is drawn.

/// Where a curve comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Values that the paper's note names.
    Paper,
    /// A reading of the paper's note.
    Inferred,
    /// This market's matching and planning.
    Engine,
}

impl Origin {
    /// One word, for the CSV and the legend.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Inferred => "inferred",
            Self::Engine => "engine",
        }
    }
}

/// A place of a curve: the mean of all runs, and the band of nine runs in ten.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Where on the axis.
    pub x: f64,
    /// What stands there.
    pub name: String,
    /// Mean.
    pub mean: f64,
    /// One run in twenty is below.
    pub low: f64,
    /// One run in twenty is above.
    pub high: f64,
}

impl Point {
    /// A place from the values of its runs.
    pub(crate) fn of_runs(x: f64, name: impl Into<String>, mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share: usize| values.get(values.len().saturating_sub(1) * share / 100).copied();
        let count = u32::try_from(values.len()).unwrap_or(u32::MAX).max(1);
        Self {
            x,
            name: name.into(),
            mean: values.iter().sum::<f64>() / f64::from(count),
            low: at(5).unwrap_or(0.0),
            high: at(95).unwrap_or(0.0),
        }
    }

    /// A place that is given, not computed.
    pub(crate) fn given(x: f64, name: impl Into<String>, value: f64) -> Self {
        Self {
            x,
            name: name.into(),
            mean: value,
            low: value,
            high: value,
        }
    }
}

/// A curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// What it shows.
    pub name: &'static str,
    /// Where it comes from.
    pub origin: Origin,
    /// Its points.
    pub points: Vec<Point>,
}

/// How a panel's curves are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines over numbers.
    Lines,
    /// Bars over names.
    Bars,
}

/// Curves over one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What it says.
    pub title: String,
    /// Name of the horizontal axis.
    pub axis: &'static str,
    /// Ends of the horizontal axis.
    pub range: (f64, f64),
    /// How it is drawn.
    pub form: Form,
    /// Its curves.
    pub curves: Vec<Curve>,
}

/// A figure of the paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// `fig8` or `fig9`.
    pub name: &'static str,
    /// Above the whole.
    pub title: &'static str,
    /// Left to right.
    pub panels: Vec<Panel>,
    /// Where its random numbers start.
    pub seed: u64,
    /// How many runs.
    pub runs: u32,
}

impl Figure {
    /// What line, band and bar are, and how to compute the figure again.
    #[must_use]
    pub fn caption(&self) -> String {
        format!(
            "Means of {} runs of {} blocks; bands and whiskers hold nine runs in ten. Seed {}: der study {} --runs {} --seed {}",
            self.runs,
            crate::BLOCKS,
            self.seed,
            self.name,
            self.runs,
            self.seed
        )
    }
}
