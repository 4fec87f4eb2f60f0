//! Welfare mode: the fills of the greatest welfare of a sealed book, solved off the ledger and proved to the contract.

mod simplex;
mod solve;

use der_api::clearing::active_book;
use der_api::reply::WelfareProposed;
use der_api::request::{ProposeWelfare, QueryClearingInputs};
use der_market::slot::Auction;
use der_market::welfare::WelfareProposal;

pub use solve::{Unsolved, solve};

use crate::audit::evidence::{book, rules};
use crate::{ClientError, MarketClient, Receipt};

impl MarketClient {
    /// Solves a sealed book from what the client's peer tells of it.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code: the book is not sealed, or the slot clears by score. A book for which nothing can be
    /// proved is [`der_api::ErrorCode::WelfareUnsolved`].
    pub async fn welfare_proposal(&self, slot: Auction) -> Result<WelfareProposal, ClientError> {
        let inputs = self.clearing_inputs(&QueryClearingInputs { slot }).await?;
        let Some(welfare) = &inputs.welfare else {
            return Err(ClientError::not_by_welfare(slot));
        };
        let active = active_book(book(self, slot).await?, &inputs.excluded);
        solve(&active, &rules(&inputs), &welfare.grid_prices).map_err(ClientError::unsolved)
    }

    /// Solves a sealed book and proposes what was found, for the caller's organisation.
    ///
    /// # Errors
    /// As [`MarketClient::welfare_proposal`], and the contract's refusal of the proposal.
    pub async fn propose_best(&self, slot: Auction) -> Result<Receipt<WelfareProposed>, ClientError> {
        let proposal = self.welfare_proposal(slot).await?;
        self.propose_welfare(&ProposeWelfare { slot, proposal }).await
    }
}
