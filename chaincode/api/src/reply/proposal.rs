//! Proposals, votes and versions.

use der_market::id::{MspId, ParticipantId, ProposalId};
use der_market::slot::Slot;
use der_market::units::{Distance, Price};
use serde::{Deserialize, Serialize};

use super::MembersView;
use crate::bytes::Digest;
use crate::version::{Content, Subject};

reply! {
    /// An organisation's vote was taken.
    VoteAccepted {
        /// On which proposal.
        proposal: ProposalId,
        /// SHA-256 of its content.
        digest: Digest,
        /// Whose.
        msp: MspId,
        /// For or against.
        approves: bool,
    }
}
reply! {
    /// Rows were taken.
    RowsAccepted {
        /// Of which proposal.
        proposal: ProposalId,
        /// How many.
        rows: u32,
    }
}
reply! {
    /// A version by its number.
    VersionLine {
        /// Which.
        version: u32,
        /// First slot in which it is in force.
        from: Slot,
        /// The proposal that it came of; none for one that was founded or published.
        proposal: Option<ProposalId>,
    }
}
reply! {
    /// Versions of a subject, in the order of their numbers. Of those whose slot has come, the one with the latest slot is in force; of
    /// two with the same slot, the later version.
    VersionsView {
        /// Of what.
        subject: Subject,
        /// The versions.
        versions: Vec<VersionLine>,
    }
}
reply! {
    /// A version and its content.
    VersionDetail {
        /// Of what.
        subject: Subject,
        /// Which.
        version: u32,
        /// The content.
        content: Content,
        /// D_ref of a distance matrix.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference_mohm: Option<Distance>,
    }
}

/// How far a proposal has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalStatus {
    /// Votes are missing.
    Open,
    /// Enough organisations approve: it can be enacted.
    Approved,
    /// So many reject that the rest is too few.
    Rejected,
    /// It is a version.
    Enacted,
}

reply! {
    /// One organisation's vote.
    VoteView {
        /// Whose.
        msp: MspId,
        /// Who gave it.
        by: ParticipantId,
        /// For or against.
        approves: bool,
    }
}
reply! {
    /// A proposal without its content.
    ProposalView {
        /// Its id.
        proposal: ProposalId,
        /// Who proposed it.
        by: ParticipantId,
        /// What it is a version of.
        subject: Subject,
        /// SHA-256 of its content.
        digest: Digest,
        /// First slot in which it would be in force.
        from: Slot,
        /// Votes of present members.
        votes: Vec<VoteView>,
        /// Approvals that it needs: more than half of the members.
        needed: u32,
        /// How far it has come.
        status: ProposalStatus,
        /// The version that it became.
        version: Option<u32>,
    }
}
reply! {
    /// A proposal and its content.
    ProposalDetail {
        /// The proposal.
        proposal: ProposalView,
        /// The content.
        content: Content,
    }
}
reply! {
    /// Proposals by their ids.
    ProposalsView {
        /// All of them.
        proposals: Vec<ProposalView>,
    }
}
reply! {
    /// Whether the regulator has stopped the market.
    SuspensionView {
        /// True while it is stopped.
        suspended: bool,
    }
}
reply! {
    /// The grid's two prices in a slot, µyuan/kWh.
    PricesView {
        /// Which slot.
        slot: Slot,
        /// R of the class.
        retail: Price,
        /// F of the energy type.
        feed_in: Price,
    }
}
reply! {
    /// What the regulator audits.
    MarketAuditView {
        /// The members.
        members: MembersView,
        /// The regulator's stop.
        suspension: SuspensionView,
        /// Versions, by subject.
        versions: Vec<VersionsView>,
        /// Proposals with their votes.
        proposals: Vec<ProposalView>,
    }
}
