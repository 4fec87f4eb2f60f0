//! A day from the first gate to the last certificate, phase by phase; within a phase everything that is independent is under way at once.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::time::Instant;

use der_api::ErrorCode;
use der_api::request::{
    CloseGate, EndConfirmation, FOLD_LIMIT, OpenSlot, Plan as PlanSlot, PostMany, QuerySlot, ROLL_LIMIT, SealBook,
    Settle, SettlePage,
};
use der_market::slot::{Auction, Slot};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

use super::closing::next_day;
use super::metering::BATCH as READINGS;
use super::posting::Positions;
use super::{District, DistrictError, Member, Outlook, Plan, slots_of};
use crate::watch::Watch;
use crate::{ClientError, Receipt};

/// A phase of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Gates of the day-ahead auctions open; members forecast.
    Open,
    /// Day-ahead orders.
    DayAhead,
    /// Gates close, books are sealed and matched.
    Clearing,
    /// Confirmation of the day-ahead contracts ends; gates of the intraday auctions open; members forecast anew.
    Reopen,
    /// Intraday orders.
    Intraday,
    /// Gates of the intraday auctions close, books are sealed and matched.
    IntradayClearing,
    /// Confirmation ends; feed-in and grid supply are planned.
    Planning,
    /// Signed readings.
    Readings,
    /// Settlement.
    Settlement,
    /// Holds are released, accounts folded, credit rolled, certificates accrued.
    Closing,
}

/// How long a phase took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// Which.
    pub phase: Phase,
    /// Wall time, ms.
    pub took_ms: u64,
}

/// What a district tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A member has joined, or is equipped.
    Joined,
    /// A step of a phase is done.
    Step(Phase),
}

impl Phase {
    /// The phases of a day.
    #[must_use]
    pub fn of(plan: &Plan) -> Vec<Self> {
        let intraday = [Self::Reopen, Self::Intraday, Self::IntradayClearing];
        let all = [
            &[Self::Open, Self::DayAhead, Self::Clearing][..],
            if plan.intraday { &intraday } else { &[] },
            &[Self::Planning, Self::Readings, Self::Settlement, Self::Closing],
        ];
        all.concat()
    }
}

impl District {
    /// Plays the day. `watch` tells the positions, as any member reads them.
    ///
    /// # Errors
    /// The first refusal; [`DistrictError::PlayedBefore`] where a slot of the day is there already.
    pub async fn play(&self, plan: &Plan, watch: &Watch) -> Result<Vec<Stage>, DistrictError> {
        let slots = plan.slots()?;
        self.require_fresh(&slots).await?;
        let mut stages = Vec::new();
        for phase in Phase::of(plan) {
            let begin = Instant::now();
            self.phase(phase, plan, &slots, watch).await?;
            let took_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
            stages.push(Stage { phase, took_ms });
        }
        watch.reach(self.tip()).await?;
        Ok(stages)
    }

    async fn require_fresh(&self, slots: &[(Slot, u64)]) -> Result<(), DistrictError> {
        let Some((first, _)) = slots.first() else { return Ok(()) };
        let query = QuerySlot { slot: (*first).into() };
        match self.staff.clock.query(&query).await {
            Ok(_) => Err(DistrictError::PlayedBefore(first.get())),
            Err(error) if [ErrorCode::SlotNotOpened, ErrorCode::RecordNotFound].contains(&error.code()) => Ok(()),
            Err(error) => Err(DistrictError::at("looking at the day")(error)),
        }
    }

