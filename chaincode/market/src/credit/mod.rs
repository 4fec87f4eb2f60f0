//! How conduct moves a participant's credit, and what credit asks for in advance (rule D of the model's section 8).

mod conduct;
mod hold;
mod points;
mod stability;
#[cfg(test)]
mod tests;
mod tier;

pub use conduct::{Counted, Kept, MONTHLY_WEIGHT, MonthWeights, News};
pub use hold::{HoldRates, at_entry, at_match};
pub use points::Points;
pub use stability::{STABILITY_SLOTS, Stability};
pub use tier::{CreditRules, Tier};
