//! One slot, through everything that is due.

use der_api::ErrorCode;
use der_api::reply::Stage;
use der_api::request::{CallFor, CloseGate, EndConfirmation, EndReveal, OpenSlot, Plan, SealBook};
use der_market::order_rules::Book;
use der_market::slot::Slot;

use super::due::{Due, Seen};
use super::timetable::Timetable;
use super::{Brought, Clock, see};
use crate::{ClientError, MarketClient};

/// Until what is waited for is tried again, seconds.
const PAUSE: i64 = 30;

/// A slot after a round.
pub(super) struct Advanced {
    pub(super) slot: Slot,
    pub(super) seen: Seen,
    pub(super) brought: Vec<Brought>,
    pub(super) trouble: Option<String>,
}

pub(super) async fn advance(
    (client, timetable): (&MarketClient, &Timetable),
    clock: Clock,
    slot: Slot,
    seen: Seen,
) -> Advanced {
    let mut advanced = Advanced {
        slot,
        seen,
        brought: Vec::new(),
        trouble: None,
    };
    while let Some(due) = next(timetable, clock, slot, advanced.seen) {
        let outcome = bring(client, clock.member, due).await;
        let goes_on = match outcome {
            Ok(done) => {
                advanced.reached(due, clock.now, done);
                true
            }
            Err(error) => advanced.meets(client, clock, &error).await,
        };
        if !goes_on {
            break;
        }
    }
    advanced
}

/// What is due now.
fn next(timetable: &Timetable, clock: Clock, slot: Slot, seen: Seen) -> Option<Due> {
    clock.due(timetable, slot, seen).filter(|due| due.at <= clock.now)
}

impl Advanced {
    fn reached(&mut self, due: Due, now: i64, done: Done) {
        let Done { transaction, sealed } = done;
        self.seen.sealed = sealed.unwrap_or(self.seen.sealed);
        self.seen.latest = Some((due.auction.round, due.stage));
        self.seen.matched_at = (due.stage == Stage::Matched).then_some(now);
        self.brought.push(Brought {
            slot: due.auction,
            stage: due.stage,
            transaction: (!transaction.is_empty()).then_some(transaction),
        });
    }

    /// Another operator may have been first: the ledger says where the slot stands. True where it has got on.
    async fn meets(&mut self, client: &MarketClient, clock: Clock, error: &ClientError) -> bool {
        let before = self.seen.latest;
        if let Ok(now) = see(client, self.slot).await {
            (self.seen.latest, self.seen.sealed) = (now.latest, now.sealed);
        }
        if self.seen.latest != before {
            self.seen.matched_at = None;
            return true;
        }
        let waits = [ErrorCode::ReadingMissing, ErrorCode::TooFewCalls].contains(&error.code());
        self.seen.not_before = clock.now.saturating_add(PAUSE);
        if !waits {
            self.trouble = Some(format!("slot {}: {error}", self.slot));
        }
        false
    }
}

/// A stage that was brought.
struct Done {
    transaction: String,
    /// Whether the auction takes sealed orders, where the reply tells it.
    sealed: Option<bool>,
}

/// Brings a stage.
async fn bring(client: &MarketClient, member: bool, due: Due) -> Result<Done, ClientError> {
    let (slot, stage) = (due.auction, due.stage);
    if member {
        client.call_for(&CallFor { slot, stage }).await?;
    }
    let gate = match stage {
        Stage::Open => client.open_slot(&OpenSlot { slot }).await?,
        Stage::Closed => client.close_gate(&CloseGate { slot }).await?,
        _ => {
            let transaction = advance_to(client, due).await?;
            return Ok(Done {
                transaction,
                sealed: None,
            });
        }
    };
    Ok(Done {
        sealed: Some(gate.reply.book == Some(Book::Sealed)),
        transaction: gate.transaction_id,
    })
}

/// Brings a stage after the gate; the transaction's id.
async fn advance_to(client: &MarketClient, due: Due) -> Result<String, ClientError> {
    let slot = due.auction;
    Ok(match due.stage {
        Stage::Open | Stage::Closed => String::new(),
        Stage::Revealed => client.end_reveal(&EndReveal { slot }).await?.transaction_id,
        Stage::Sealed => client.seal_book(&SealBook { slot }).await?.transaction_id,
        Stage::Matched => client.match_slot(slot).await?.transaction_id,
        Stage::Ended => client.end_confirmation(&EndConfirmation { slot }).await?.transaction_id,
        Stage::Planned => client.plan(&Plan { slot: slot.slot }).await?.transaction_id,
        Stage::Settled => client.settle_whole(slot.slot, |_| ()).await?.transaction_id,
    })
}
