#![doc = include_str!("../README.md")]

mod chart;
mod csv;
mod draw;
mod fig8;
mod fig9;
mod figure;
mod random;
mod stage;

pub use csv::csv;
pub use draw::{png, svg};
pub use fig8::{fig8, runs_in_order};
pub use fig9::fig9;
pub use figure::{Curve, Figure, Form, Origin, Panel, Point};

/// Blocks of one run, as in the paper.
pub const BLOCKS: u32 = 20;
/// Fewer runs show chance rather than the rule: of single runs about a quarter keeps the order of Figure 8's values.
pub const LEAST_RUNS: u32 = 400;
/// A run takes a few milliseconds.
pub const MOST_RUNS: u32 = 100_000;

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// Too few runs, or too many.
    #[error("a figure takes {LEAST_RUNS} to {MOST_RUNS} runs")]
    Runs,
    /// A quantity outside its unit; none in practice.
    #[error("the market refuses a quantity of the study: {0}")]
    Market(String),
    /// Plotting failed.
    #[error("cannot draw: {0}")]
    Draw(String),
}

impl From<der_market::units::UnitError> for StudyError {
    fn from(error: der_market::units::UnitError) -> Self {
        Self::Market(error.to_string())
    }
}

impl From<der_market::id::IdError> for StudyError {
    fn from(error: der_market::id::IdError) -> Self {
        Self::Market(error.to_string())
    }
}

fn check_runs(runs: u32) -> Result<(), StudyError> {
    (LEAST_RUNS..=MOST_RUNS)
        .contains(&runs)
        .then_some(())
        .ok_or(StudyError::Runs)
}
