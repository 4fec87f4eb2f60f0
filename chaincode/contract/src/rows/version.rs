//! Proposals, votes and versions.

use der_api::bytes::Digest;
use der_api::reply::VersionLine;
use der_api::version::{Content, MatrixHead};
use der_market::id::{ParticipantId, ProposalId};
use der_market::slot::Slot;
use der_market::units::Distance;
use serde::{Deserialize, Serialize};

row! {
    /// A proposal; it never changes.
    Proposal {
        /// Its id.
        proposal: ProposalId,
        /// Who proposed it.
        by: ParticipantId,
        /// First slot in which it would be in force.
        from: Slot,
        /// SHA-256 of the content.
        digest: Digest,
        /// The content.
        content: Content,
    }
}
row! {
    /// An organisation's vote on a proposal.
    Vote {
        /// Who gave it.
        by: ParticipantId,
        /// For or against.
        approves: bool,
    }
}
row! {
    /// A proposal became a version.
    Enacted {
        /// Which.
        version: u32,
    }
}
/// Which versions of a subject there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionsHead {
    /// In the order of their numbers.
    pub versions: Vec<VersionLine>,
}

row! {
    /// A distance matrix whose rows stand apart.
    MatrixVersion {
        /// The proposal under which its rows are kept.
        proposal: ProposalId,
        /// Points and root.
        head: MatrixHead,
        /// D_ref.
        reference_mohm: Distance,
    }
}
row! {
    /// A row of a distance matrix.
    MatrixRow {
        /// mΩ.
        row: Vec<Distance>,
    }
}
row! {
    /// The regulator's stop of the market.
    MarketSuspension {
        /// True while it is stopped.
        suspended: bool,
    }
}
