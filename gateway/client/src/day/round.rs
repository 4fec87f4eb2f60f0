//! One slot, from wherever the ledger says it stands.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use der_api::reply::{ClearingView, SettlementView, Stage};
use der_api::request::{
    CloseGate, OpenSlot, Plan, QueryClearing, QueryContract, QuerySettlement, QuerySlot, RecordReadings, SealBook,
    Settle,
};
use der_api::{ErrorCode, Function, RetryClass};
use der_market::id::{ContractId, ParticipantId};
use der_market::participant::Side;
use der_market::slot::Slot;
use der_market::units::Energy;
use futures_util::future::join_all;
use tokio::time::sleep;

use super::out::{Out, count, is_shut_out, nobody_is, note, unless_known};
use super::{DayError, MarketDay, Pair, Sale, SlotReport, Told, audit};
use crate::{ClientError, MarketClient, Receipt};

/// Between two tries of a step.
const PAUSE: Duration = Duration::from_millis(250);
/// Readings in one batch.
const BATCH: usize = 500;

/// What a slot has met so far.
#[derive(Default)]
struct Met {
    troubles: u32,
    out: Out,
}

impl MarketDay {
    /// Plays a slot to its settlement, from whatever stage the ledger shows, and checks what was settled: money sums to zero, energy
    /// bought is energy sold, and a second settlement is refused.
    ///
    /// # Errors
    /// [`DayError::Stuck`] with the newest refusal when the slot does not get on; [`DayError::Broken`] when a check fails.
    pub async fn play(&self, slot: Slot, sale: Sale) -> Result<SlotReport, DayError> {
        let started = Instant::now();
        let mut met = Met::default();
        let (mut reached, mut since) = (None, Instant::now());
        let settlement = loop {
            match self.step(slot, sale, &mut met).await {
                Ok(Step::Settled(settlement)) => break settlement,
                Ok(Step::On(stage)) if reached != Some(stage) => (reached, since) = (Some(stage), Instant::now()),
                Ok(Step::On(_)) => sleep(PAUSE).await,
                Err(DayError::Client(error)) if since.elapsed() < self.patience => {
                    self.trouble(Some(slot), &error);
                    met.troubles += 1;
                    sleep(PAUSE).await;
                }
                Err(DayError::Client(source)) => {
                    let limit = self.patience;
                    return Err(DayError::Stuck { slot, limit, source });
                }
                Err(other) => return Err(other),
            }
        };
        let checked = audit::check(slot, &settlement)?;
        self.settles_once(slot).await?;
        Ok(SlotReport {
            troubles: met.troubles,
            out: count(&met.out),
            took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            ..checked
        })
    }

    /// The first slot from `first` on that is not settled, where slots were settled one after the other.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's.
    pub async fn resume(&self, first: Slot) -> Result<Slot, DayError> {
        // Doubling steps, then halving ones: a day may be long.
        let (mut low, mut step) = (first.get(), 1);
        while self.is_settled(Slot::new(low)?).await? {
            low += step;
            step *= 2;
        }
        let mut settled = low.saturating_sub(step / 2);
        while settled + 1 < low {
            let middle = settled + (low - settled) / 2;
            if self.is_settled(Slot::new(middle)?).await? {
                settled = middle;
            } else {
                low = middle;
            }
        }
        Ok(Slot::new(low)?)
    }

    async fn is_settled(&self, slot: Slot) -> Result<bool, DayError> {
        Ok(self.stage(slot).await? == Some(Stage::Settled))
    }

