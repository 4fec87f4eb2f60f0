//! Proposals and what becomes of them.

use der_market::id::{MspId, ProposalId};
use der_market::slot::Slot;

use crate::bytes::Digest;
use crate::version::Subject;

event! {
    /// A version was proposed.
    ProposalMade {
        /// Which proposal.
        proposal: ProposalId,
        /// What it is a version of.
        subject: Subject,
        /// SHA-256 of its content.
        digest: Digest,
        /// First slot in which it would be in force.
        from: Slot,
    }
    /// An organisation voted.
    VoteGiven {
        /// On which proposal.
        proposal: ProposalId,
        /// Whose vote.
        msp: MspId,
        /// For or against.
        approves: bool,
    }
    /// Rows of a proposed matrix are there.
    RowsPublished {
        /// Of which proposal.
        proposal: ProposalId,
        /// Place of the first.
        first: u32,
        /// How many.
        rows: u32,
    }
    /// A proposal is the next version.
    VersionEnacted {
        /// Which proposal.
        proposal: ProposalId,
        /// Of what.
        subject: Subject,
        /// Which version.
        version: u32,
        /// First slot in which it is in force.
        from: Slot,
    }
}
