//! What one peer tells of an auction: everything that its clearing can be computed from again.

use der_api::bytes::Digest;
use der_api::clearing::{PriorityProof, Proposal, active_book};
use der_api::reply::{ClearingInputs, ClearingView, ProposedContract};
use der_api::request::{QueryBook, QueryClearing, QueryClearingInputs, QueryContracts, QueryFills};
use der_market::eligibility::Rules;
use der_market::matching::{Fill, match_book};
use der_market::order::Order;
use der_market::slot::Auction;
use der_market::welfare::{WelfareProposal, fills_hash, prove};

use crate::{ClientError, MarketClient};

/// A cleared auction as a peer tells it.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// What is told of the clearing.
    pub view: ClearingView,
    /// What it stands on.
    pub inputs: ClearingInputs,
    /// The sealed book, in key order.
    pub book: Vec<Order>,
    /// The fills.
    pub fills: Vec<Fill>,
}

impl Evidence {
    /// Asks the client's peer.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code: a slot that is not cleared, or was cleared at an earlier schema.
    pub async fn of(client: &MarketClient, slot: Auction) -> Result<Self, ClientError> {
        let view = client.clearing(&QueryClearing { slot }).await?;
        let mut fills = Vec::new();
        for page in 0..view.pages().max(1) {
            fills.extend(client.fills_page(&QueryFills { slot, page }).await?.fills);
        }
        Ok(Self {
            inputs: client.clearing_inputs(&QueryClearingInputs { slot }).await?,
            book: book(client, slot).await?,
            view,
            fills,
        })
    }

    /// The book that was matched, by owner and order id.
    #[must_use]
    pub fn active(&self) -> Vec<Order> {
        active_book(self.book.clone(), &self.inputs.excluded)
    }

    /// The rules that it was matched by.
    #[must_use]
    pub fn rules(&self) -> Rules<'_> {
        rules(&self.inputs)
    }

    /// The fills that follow from it: those of the welfare proposal that won, where it is proved, or those by score.
    #[must_use]
    pub fn expected(&self, active: &[Order]) -> Vec<Fill> {
        let prices = self.inputs.welfare.as_ref().map(|welfare| &welfare.grid_prices);
        match prices.zip(self.proposal_that_won()) {
            Some((prices, proposal)) => {
                prove(active, &self.rules(), prices, proposal).map_or_else(|_| Vec::new(), |proved| proved.fills)
            }
            None => match_book(active, &self.rules()),
        }
    }

    /// What its contracts have in common.
    #[must_use]
    pub fn proposal<'a>(&'a self, active: &'a [Order]) -> Proposal<'a> {
        Proposal {
            market: &self.inputs.market,
            slot: self.inputs.slot,
            parameters: self.inputs.parameters_version,
            distances: self.inputs.distances_version,
            profile: self.inputs.parameters.profile,
            book: active,
        }
    }

    /// The welfare proposal by which the slot was cleared, if it was.
    #[must_use]
    pub fn proposal_that_won(&self) -> Option<&WelfareProposal> {
        self.inputs.welfare.as_ref()?.proposal.as_ref()
    }

    fn proposed(&self) -> Option<Digest> {
        let proposal = self.proposal_that_won()?;
        Some(fills_hash(self.inputs.slot, &proposal.fills).into())
    }

    /// The proof of priority that follows from it.
    #[must_use]
    pub fn proof(&self) -> PriorityProof<'_> {
        let inputs = &self.inputs;
        PriorityProof {
            slot: inputs.slot,
            seal: &inputs.seal,
            parameters: &inputs.parameters,
            distances: &inputs.distances,
            points: &inputs.points,
            excluded: &inputs.excluded,
            merits: &inputs.merits,
            used: &inputs.used,
            book_limit: inputs.book_limit,
            welfare: self.proposed(),
            fills: self.view.fills,
        }
    }
}

/// The rules that a book is matched by.
pub(crate) fn rules(inputs: &ClearingInputs) -> Rules<'_> {
    Rules {
        slot: inputs.slot.slot,
        parameters: &inputs.parameters,
        distances: &inputs.distances,
        points: &inputs.points,
        merits: &inputs.merits,
        used: &inputs.used,
        book_limit: usize::try_from(inputs.book_limit).unwrap_or(usize::MAX),
    }
}

/// A sealed book, in key order.
pub(crate) async fn book(client: &MarketClient, slot: Auction) -> Result<Vec<Order>, ClientError> {
    let (mut orders, mut after) = (Vec::new(), None);
    loop {
        let page = client.book_page(&QueryBook { slot, after }).await?;
        orders.extend(page.orders);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(orders),
        }
    }
}

/// All contracts of a clearing that are written.
pub(super) async fn contracts(
    client: &MarketClient,
    view: &ClearingView,
) -> Result<Vec<ProposedContract>, ClientError> {
    let mut contracts = Vec::new();
    for page in 0..view.pages().max(1) {
        let query = QueryContracts { slot: view.slot, page };
        contracts.extend(client.contracts_page(&query).await?.contracts);
    }
    Ok(contracts)
}