    async fn stage(&self, slot: Slot) -> Result<Option<Stage>, ClientError> {
        match self.clock.query(&QuerySlot { slot: slot.into() }).await {
            Ok(view) => Ok(Some(view.stage)),
            Err(error) if [ErrorCode::SlotNotOpened, ErrorCode::RecordNotFound].contains(&error.code()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn step(&self, slot: Slot, sale: Sale, met: &mut Met) -> Result<Step, DayError> {
        let stage = self.stage(slot).await?;
        match stage {
            None => self.open(slot).await?,
            Some(Stage::Open) => {
                match &self.salts {
                    Some(salts) => self.seal_orders(slot, sale, salts, &mut met.out).await?,
                    None => self.publish_by_those_who_can(slot, sale, &mut met.out).await?,
                }
                self.close(slot).await?;
            }
            Some(Stage::Closed) => match &self.salts {
                Some(salts) => self.reveal_orders(slot, salts, &mut met.out).await?,
                None => self.seal(slot).await?,
            },
            Some(Stage::Revealed) => self.seal(slot).await?,
            Some(Stage::Sealed) => drop(self.match_orders(slot).await?),
            Some(Stage::Matched) => {
                let clearing = self.clock.query(&QueryClearing { slot: slot.into() }).await?;
                self.sign_by_those_who_can(slot, &clearing.contract_ids()?, &mut met.out)
                    .await?;
                self.plan(slot).await?;
            }
            Some(Stage::Ended) => self.plan(slot).await?,
            Some(Stage::Planned) => {
                self.deliver(slot, sale).await?;
                return Ok(Step::Settled(self.settle(slot).await?.reply));
            }
            Some(Stage::Settled) => return Ok(Step::Settled(self.clock.query(&QuerySettlement { slot }).await?)),
        }
        Ok(Step::On(stage))
    }

    /// Opens a slot's gate.
    ///
    /// # Errors
    /// The contract's or Fabric's refusal.
    pub async fn open(&self, slot: Slot) -> Result<(), DayError> {
        let receipt = self.clock.open_slot(&OpenSlot { slot: slot.into() }).await?;
        self.committed(Some(slot), Function::OpenSlot, receipt);
        Ok(())
    }

    /// Every pair publishes its sale and its demand, all at once.
    ///
    /// # Errors
    /// The first refusal; a participant who cannot act.
    pub async fn publish(&self, slot: Slot, sale: Sale) -> Result<(), DayError> {
        let mut out = Out::new();
        self.publish_by_those_who_can(slot, sale, &mut out).await?;
        nobody_is(&out, slot, "publish")
    }

    /// As [`MarketDay::publish`], without those whom the network does not let in, who are noted.
    async fn publish_by_those_who_can(&self, slot: Slot, sale: Sale, out: &mut Out) -> Result<(), DayError> {
        let (offer, bid) = (Pair::offer_of(slot, sale)?, Pair::bid_of(slot, sale)?);
        let (offer, bid, known) = (&offer, &bid, &*out);
        let orders = self.pairs.iter().map(|pair| async move {
            let sells = async {
                let posted = unless_known(known, &pair.seller, pair.seller.post_offer(offer)).await;
                self.unless_out(slot, Function::PostOffer, &pair.seller, posted)
            };
            let buys = async {
                let posted = unless_known(known, &pair.buyer, pair.buyer.post_bid(bid)).await;
                self.unless_out(slot, Function::PostBid, &pair.buyer, posted)
            };
            let (sold, bought) = tokio::join!(sells, buys);
            [sold, bought]
        });
        let outcomes = join_all(orders).await;
        Ok(note(outcomes.into_iter().flatten(), out)?)
    }

    /// Closes the gate, seals the book and matches it.
    ///
    /// # Errors
    /// The contract's or Fabric's refusal.
    pub async fn clear(&self, slot: Slot) -> Result<ClearingView, DayError> {
        self.close(slot).await?;
        self.seal(slot).await?;
        self.match_orders(slot).await
    }

    async fn close(&self, slot: Slot) -> Result<(), DayError> {
        let receipt = self.clock.close_gate(&CloseGate { slot: slot.into() }).await?;
        self.committed(Some(slot), Function::CloseGate, receipt);
        Ok(())
    }

    async fn seal(&self, slot: Slot) -> Result<(), DayError> {
        let receipt = self.clock.seal_book(&SealBook { slot: slot.into() }).await?;
        self.committed(Some(slot), Function::SealBook, receipt);
        Ok(())
    }

    async fn match_orders(&self, slot: Slot) -> Result<ClearingView, DayError> {
        let receipt = self.clock.match_slot(slot.into()).await?;
        Ok(self.committed(Some(slot), Function::Clear, receipt))
    }

    async fn plan(&self, slot: Slot) -> Result<(), DayError> {
        let receipt = self.clock.plan(&Plan { slot }).await?;
        self.committed(Some(slot), Function::Plan, receipt);
        Ok(())
    }

    /// Both sides of each contract sign it, all at once; then confirmation ends.
    ///
    /// # Errors
    /// The first refusal; a participant who cannot act.
    pub async fn confirm(&self, slot: Slot, contracts: &[ContractId]) -> Result<(), DayError> {
        let mut out = Out::new();
        self.sign_by_those_who_can(slot, contracts, &mut out).await?;
        nobody_is(&out, slot, "sign")?;
        self.plan(slot).await
    }

    async fn sign_by_those_who_can(
        &self,
        slot: Slot,
        contracts: &[ContractId],
        out: &mut Out,
    ) -> Result<(), ClientError> {
        let users: BTreeMap<_, _> = self
            .pairs
            .iter()
            .flat_map(|pair| [&pair.seller, &pair.buyer])
            .map(|user| (user.participant().clone(), user))
            .collect();
        let (users, known) = (&users, &*out);
        let signing = contracts.iter().map(|contract| async move {
            let query = QueryContract {
                slot: slot.into(),
                contract: contract.clone(),
            };
            let view = self.clock.query(&query).await?;
            let mut signed = Vec::new();
            for (side, who) in [(Side::Buyer, &view.terms.buyer), (Side::Seller, &view.terms.seller)] {
                // Who answered before a break does not answer again.
                let answered = view.confirmations.iter().any(|one| one.side == side);
                if let Some(user) = users.get(who).filter(|_| !answered) {
                    let receipt = unless_known(known, user, user.confirm_terms(&view.terms)).await;
                    signed.push(self.unless_out(slot, Function::Confirm, user, receipt));
                }
            }
            Ok(signed)
        });
        let outcomes: Vec<Result<Vec<_>, ClientError>> = join_all(signing).await;
        let each = outcomes
            .into_iter()
            .flat_map(|signed| signed.unwrap_or_else(|error| vec![Err(error)]));
        note(each, out)
    }

    /// Who it is, if the network does not let it in; any other refusal is passed on.
    pub(super) fn unless_out<T>(
        &self,
        slot: Slot,
        function: Function,
        client: &MarketClient,
        outcome: Result<Option<Receipt<T>>, ClientError>,
    ) -> Result<Option<ParticipantId>, ClientError> {
        match outcome {
            Ok(receipt) => {
                if let Some(receipt) = receipt {
                    self.committed(Some(slot), function, receipt);
                }
                Ok(None)
            }
            Err(error) if is_shut_out(&error) => {
                self.tell(Told::Out {
                    slot,
                    participant: client.participant().clone(),
                    code: error.code(),
                    what: error.to_string(),
                });
                Ok(Some(client.participant().clone()))
            }
            Err(error) => Err(error),
        }
    }

    /// The metering service delivers every pair's readings.
    ///
    /// # Errors
    /// The contract's or Fabric's refusal.
    pub async fn deliver(&self, slot: Slot, sale: Sale) -> Result<(), DayError> {
        let (consumed, generated) = (Energy::new(sale.consumed_wh)?, Energy::new(sale.generated_wh)?);
        let mut readings = Vec::with_capacity(self.pairs.len() * 2);
        for pair in &self.pairs {
            readings.push(pair.buyer_meter.measure(slot, consumed, Energy::ZERO, 1)?);
            readings.push(pair.seller_meter.measure(slot, Energy::ZERO, generated, 1)?);
        }
        for batch in readings.chunks(BATCH) {
            let request = RecordReadings {
                readings: batch.to_vec(),
            };
            match self.meters.record_readings(&request).await {
                Ok(receipt) => drop(self.committed(Some(slot), Function::RecordReadings, receipt)),
                // Delivered before a break: a batch is recorded whole or not at all.
                Err(error) if error.code() == ErrorCode::ReplayedReading => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Settles the slot.
    ///
    /// # Errors
    /// The contract's or Fabric's refusal.
    pub async fn settle(&self, slot: Slot) -> Result<Receipt<SettlementView>, DayError> {
        let receipt = self.clock.settle_whole(slot, |_| ()).await?;
        self.committed(Some(slot), Function::Settle, receipt.clone());
        Ok(receipt)
    }

    /// A peer that has the settlement would refuse a second one.
    async fn settles_once(&self, slot: Slot) -> Result<(), DayError> {
        match self.clock.query(&Settle { slot }).await {
            Err(error) if error.code() == ErrorCode::AlreadySettled => Ok(()),
            Ok(_) => {
                let what = "a second settlement is not refused".to_owned();
                Err(DayError::Broken { slot, what })
            }
            // Away, or behind: it says nothing of the settlement.
            Err(error) if error.retry_class() != RetryClass::Never => {
                self.trouble(Some(slot), &error);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// How a step ended.
#[allow(clippy::large_enum_variant, reason = "one is held at a time")]
enum Step {
    /// What came next after this stage was done.
    On(Option<Stage>),
    /// The slot is settled.
    Settled(SettlementView),
}
