//! What a participant's conduct in trading costs in credit, beyond what its deliveries earn.

use serde::{Deserialize, Serialize};

use crate::id::{ContractId, ParticipantId};
use crate::slot::Auction;

/// Credit points for refusing a contract or letting it expire, in thousandths.
pub const UNCONFIRMED: u32 = 5_000;
/// Credit points for each order that was sealed and not revealed, in thousandths.
pub const UNREVEALED: u32 = 20_000;

/// What somebody did, or left undone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offence {
    /// Refused a proposed contract.
    Refused(ContractId),
    /// Did not answer a proposed contract in time.
    Expired(ContractId),
    /// Did not reveal sealed orders; what one of them costs.
    Unrevealed,
}

impl Offence {
    /// Its cost in thousandths of a credit point.
    pub const fn points(&self) -> u32 {
        match self {
            Self::Refused(_) | Self::Expired(_) => UNCONFIRMED,
            Self::Unrevealed => UNREVEALED,
        }
    }
}

/// An offence of a participant, to be taken off its credit by the next roll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Penalty {
    /// Whose.
    pub participant: ParticipantId,
    /// In which auction.
    pub slot: Auction,
    /// What.
    pub offence: Offence,
    /// Thousandths of a credit point.
    pub points: u32,
}

impl Penalty {
    /// The penalty of an offence.
    pub const fn of(participant: ParticipantId, slot: Auction, offence: Offence) -> Self {
        let points = offence.points();
        Self {
            participant,
            slot,
            offence,
            points,
        }
    }

    /// The penalty for so many sealed orders that were not revealed. Each costs: else a ladder of prices could be sealed, and the rung
    /// chosen when the others' orders are known.
    pub const fn unrevealed(participant: ParticipantId, slot: Auction, orders: u32) -> Self {
        let mut penalty = Self::of(participant, slot, Offence::Unrevealed);
        penalty.points = penalty.points.saturating_mul(orders);
        penalty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_points() {
        let id = ContractId::new("1-00001").unwrap();
        assert_eq!(Offence::Refused(id.clone()).points(), 5_000);
        assert_eq!(Offence::Expired(id).points(), 5_000);
        assert_eq!(Offence::Unrevealed.points(), 20_000);
        let who: ParticipantId = "M:alice".parse().unwrap();
        let slot: Auction = "7".parse().unwrap();
        assert_eq!(Penalty::unrevealed(who.clone(), slot, 3).points, 60_000);
        assert_eq!(Penalty::unrevealed(who, slot, u32::MAX).points, u32::MAX);
    }
}
