//! Versions by proposal, and the regulator's stop.

use der_api::bytes::Digest;
use der_api::request::{
    Approve, Enact, Propose, PublishRows, QueryDistances, QueryMarketAudit, QueryPrices, QueryProposal, QueryProposals,
    QueryVersion, QueryVersions, Reject, Request, ResumeMarket, SuspendMarket,
};
use der_market::grid::Distances;
use der_market::id::ProposalId;

use crate::market_client::{queries, submits};
use crate::{ClientError, MarketClient, Receipt};

/// Entries of a matrix that one transaction publishes at most: eleven bytes each, and room for the rest.
const ENTRIES: usize = 60_000;

submits! {
    /// Proposes a version; the caller's organisation approves it by that.
    propose: Propose;
    /// Publishes rows of a proposed distance matrix.
    publish_rows: PublishRows;
    /// Approves for the caller's organisation.
    approve: Approve;
    /// Rejects for the caller's organisation.
    reject: Reject;
    /// Makes an approved proposal the next version.
    enact: Enact;
    /// Stops gates, orders and matching.
    suspend_market: SuspendMarket;
    /// Ends the market's suspension.
    resume_market: ResumeMarket;
}

queries! {
    /// A proposal with its content and votes.
    proposal_view: QueryProposal;
    /// Every proposal with its votes.
    proposals: QueryProposals;
    /// Every version of a subject.
    versions: QueryVersions;
    /// A version's content.
    version: QueryVersion;
    /// A version's distances between some points.
    distances: QueryDistances;
    /// R and F of a customer class and an energy type in a slot.
    prices: QueryPrices;
    /// Versions, proposals, votes and suspension, for the regulator.
    market_audit: QueryMarketAudit;
}

impl MarketClient {
    /// SHA-256 of what a proposal holds, as a vote names it.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn proposal_digest(&self, proposal: &ProposalId) -> Result<Digest, ClientError> {
        let proposal = proposal.clone();
        Ok(self.query(&QueryProposal { proposal }).await?.proposal.digest)
    }
}

/// The transactions that publish a matrix's rows, each within a transaction's size.
#[must_use]
pub fn row_batches(proposal: &ProposalId, matrix: &Distances) -> Vec<PublishRows> {
    let rows_each = (ENTRIES / matrix.rows.len().max(1)).max(1);
    let firsts = (0..).step_by(rows_each);
    let batch = |(first, rows): (u32, &[_])| PublishRows {
        proposal: proposal.clone(),
        first,
        rows: rows.to_vec(),
    };
    firsts.zip(matrix.rows.chunks(rows_each)).map(batch).collect()
}

#[cfg(test)]
mod tests {
    use der_api::codec;
    use der_api::function::BATCH_LIMIT;
    use der_market::grid::GOVERNED_MATRIX_LIMIT;
    use der_market::units::Distance;

    use super::*;

    #[test]
    fn the_largest_matrix_fits_its_batches() {
        let size = GOVERNED_MATRIX_LIMIT;
        let matrix = Distances {
            rows: vec![vec![Distance::MOST; size]; size],
            ..Distances::default()
        };
        let batches = row_batches(&"m".parse().unwrap(), &matrix);
        assert_eq!(batches.iter().map(|batch| batch.rows.len()).sum::<usize>(), size);
        let mut next = 0;
        for batch in &batches {
            assert_eq!(batch.first, next);
            next += u32::try_from(batch.rows.len()).unwrap();
            assert!(codec::encode(batch).unwrap().len() <= BATCH_LIMIT);
        }
    }
}
