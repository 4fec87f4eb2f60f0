//! Versions that a majority of the organisations agrees on, and the regulator's stop.

use der_market::grid::Distances;
use der_market::id::{PointId, ProposalId};
use der_market::participant::{CustomerClass, Source};
use der_market::slot::Slot;
use der_market::units::Distance;

use super::request;
use crate::bytes::Digest;
use crate::reply::{
    MarketAuditView, PricesView, ProposalDetail, ProposalsView, RowsAccepted, SuspensionView, VersionDetail,
    VersionLine, VersionsView, VoteAccepted,
};
use crate::version::{Content, Subject};

request! { Propose => VoteAccepted,
    /// Proposes a version for slots that are opened from a slot on; the proposer's organisation approves it by that.
    Propose {
        /// Its id, chosen by the proposer. The same id with the same content is answered again.
        proposal: ProposalId,
        /// First slot in which it is in force.
        from: Slot,
        /// The version.
        content: Content,
    }
}
request! { PublishRows => RowsAccepted,
    /// Rows of a proposed distance matrix, by the grid company; each may be published again until the version is in force.
    PublishRows {
        /// Whose rows.
        proposal: ProposalId,
        /// Place of the first of these rows.
        first: u32,
        /// Electrical distances in mΩ.
        rows: Vec<Vec<Distance>>,
    }
}
request! { Approve => VoteAccepted,
    /// The caller's organisation approves.
    Approve {
        /// Which proposal.
        proposal: ProposalId,
        /// SHA-256 of the content that is approved.
        digest: Digest,
    }
}
request! { Reject => VoteAccepted,
    /// The caller's organisation rejects, or takes its approval back.
    Reject {
        /// Which proposal.
        proposal: ProposalId,
        /// SHA-256 of the content that is rejected.
        digest: Digest,
    }
}
request! { Enact => VersionLine,
    /// Makes an approved proposal the next version, in force for slots opened from its slot on.
    Enact {
        /// Which proposal.
        proposal: ProposalId,
    }
}
request! { SuspendMarket => SuspensionView,
    /// The regulator stops the opening of gates, order entry and matching. Metering and settlement go on.
    SuspendMarket {}
}
request! { ResumeMarket => SuspensionView,
    /// The regulator ends the market's suspension.
    ResumeMarket {}
}
request! { QueryProposal => ProposalDetail,
    /// A proposal with its content and votes.
    QueryProposal {
        /// Which.
        proposal: ProposalId,
    }
}
request! { QueryProposals => ProposalsView,
    /// Every proposal with its votes.
    QueryProposals {}
}
request! { QueryVersions => VersionsView,
    /// Every version of a subject.
    QueryVersions {
        /// Of what.
        subject: Subject,
    }
}
request! { QueryVersion => VersionDetail,
    /// A version's content, old ones too.
    QueryVersion {
        /// Of what.
        subject: Subject,
        /// Which.
        version: u32,
    }
}
request! { QueryDistances => Distances,
    /// A version's distances between some points.
    QueryDistances {
        /// Which version.
        version: u32,
        /// The points.
        points: Vec<PointId>,
    }
}
request! { QueryPrices => PricesView,
    /// R and F in a slot: as it keeps them, or as it would be opened now.
    QueryPrices {
        /// Which slot.
        slot: Slot,
        /// Customer class, for R.
        class: CustomerClass,
        /// Energy type, for F.
        source: Source,
    }
}
request! { QueryMarketAudit => MarketAuditView,
    /// Members, versions, proposals, votes and suspension at one look: for the regulator.
    QueryMarketAudit {}
}