    async fn phase(
        &self,
        phase: Phase,
        plan: &Plan,
        slots: &[(Slot, u64)],
        watch: &Watch,
    ) -> Result<(), DistrictError> {
        match phase {
            Phase::Open => {
                self.over(phase, plan, slots, |(slot, _)| self.open((*slot).into()))
                    .await?;
                self.forecast_all(phase, plan, slots, Outlook::DayAhead).await
            }
            Phase::DayAhead => self.order_day_ahead(plan, slots).await,
            Phase::Clearing => {
                self.over(phase, plan, slots, |(slot, _)| self.clear((*slot).into()))
                    .await
            }
            Phase::Reopen => {
                self.over(phase, plan, slots, |(slot, _)| self.reopen(*slot)).await?;
                self.forecast_all(phase, plan, slots, Outlook::Intraday).await
            }
            Phase::Intraday => self.order_intraday(plan, slots, watch).await,
            Phase::IntradayClearing => {
                self.over(phase, plan, slots, |(slot, _)| self.clear(intraday(*slot)))
                    .await
            }
            Phase::Planning => self.over(phase, plan, slots, |(slot, _)| self.plan(*slot)).await,
            Phase::Readings => {
                let batches = self.readings(slots)?;
                let record = |batch| async move { self.done(self.staff.meters.record_readings(batch)).await.map(drop) };
                self.over(phase, plan, &batches, record).await
            }
            Phase::Settlement => self.over(phase, plan, slots, |(slot, _)| self.settle(*slot)).await,
            Phase::Closing => self.close_day(plan, slots).await,
        }
    }

    /// Does something with each of many, so many at once; the first refusal ends it.
    async fn over<'a, T, F: Future<Output = Result<(), ClientError>>>(
        &self,
        phase: Phase,
        plan: &Plan,
        all: &'a [T],
        act: impl Fn(&'a T) -> F,
    ) -> Result<(), DistrictError> {
        let done = stream::iter(all).map(act).buffer_unordered(plan.in_flight);
        let told = done.try_for_each(|()| {
            (self.listener)(Told::Step(phase));
            std::future::ready(Ok(()))
        });
        told.await.map_err(DistrictError::at(phase.name()))
    }

    /// The latest block that an act of the day is in.
    #[must_use]
    pub fn tip(&self) -> u64 {
        self.tip.load(Ordering::Relaxed)
    }

    /// Waits for an act and notes its block.
    pub(super) async fn done<T>(
        &self,
        act: impl Future<Output = Result<Receipt<T>, ClientError>>,
    ) -> Result<T, ClientError> {
        let receipt = act.await?;
        self.tip.fetch_max(receipt.block.unwrap_or(0), Ordering::Relaxed);
        Ok(receipt.reply)
    }

    async fn forecast_all(
        &self,
        phase: Phase,
        plan: &Plan,
        slots: &[(Slot, u64)],
        outlook: Outlook,
    ) -> Result<(), DistrictError> {
        if !plan.intraday {
            return Ok(());
        }
        let forecasts = self
            .members
            .iter()
            .map(|member| Ok((member, self.forecast(member, slots, outlook)?)));
        let forecasts: Vec<_> = forecasts.collect::<Result<_, DistrictError>>()?;
        self.over(phase, plan, &forecasts, |(member, forecast)| async move {
            match forecast {
                Some(forecast) => member.client.post_forecast(forecast).await.map(drop),
                None => Ok(()),
            }
        })
        .await
    }

    async fn order_day_ahead(&self, plan: &Plan, slots: &[(Slot, u64)]) -> Result<(), DistrictError> {
        let orders = self
            .members
            .iter()
            .map(|member| Ok((member, self.day_ahead(member, slots)?)));
        self.post(Phase::DayAhead, plan, orders.collect::<Result<_, DistrictError>>()?)
            .await
    }

    async fn order_intraday(&self, plan: &Plan, slots: &[(Slot, u64)], watch: &Watch) -> Result<(), DistrictError> {
        watch.reach(self.tip()).await?;
        let positions: Positions = slots.iter().map(|(slot, _)| (*slot, watch.positions(*slot))).collect();
        let orders = self
            .members
            .iter()
            .map(|member| Ok((member, self.intraday(member, slots, &positions)?)));
        self.post(Phase::Intraday, plan, orders.collect::<Result<_, DistrictError>>()?)
            .await
    }

    async fn post(
        &self,
        phase: Phase,
        plan: &Plan,
        orders: Vec<(&Member, Option<PostMany>)>,
    ) -> Result<(), DistrictError> {
        self.over(phase, plan, &orders, |(member, orders)| async move {
            match orders {
                Some(orders) => member.client.post_many(orders).await.map(drop),
                None => Ok(()),
            }
        })
        .await
    }

