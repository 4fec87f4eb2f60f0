//! A slot matched whole: cleared, and all of its contracts written.

use der_api::ErrorCode;
use der_api::reply::ClearingView;
use der_api::request::{Clear, QueryClearing, WriteContracts};
use der_market::slot::Auction;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{ClientError, MarketClient, Receipt};

/// Pages of contracts that are under way at once.
const PAGES_AT_ONCE: usize = 4;

impl MarketClient {
    /// Clears a slot and writes the contracts of a large book page by page. A slot that was cleared before gets the pages that it lacks.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn match_slot(&self, slot: Auction) -> Result<Receipt<ClearingView>, ClientError> {
        let receipt = match self.clear(&Clear { slot }).await {
            Ok(receipt) => receipt,
            Err(refusal) if refusal.code() == ErrorCode::WrongStage => self.cleared_before(slot, refusal).await?,
            Err(error) => return Err(error),
        };
        self.write_pages(&receipt.reply).await?;
        Ok(receipt)
    }

    /// Writes the contracts of a large book page by page; those of a small one stand already.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn write_pages(&self, clearing: &ClearingView) -> Result<(), ClientError> {
        let slot = clearing.slot;
        let pages = stream::iter((0..clearing.pages()).map(|page| WriteContracts { slot, page }));
        pages
            .map(|page| async move { self.write_contracts(&page).await.map(drop) })
            .buffer_unordered(PAGES_AT_ONCE)
            .try_collect()
            .await
    }

    /// The clearing of a slot whose contracts are not all written yet; the refusal where it is matched, or not sealed.
    async fn cleared_before(&self, slot: Auction, refusal: ClientError) -> Result<Receipt<ClearingView>, ClientError> {
        match self.clearing(&QueryClearing { slot }).await {
            Ok(reply) if reply.pages() > 0 => Ok(Receipt {
                reply,
                transaction_id: String::new(),
                block: None,
            }),
            _ => Err(refusal),
        }
    }
}
