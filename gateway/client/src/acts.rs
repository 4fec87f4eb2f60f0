//! Acts of which the ledger tells whether they happened: done once, whatever becomes of the connection.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use der_api::bytes::Digest;
use der_api::contract::ContractTerms;
use der_api::reply::{
    AnswerAccepted, ClearingView, ConfirmationView, ContractStatus, OrderAccepted, OrderView, OrdersAccepted, PlanView,
    ReadingsAccepted, SettlementView, SlotView, Stage,
};
use der_api::request::{
    Amend, Clear, CloseGate, Confirm, EndConfirmation, EndReveal, OpenSlot, Plan, PostBid, PostOffer, QueryClearing,
    QueryContract, QueryOrder, QueryPlan, QuerySettlement, QuerySlot, RecordReadings, Request, Reveal, Seal, SealBook,
    Settle, WithdrawMany,
};
use der_api::{ErrorCode, codec};
use der_market::id::ParticipantId;
use der_market::participant::Side;
use der_market::slot::Auction;
use tokio::time::sleep;

use crate::{ClientError, MarketClient, Receipt, market_client::PAUSE};

/// How often an act with an unknown commit is looked for and sent again.
const ROUNDS: u32 = 3;

/// An act that leaves its trace on the ledger.
///
/// Sending it again after looking in vain is safe: both transactions read the same rows, so that at most one of them is valid.
pub(crate) trait Act: Request {
    /// The reply as the ledger gives it, where the act has happened. `after` is the newest error: a refusal after a lost answer may
    /// itself be the trace.
    fn trace(&self, client: &MarketClient, after: &ClientError) -> impl Future<Output = Option<Self::Reply>> + Send;
}

impl MarketClient {
    /// Submits an act; after an unknown commit looks for its trace and, where there is none, sends it again.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code; [`ErrorCode::CommitUnknown`] when the network stays silent.
    pub(crate) async fn act<A: Act>(&self, act: &A) -> Result<Receipt<A::Reply>, ClientError> {
        let mut unknown: Option<ClientError> = None;
        for _ in 0..ROUNDS {
            let error = match self.submit(act).await {
                Ok(receipt) => return Ok(receipt),
                Err(error) => error,
            };
            let lost = error.code() == ErrorCode::CommitUnknown;
            if !lost && unknown.is_none() {
                return Err(error);
            }
            let patience = if lost { Duration::ZERO } else { self.patience };
            if let Some(reply) = self.trace_within(patience, act, &error).await {
                let first = unknown.as_ref().unwrap_or(&error);
                return Ok(Receipt {
                    reply,
                    transaction_id: first.transaction_id().unwrap_or_default().to_owned(),
                    block: None,
                });
            }
            if !lost {
                return Err(error);
            }
            tracing::warn!(function = A::FUNCTION.name(), %error, "commit unknown and no trace of it: sending it again");
            unknown.get_or_insert(error);
        }
        Err(unknown.unwrap_or_else(|| ClientError::internal("no round was made")))
    }

    /// A refusal after a lost answer may be the echo of the first transaction's success, which the peer that is asked has not seen yet.
    async fn trace_within<A: Act>(&self, patience: Duration, act: &A, after: &ClientError) -> Option<A::Reply> {
        let given_up = Instant::now() + patience;
        loop {
            let trace = act.trace(self, after).await;
            if trace.is_some() || Instant::now() + PAUSE >= given_up {
                return trace;
            }
            sleep(PAUSE).await;
        }
    }

    async fn slot_from(&self, slot: Auction, stage: Stage) -> Option<SlotView> {
        let view = self.query(&QuerySlot { slot }).await.ok()?;
        (view.stage >= stage).then_some(view)
    }
}

impl Act for OpenSlot {
    async fn trace(&self, client: &MarketClient, _: &ClientError) -> Option<SlotView> {
        client.slot_from(self.slot, Stage::Open).await
    }
}

impl Act for CloseGate {
    async fn trace(&self, client: &MarketClient, _: &ClientError) -> Option<SlotView> {
        client.slot_from(self.slot, Stage::Closed).await
    }
}

impl Act for EndReveal {
    async fn trace(&self, client: &MarketClient, _: &ClientError) -> Option<SlotView> {
        client.slot_from(self.slot, Stage::Revealed).await
    }
}

/// Batches that may be sent again as they are: what they did before, the contract counts as known.
macro_rules! repeatable {
    ($($name:ident),*) => {
        $(impl Act for $name {
            async fn trace(&self, _: &MarketClient, _: &ClientError) -> Option<OrdersAccepted> {
                None
            }
        })*
    };
}
repeatable!(Seal, Reveal, Amend, WithdrawMany);