    async fn open(&self, slot: Auction) -> Result<(), ClientError> {
        self.done(self.staff.clock.open_slot(&OpenSlot { slot }))
            .await
            .map(drop)
    }

    async fn clear(&self, slot: Auction) -> Result<(), ClientError> {
        let clock = &self.staff.clock;
        clock.close_gate(&CloseGate { slot }).await?;
        clock.seal_book(&SealBook { slot }).await?;
        self.done(clock.match_slot(slot)).await.map(drop)
    }

    async fn reopen(&self, slot: Slot) -> Result<(), ClientError> {
        let request = EndConfirmation { slot: slot.into() };
        self.done(self.staff.clock.end_confirmation(&request)).await?;
        self.open(intraday(slot)).await
    }

    async fn plan(&self, slot: Slot) -> Result<(), ClientError> {
        self.done(self.staff.clock.plan(&PlanSlot { slot })).await.map(drop)
    }

    /// Settles a slot and books its pages. Nothing is asked afterwards: the blocks tell.
    async fn settle(&self, slot: Slot) -> Result<(), ClientError> {
        let clock = &self.staff.clock;
        let reply = self.done(clock.settle(&Settle { slot })).await?;
        let booked = reply.course.map_or(reply.pages, |course| course.booked);
        for page in booked..reply.pages {
            self.done(clock.settle_page(&SettlePage { slot, page })).await?;
        }
        Ok(())
    }

    async fn close_day(&self, plan: &Plan, slots: &[(Slot, u64)]) -> Result<(), DistrictError> {
        let (phase, day) = (Phase::Closing, slots_of(plan.date));
        let Some((first, _)) = slots.first() else { return Ok(()) };
        let next = next_day(&day)?;
        self.begin_next_day(next)
            .await
            .map_err(DistrictError::at(phase.name()))?;
        let rounds = if plan.intraday { 2 } else { 1 };
        let auctions = slots
            .iter()
            .flat_map(|(slot, _)| (0..rounds).map(|round| Auction { slot: *slot, round }));
        let auctions: Vec<Auction> = auctions.collect();
        self.over(phase, plan, &self.members, |member| self.release(member, &auctions))
            .await?;
        let clock = &self.staff.clock;
        let folds = self.folds(*first);
        self.over(phase, plan, &folds, |fold| async move {
            self.done(clock.fold_accounts(fold)).await.map(drop)
        })
        .await?;
        let rolls = self.rolls(*first, next);
        self.over(phase, plan, &rolls, |roll| async move {
            self.done(clock.roll_credit(roll)).await.map(drop)
        })
        .await?;
        self.over(phase, plan, &self.members, |member| self.accrue(member, plan.date))
            .await
    }
}

impl Plan {
    /// Steps of a day of so many members, those of further settlement pages not counted.
    #[must_use]
    pub fn steps(&self, members: usize) -> usize {
        let slots = usize::from(self.slots);
        let forecasts = if self.intraday { members } else { 0 };
        let in_phase = |phase: &Phase| match phase {
            Phase::Open | Phase::Reopen => slots + forecasts,
            Phase::DayAhead | Phase::Intraday => members,
            Phase::Clearing | Phase::IntradayClearing | Phase::Planning | Phase::Settlement => slots,
            Phase::Readings => (slots * members).div_ceil(READINGS),
            Phase::Closing => 2 * members + (members + 2).div_ceil(FOLD_LIMIT) + members.div_ceil(ROLL_LIMIT),
        };
        Phase::of(self).iter().map(in_phase).sum()
    }
}

impl Phase {
    const fn name(self) -> &'static str {
        match self {
            Self::Open => "opening gates",
            Self::DayAhead => "day-ahead orders",
            Self::Clearing => "day-ahead clearing",
            Self::Reopen => "ending confirmation and opening intraday gates",
            Self::Intraday => "intraday orders",
            Self::IntradayClearing => "intraday clearing",
            Self::Planning => "planning",
            Self::Readings => "readings",
            Self::Settlement => "settlement",
            Self::Closing => "closing the day",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

const fn intraday(slot: Slot) -> Auction {
    Auction { slot, round: 1 }
}
