//! A market day with everything that it costs: processes, stages, and what the ledger says afterwards.

mod costs;
mod figures;
mod measure;
mod table;

pub use costs::Costs;
pub use figures::{Bottleneck, Figures};
pub use measure::{Setting, play};
