//! Sealing.

use std::collections::{BTreeMap, BTreeSet};

use der_api::bytes::Digest;
use der_api::reply::{OrdersAccepted, SealStatus};
use der_api::request::{NewOrder, NewSeal, QueryMarket, QuerySeals, Seal};
use der_market::id::{OrderId, ParticipantId};
use der_market::slot::Auction;

use super::{BATCH, Kept, SaltFile};
use crate::{ClientError, MarketClient, Receipt};

/// The seals that stand, by owner, auction and order.
type Standing = BTreeMap<(ParticipantId, Auction, OrderId), Digest>;

impl MarketClient {
    /// Seals orders, the caller's own where they name nobody: the salts are on the disk before anything is sent. Repeating it is
    /// harmless. With `amends` an order whose content has changed has its seal replaced.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code; the salt file's.
    pub async fn seal(
        &self,
        salts: &mut SaltFile,
        orders: &[NewOrder],
        amends: bool,
    ) -> Result<Vec<Receipt<OrdersAccepted>>, ClientError> {
        let market = self.query(&QueryMarket {}).await?.market;
        let owned: Vec<_> = orders
            .iter()
            .map(|order| {
                let owner = order.participant.as_ref().unwrap_or_else(|| self.participant());
                (owner.clone(), order.clone())
            })
            .collect();
        let kept = salts.keep(&market, &owned, amends)?;
        self.seal_kept(&kept, amends).await
    }

    /// Sends seals whose salts are kept.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn seal_kept(&self, kept: &[Kept], amends: bool) -> Result<Vec<Receipt<OrdersAccepted>>, ClientError> {
        let standing = if amends {
            self.standing_seals(kept).await?
        } else {
            Standing::new()
        };
        let mut receipts = Vec::new();
        for batch in kept.chunks(BATCH) {
            receipts.push(self.seal_batch(batch, &standing).await?);
        }
        Ok(receipts)
    }

    /// Sends one new seal.
    pub(crate) async fn seal_one(&self, kept: &Kept) -> Result<Receipt<OrdersAccepted>, ClientError> {
        self.seal_batch(std::slice::from_ref(kept), &Standing::new()).await
    }

    async fn seal_batch(&self, batch: &[Kept], standing: &Standing) -> Result<Receipt<OrdersAccepted>, ClientError> {
        let orders = batch.iter().map(|kept| self.new_seal(kept, standing)).collect();
        self.act(&Seal { orders }).await
    }

    fn new_seal(&self, kept: &Kept, standing: &Standing) -> NewSeal {
        let order = kept.order.order.clone();
        let place = (kept.participant.clone(), kept.order.slot, order.clone());
        NewSeal {
            participant: (kept.participant != *self.participant()).then(|| kept.participant.clone()),
            order,
            slot: kept.order.slot,
            seal: kept.seal,
            replaces: standing.get(&place).filter(|seal| **seal != kept.seal).copied(),
        }
    }

    async fn standing_seals(&self, kept: &[Kept]) -> Result<Standing, ClientError> {
        let mut standing = Standing::new();
        let places: BTreeSet<_> = kept
            .iter()
            .map(|kept| (kept.participant.clone(), kept.order.slot))
            .collect();
        for (participant, slot) in places {
            let query = QuerySeals {
                participant: participant.clone(),
                slot,
            };
            let sealed = self.query(&query).await?.orders.into_iter();
            standing.extend(
                sealed
                    .filter(|order| order.status == SealStatus::Sealed)
                    .map(|order| ((participant.clone(), slot, order.order), order.seal)),
            );
        }
        Ok(standing)
    }
}