impl Act for SealBook {
    async fn trace(&self, client: &MarketClient, _: &ClientError) -> Option<SlotView> {
        client.slot_from(self.slot, Stage::Sealed).await
    }
}

impl Act for Clear {
    async fn trace(&self, client: &MarketClient, _: &ClientError) -> Option<ClearingView> {
        client.query(&QueryClearing { slot: self.slot }).await.ok()
    }
}

impl Act for EndConfirmation {
    async fn trace(&self, client: &MarketClient, _: &ClientError) -> Option<ConfirmationView> {
        client.slot_from(self.slot, Stage::Ended).await?;
        let clearing = client.query(&QueryClearing { slot: self.slot }).await.ok()?;
        let contracts = clearing.contract_ids().ok()?;
        let (mut confirmed, mut lapsed) = (Vec::new(), Vec::new());
        for contract in contracts {
            let (slot, id) = (self.slot, contract.clone());
            let view = client.query(&QueryContract { slot, contract }).await.ok()?;
            let list = if view.status == ContractStatus::Confirmed {
                &mut confirmed
            } else {
                &mut lapsed
            };
            list.push(id);
        }
        let slot = self.slot;
        Some(ConfirmationView {
            slot,
            confirmed,
            lapsed,
        })
    }
}

impl Act for Plan {
    async fn trace(&self, client: &MarketClient, _: &ClientError) -> Option<PlanView> {
        client.query(&QueryPlan { slot: self.slot }).await.ok()
    }
}

impl Act for Settle {
    async fn trace(&self, client: &MarketClient, _: &ClientError) -> Option<SettlementView> {
        client.query(&QuerySettlement { slot: self.slot }).await.ok()
    }
}

impl Act for RecordReadings {
    /// There is no question for readings. A batch is recorded whole or not at all, and a meter signs one reading for a sequence: the
    /// refusal of a replay says that this batch is there.
    async fn trace(&self, _: &MarketClient, after: &ClientError) -> Option<ReadingsAccepted> {
        if after.code() != ErrorCode::ReplayedReading {
            return None;
        }
        Some(ReadingsAccepted {
            accepted: u32::try_from(self.readings.len()).ok()?,
            digest: Digest::of(&codec::encode(&self.readings).ok()?),
        })
    }
}

impl Act for Confirm {
    async fn trace(&self, client: &MarketClient, _: &ClientError) -> Option<AnswerAccepted> {
        let (slot, contract) = (self.slot, self.contract.clone());
        let view = client.query(&QueryContract { slot, contract }).await.ok()?;
        let who = self.participant.as_ref().unwrap_or_else(|| client.participant());
        let side = side_of(&view.terms, who)?;
        let signed = view.confirmations.iter().any(|one| one.side == side && one.accepted);
        signed.then_some(AnswerAccepted {
            slot,
            contract: view.terms.contract,
            side,
            accepted: true,
            hash: view.hash,
        })
    }
}

fn side_of(terms: &ContractTerms, who: &ParticipantId) -> Option<Side> {
    match who {
        who if *who == terms.buyer => Some(Side::Buyer),
        who if *who == terms.seller => Some(Side::Seller),
        _ => None,
    }
}

impl Act for PostOffer {
    async fn trace(&self, client: &MarketClient, _: &ClientError) -> Option<OrderAccepted> {
        own_order(client, Side::Seller, self).await
    }
}

impl Act for PostBid {
    async fn trace(&self, client: &MarketClient, _: &ClientError) -> Option<OrderAccepted> {
        own_order(client, Side::Buyer, &self.clone().into()).await
    }
}

/// The caller's order of this id, where it has this content.
async fn own_order(client: &MarketClient, side: Side, content: &PostOffer) -> Option<OrderAccepted> {
    // Where the auction was opened before schema 3 an order has no slot to ask by.
    let query = |slot| QueryOrder {
        participant: client.participant().clone(),
        order: content.order.clone(),
        slot,
    };
    let view = match client.query(&query(Some(content.slot))).await {
        Ok(view) => view,
        Err(_) => client.query(&query(None)).await.ok()?,
    };
    let OrderView {
        participant,
        order,
        side: found,
        slot,
        point,
        energy_wh,
        min_wh,
        price,
        filters,
        digest,
        ..
    } = view;
    let same = (found, slot, &point) == (side, content.slot, &content.point)
        && (energy_wh, min_wh, price) == (content.energy_wh, content.min_wh, content.price)
        && filters == content.filters;
    same.then_some(OrderAccepted {
        participant,
        order,
        side,
        slot,
        digest,
    })
}
