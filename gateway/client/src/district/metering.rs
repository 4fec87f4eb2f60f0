//! Readings: every member's meter signs every slot; the metering service delivers a thousand in a transaction.

use der_api::metering::SignedReading;
use der_api::request::RecordReadings;
use der_market::slot::Slot;
use der_market::units::Energy;

use super::{District, DistrictError, Member, Outlook};

/// Readings in one transaction: the contract's limit, which keeps it below 1 MiB.
pub(super) const BATCH: usize = 1_000;

impl District {
    /// The readings of these slots, in batches.
    pub(super) fn readings(&self, slots: &[(Slot, u64)]) -> Result<Vec<RecordReadings>, DistrictError> {
        let mut readings = Vec::with_capacity(slots.len().saturating_mul(self.members.len()));
        for (slot, quarter) in slots {
            for member in &self.members {
                let energy = self.population.energy(&member.person, *quarter, Outlook::Metered)?;
                let injected = der_market::forecast::positive(energy.net());
                let consumed = der_market::forecast::positive(energy.net().saturating_neg());
                readings.push(self.signed(member, *slot, consumed, injected)?);
            }
        }
        let batches = readings.chunks(BATCH).map(|batch| RecordReadings {
            readings: batch.to_vec(),
        });
        Ok(batches.collect())
    }

    fn signed(
        &self,
        member: &Member,
        slot: Slot,
        consumed: Energy,
        injected: Energy,
    ) -> Result<SignedReading, DistrictError> {
        let signed = member.meter.measure(slot, consumed, injected, 1);
        signed.map_err(DistrictError::at("signing a reading"))
    }
}
