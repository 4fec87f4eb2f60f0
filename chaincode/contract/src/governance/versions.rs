//! Which version of what is in force in a slot.

use der_api::reply::{Pinned, VersionLine};
use der_api::schema::WHOLE_MARKET;
use der_api::version::Subject;
use der_market::parameters::Parameters;
use der_market::slot::Slot;

use crate::context::Context;
use crate::error::ContractError;
use crate::rows::VersionsHead;
use crate::schema;
use crate::view::LedgerView;

/// Versions that a slot is opened under.
pub(crate) struct InForce {
    pub(crate) parameters: u32,
    /// 0 for none.
    pub(crate) distances: u32,
    pub(crate) schedule: Option<u32>,
    pub(crate) calendar: Option<u32>,
}

impl InForce {
    /// What a gate keeps of schedule and calendar.
    pub(crate) fn pinned(&self) -> Option<Pinned> {
        let pinned = Pinned {
            schedule: self.schedule,
            calendar: self.calendar,
        };
        (pinned != Pinned::default()).then_some(pinned)
    }
}

/// The versions of a subject: those that were enacted, after the one that was founded or published without a proposal.
pub(crate) async fn head_of<V: LedgerView>(
    cx: &Context<'_, V>,
    subject: Subject,
) -> Result<VersionsHead, ContractError> {
    if let Some(head) = cx.ledger.get(&schema::versions(&subject)).await? {
        return Ok(head);
    }
    let version = match subject {
        Subject::Parameters => cx.market.parameters,
        Subject::Distances => published_distances(cx).await?,
        Subject::Schedule | Subject::Calendar => 0,
    };
    let founded = VersionLine {
        version,
        from: Slot::LEAST,
        proposal: None,
    };
    Ok(VersionsHead {
        versions: if version == 0 { Vec::new() } else { vec![founded] },
    })
}

async fn published_distances<V: LedgerView>(cx: &Context<'_, V>) -> Result<u32, ContractError> {
    let head = cx.ledger.get(&schema::distances_head()).await?;
    Ok(head.map_or(0, |head| head.version))
}

/// The version whose slot has come last; of two with the same slot the later version.
pub(super) fn at(head: &VersionsHead, slot: Slot) -> Option<u32> {
    let come = head.versions.iter().filter(|line| line.from <= slot);
    come.max_by_key(|line| (line.from, line.version))
        .map(|line| line.version)
}

/// The versions in force in a slot. A ledger before schema 3 has one of each and no more.
pub(crate) async fn in_force<V: LedgerView>(cx: &Context<'_, V>, slot: Slot) -> Result<InForce, ContractError> {
    if cx.schema < WHOLE_MARKET {
        return Ok(InForce {
            parameters: cx.market.parameters,
            distances: published_distances(cx).await?,
            schedule: None,
            calendar: None,
        });
    }
    let version = async |subject| Ok::<_, ContractError>(at(&head_of(cx, subject).await?, slot));
    Ok(InForce {
        parameters: version(Subject::Parameters).await?.unwrap_or(cx.market.parameters),
        distances: version(Subject::Distances).await?.unwrap_or(0),
        schedule: version(Subject::Schedule).await?,
        calendar: version(Subject::Calendar).await?,
    })
}

/// The rules in force in a slot.
pub(crate) async fn rules_in_force<V: LedgerView>(
    cx: &Context<'_, V>,
    slot: Slot,
) -> Result<Parameters, ContractError> {
    let version = at(&head_of(cx, Subject::Parameters).await?, slot);
    cx.parameters(version.unwrap_or(cx.market.parameters)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_slot_that_has_come_wins_and_of_equal_ones_the_later_version() {
        let line = |(version, from)| VersionLine {
            version,
            from: Slot::new(from).unwrap(),
            proposal: None,
        };
        let head = VersionsHead {
            versions: [(1, 0), (2, 100), (3, 50), (4, 100)].map(line).to_vec(),
        };
        let at = |slot| at(&head, Slot::new(slot).unwrap());
        assert_eq!(
            [at(0), at(49), at(50), at(99), at(100), at(101)],
            [1, 1, 3, 3, 4, 4].map(Some)
        );
        assert_eq!(super::at(&VersionsHead::default(), Slot::LEAST), None);
    }
}
