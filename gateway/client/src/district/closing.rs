//! The end of a day: holds are released, accounts folded, credit rolled, certificates accrued.

use der_api::ErrorCode;
use der_api::request::{
    AccrueCertificates, FOLD_LIMIT, FoldAccounts, RELEASE_LIMIT, ROLL_LIMIT, RecordReadings, ReleaseHolds, RollCredit,
    Settle,
};
use der_market::billing::Billing;
use der_market::calendar::Date;
use der_market::id::ParticipantId;
use der_market::journal::Account;
use der_market::participant::Source;
use der_market::slot::{Auction, Slot};
use der_market::units::Energy;

use super::{District, DistrictError, Member};
use crate::ClientError;

impl District {
    /// Settles the first slot of the next day from one reading: by it the ledger knows that the day is over.
    pub(super) async fn begin_next_day(&self, next: Slot) -> Result<(), ClientError> {
        let Some(member) = self.members.first() else {
            return Ok(());
        };
        let reading = member.meter.measure(next, Energy::ZERO, Energy::ZERO, 1)?;
        let request = RecordReadings {
            readings: vec![reading],
        };
        self.staff.meters.record_readings(&request).await?;
        self.staff.clock.settle(&Settle { slot: next }).await?;
        Ok(())
    }

    /// A member takes back what its orders held.
    pub(super) async fn release(&self, member: &Member, auctions: &[Auction]) -> Result<(), ClientError> {
        for some in auctions.chunks(RELEASE_LIMIT) {
            let request = ReleaseHolds {
                auctions: some.to_vec(),
                contracts: Vec::new(),
                days: Vec::new(),
            };
            self.done(member.client.release_holds(&request)).await?;
        }
        Ok(())
    }

    /// Sums up the day of everybody's accounts, and of the companies'.
    pub(super) fn folds(&self, slot: Slot) -> Vec<FoldAccounts> {
        let day = Billing::default().day_of(slot);
        let members = self.members.iter().map(|member| Account::Participant(member.id()));
        let accounts: Vec<Account> = members.chain([Account::Grid, Account::Retail]).collect();
        let fold = |accounts: &[Account]| FoldAccounts {
            day,
            accounts: accounts.to_vec(),
        };
        accounts.chunks(FOLD_LIMIT).map(fold).collect()
    }

    /// Counts the day into everybody's credit.
    pub(super) fn rolls(&self, slot: Slot, at: Slot) -> Vec<RollCredit> {
        let day = Billing::default().day_of(slot);
        let people: Vec<ParticipantId> = self.members.iter().map(Member::id).collect();
        let roll = |participants: &[ParticipantId]| RollCredit {
            day,
            at,
            participants: participants.to_vec(),
        };
        people.chunks(ROLL_LIMIT).map(roll).collect()
    }

    /// A plant's certificates of the day; a store has none.
    pub(super) async fn accrue(&self, member: &Member, date: Date) -> Result<(), ClientError> {
        let plant = member
            .plant
            .clone()
            .filter(|_| member.person.kind.source() != Source::Storage);
        let Some(plant) = plant else { return Ok(()) };
        match self
            .done(member.client.submit(&AccrueCertificates { plant, date }))
            .await
        {
            Err(error) if error.code() == ErrorCode::NothingSettled => Ok(()),
            outcome => outcome.map(drop),
        }
    }
}

/// The slot after a day.
pub(super) fn next_day(day: &[Slot]) -> Result<Slot, DistrictError> {
    let last = day.last().ok_or(DistrictError::NoSuchDay)?;
    Ok(Slot::new(last.get().saturating_add(1))?)
}
