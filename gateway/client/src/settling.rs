//! A settlement with all of its pages.

use der_api::ErrorCode;
use der_api::reply::SettlementView;
use der_api::request::{CorrectSlot, QuerySettlement, Settle, SettlePage};
use der_market::slot::Slot;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{ClientError, MarketClient, Receipt};

/// Pages under way at once; they do not read each other, but each is a large transaction.
const PAGES_AT_ONCE: usize = 4;

impl MarketClient {
    /// Settles a slot and books every page. A slot that was allotted before goes on with the pages that are left. `booked` is told
    /// after each page how many there are.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code. A slot that is settled with all of its pages is refused.
    pub async fn settle_whole(&self, slot: Slot, booked: impl Fn(u32)) -> Result<Receipt<SettlementView>, ClientError> {
        match self.settle(&Settle { slot }).await {
            Ok(receipt) => self.with_pages(receipt, booked).await,
            Err(error) if error.code() == ErrorCode::AlreadySettled => self.go_on(slot, error, booked).await,
            Err(error) => Err(error),
        }
    }

    /// Corrects a slot by its latest readings and books every page.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn correct_whole(
        &self,
        slot: Slot,
        booked: impl Fn(u32),
    ) -> Result<Receipt<SettlementView>, ClientError> {
        let receipt = self.correct_slot(&CorrectSlot { slot }).await?;
        self.with_pages(receipt, booked).await
    }

    async fn go_on(
        &self,
        slot: Slot,
        settled: ClientError,
        booked: impl Fn(u32),
    ) -> Result<Receipt<SettlementView>, ClientError> {
        let reply = self.settlement(&QuerySettlement { slot }).await?;
        if !is_left(&reply) {
            return Err(settled);
        }
        let receipt = Receipt {
            reply,
            transaction_id: settled.transaction_id().unwrap_or_default().to_owned(),
            block: None,
        };
        self.with_pages(receipt, booked).await
    }

    /// Books the pages in the order of their versions: a later version takes back lines of the earlier ones.
    async fn with_pages(
        &self,
        mut receipt: Receipt<SettlementView>,
        booked: impl Fn(u32),
    ) -> Result<Receipt<SettlementView>, ClientError> {
        if !is_left(&receipt.reply) {
            return Ok(receipt);
        }
        let slot = receipt.reply.slot;
        let versions = receipt.reply.course.as_ref().map_or(&[][..], |course| &course.versions);
        for version in versions {
            let pages = version.first_page..version.first_page.saturating_add(version.pages);
            let page = |page| async move { self.settle_page(&SettlePage { slot, page }).await };
            let mut done = stream::iter(pages).map(page).buffer_unordered(PAGES_AT_ONCE);
            while let Some(page) = done.try_next().await? {
                booked(page.reply.page.saturating_add(1));
            }
        }
        receipt.reply = self.settlement(&QuerySettlement { slot }).await?;
        Ok(receipt)
    }
}

fn is_left(view: &SettlementView) -> bool {
    view.course.as_ref().is_some_and(|course| course.booked < view.pages)
}
