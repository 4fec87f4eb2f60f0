//! The paper's case, played as its four organisations would: Table 1 goes in as orders and readings, Table 2 comes out
//! as statements.
//!
//! It runs any number of times on one channel: what is registered stays, each run takes slots that nobody has opened,
//! and the accumulated volume counts from the run's own start.

mod cast;
mod error;
mod progress;
mod row;
mod setup;
mod test_run;

pub use cast::{Cast, Role};
pub use error::CaseError;
pub use progress::{Progress, Step};
pub use row::{Difference, Row};

use der_api::ErrorCode;
use der_api::request::{QuerySlot, QueryVolumes};
use der_market::paper::CASES;
use der_market::slot::Slot;
use der_market::units::Energy;

use setup::Stage;

/// The slot in which the first run begins; the runs' slots lie side by side from here.
const FIRST_SLOT: u64 = 2_000_000;
/// One slot for each test.
const SLOTS: u64 = 3;
/// Runs looked at for free slots before giving up.
const RUNS: u64 = 10_000;

/// The case on one channel.
#[derive(Debug)]
pub struct PaperCase {
    cast: Cast,
}

impl PaperCase {
    /// The case with its players.
    #[must_use]
    pub fn new(cast: Cast) -> Self {
        Self { cast }
    }

    /// Plays the three tests, telling each step as it is done, and returns Table 2.
    ///
    /// # Errors
    /// The first refusal with who was refused what; a market with other rules; no free slots.
    pub async fn play(&self, progress: &mut dyn Progress) -> Result<Vec<Row>, CaseError> {
        let market = setup::market(&self.cast, progress).await?;
        let first = self.free_slots().await?;
        let stage = Stage::set(&self.cast, market, first, progress).await?;
        let before = self.volume(first, None).await?;
        let mut rows = Vec::with_capacity(CASES.len());
        for (case, slot) in CASES.iter().zip(first.get()..) {
            let mut row = test_run::play(&self.cast, &stage, case, slot_of(slot)?, progress).await?;
            row.volume_wh = self.volume(first, Some(row.slot)).await?.less(before);
            progress.row(&row);
            rows.push(row);
        }
        Ok(rows)
    }

    /// The first slot of the first run whose slots nobody has opened.
    async fn free_slots(&self) -> Result<Slot, CaseError> {
        let clock = self.cast.client(Role::Clock);
        for run in 0..RUNS {
            let first = slot_of(FIRST_SLOT.saturating_add(run.saturating_mul(SLOTS)))?;
            match clock.slot(&QuerySlot { slot: first.into() }).await {
                Ok(_) => {}
                Err(e) if matches!(e.code(), ErrorCode::SlotNotOpened | ErrorCode::RecordNotFound) => return Ok(first),
                Err(e) => return Err(CaseError::refused(Role::Clock, der_api::Function::QuerySlot, e)),
            }
        }
        Err(CaseError::NoFreeSlots)
    }

    /// Direct trade and grid supply accumulated through a slot, or before the run.
    async fn volume(&self, first: Slot, through: Option<Slot>) -> Result<Energy, CaseError> {
        let through = through.map_or_else(|| slot_of(first.get().saturating_sub(1)), Ok)?;
        let volumes = self.cast.client(Role::Clock).volumes(&QueryVolumes { through }).await;
        let volumes = volumes.map_err(|e| CaseError::refused(Role::Clock, der_api::Function::QueryVolumes, e))?;
        Ok(volumes.traded_wh)
    }
}

fn slot_of(index: u64) -> Result<Slot, CaseError> {
    Ok(Slot::new(index)?)
}
