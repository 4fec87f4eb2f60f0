//! Revealing.

use std::collections::BTreeMap;

use der_api::reply::{OrdersAccepted, SealStatus, Stage};
use der_api::request::{Opened, QuerySeals, QuerySlot, Reveal};
use der_market::id::{OrderId, ParticipantId};
use der_market::slot::Auction;
use serde::Serialize;

use super::{BATCH, Kept, SaltFile};
use crate::{ClientError, MarketClient, Receipt};

/// An order that could not be revealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unrevealed {
    /// Whose.
    pub participant: ParticipantId,
    /// Which auction.
    pub slot: Auction,
    /// Which order.
    pub order: OrderId,
    /// Why.
    pub why: String,
}

/// What a round of revealing came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Revealing {
    /// Orders that this round revealed.
    pub revealed: u32,
    /// Orders that were revealed before.
    pub known: u32,
    /// Auctions whose gate is still open: come again.
    pub waiting: Vec<Auction>,
    /// What was refused, or has no salt in the file.
    pub unrevealed: Vec<Unrevealed>,
    /// The transactions.
    pub transactions: Vec<String>,
}

impl MarketClient {
    /// Reveals every order of the file whose gate has closed and whose time has not ended; of these auctions alone, if any are named.
    /// Where a batch is refused, each owner's orders are tried for themselves, so that one does not keep back the others. Repeating it is
    /// harmless.
    ///
    /// # Errors
    /// Fabric's refusal, or the contract's where an auction cannot be read; the salt file's.
    pub async fn reveal(&self, salts: &mut SaltFile, only: &[Auction]) -> Result<Revealing, ClientError> {
        let (mut revealing, mut due, mut past) = (Revealing::default(), Vec::new(), Vec::new());
        for slot in salts.auctions() {
            if !only.is_empty() && !only.contains(&slot) {
                continue;
            }
            match self.query(&QuerySlot { slot }).await?.stage {
                Stage::Open => revealing.waiting.push(slot),
                Stage::Closed => due.extend(self.due(salts, slot, &mut revealing).await?),
                _ => past.push(slot),
            }
        }
        for batch in due.chunks(BATCH) {
            self.open_batch(batch, &mut revealing).await?;
        }
        salts.pass(&past)?;
        Ok(revealing)
    }

    /// The kept orders of an auction whose seals stand unrevealed.
    async fn due(&self, salts: &SaltFile, slot: Auction, revealing: &mut Revealing) -> Result<Vec<Kept>, ClientError> {
        let mut by_owner: BTreeMap<&ParticipantId, Vec<&Kept>> = BTreeMap::new();
        for kept in salts.kept().iter().filter(|kept| kept.order.slot == slot) {
            by_owner.entry(&kept.participant).or_default().push(kept);
        }
        let mut due = Vec::new();
        for (participant, kept) in by_owner {
            let query = QuerySeals {
                participant: participant.clone(),
                slot,
            };
            for sealed in self.query(&query).await?.orders {
                match sealed.status {
                    SealStatus::Withdrawn => {}
                    SealStatus::Revealed => revealing.known += 1,
                    SealStatus::Sealed => match kept.iter().find(|kept| kept.seal == sealed.seal) {
                        Some(kept) => due.push((*kept).clone()),
                        None => revealing.unrevealed.push(Unrevealed {
                            participant: participant.clone(),
                            slot,
                            order: sealed.order,
                            why: "its salt is not in this file".to_owned(),
                        }),
                    },
                }
            }
        }
        Ok(due)
    }

    async fn open_batch(&self, batch: &[Kept], revealing: &mut Revealing) -> Result<(), ClientError> {
        let refusal = match self.act(&self.opened(batch)).await {
            Ok(receipt) => {
                revealing.revealed += receipt.reply.accepted;
                revealing.known += receipt.reply.known;
                revealing.transactions.push(receipt.transaction_id);
                return Ok(());
            }
            Err(error) if is_by_contract(&error) => error,
            Err(error) => return Err(error),
        };
        let place = |kept: &Kept| (kept.participant.clone(), kept.order.slot);
        let parts: Vec<&[Kept]> = batch.chunk_by(|a, b| place(a) == place(b)).collect();
        if parts.len() > 1 {
            for part in parts {
                Box::pin(self.open_batch(part, revealing)).await?;
            }
            return Ok(());
        }
        revealing.unrevealed.extend(batch.iter().map(|kept| Unrevealed {
            participant: kept.participant.clone(),
            slot: kept.order.slot,
            order: kept.order.order.clone(),
            why: refusal.to_string(),
        }));
        Ok(())
    }

    /// Reveals one order.
    pub(crate) async fn reveal_one(&self, kept: &Kept) -> Result<Receipt<OrdersAccepted>, ClientError> {
        self.act(&self.opened(std::slice::from_ref(kept))).await
    }

    fn opened(&self, batch: &[Kept]) -> Reveal {
        let open = |kept: &Kept| {
            let mut order = kept.order.clone();
            order.participant = (kept.participant != *self.participant()).then(|| kept.participant.clone());
            let salt = kept.salt.clone();
            Opened { order, salt }
        };
        Reveal {
            orders: batch.iter().map(open).collect(),
        }
    }
}

/// The contract refused the batch; anything else may pass by itself.
fn is_by_contract(error: &ClientError) -> bool {
    error.code().number() < der_api::ErrorCode::EndorsementPolicyFailure.number()
}
