//! A slot's plan, readings and settlement: energy and money add up, to the Wh and to the nyuan.

use std::collections::{BTreeMap, BTreeSet};

use der_market::forecast::Position;
use der_market::id::{ContractId, MeterId};
use der_market::journal::{Posting, sum};
use der_market::participant::Side;
use der_market::settlement::{PointLine, TradeLine};
use der_market::units::{Energy, Money};

use super::invariant::{Invariant, require};
use super::orders::{Orders, Place};
use super::row::{Outcome, Page, Plan, Reading, Settlement};

type Finding = (Invariant, String);

/// A slot with all of its auctions.
#[derive(Debug, Default)]
pub(super) struct SlotBooks {
    pub(super) auctions: BTreeMap<u8, Orders>,
    pub(super) positions: BTreeMap<Place, Position>,
    planned: bool,
    readings: BTreeMap<(Place, MeterId), (Energy, Energy)>,
    pub(super) settlement: Option<Settlement>,
    pages: BTreeSet<u32>,
    trades: BTreeMap<ContractId, TradeLine>,
    points: BTreeMap<Place, PointLine>,
}

impl SlotBooks {
    /// Takes a plan: section 6 of the model, per slot and per order.
    pub(super) fn plan(&mut self, plan: &Plan) -> Result<(), Finding> {
        require(!self.planned, Invariant::Once, || "a slot is planned twice".to_owned())?;
        self.planned = true;
        let [mut supply, mut demand] = self.ordered(plan)?;
        for line in &plan.view.lines {
            let total = match line.side {
                Side::Seller => &mut supply,
                Side::Buyer => &mut demand,
            };
            total.direct += u128::from(line.direct_wh.get());
            total.planned += [line.direct_wh, line.grid_wh, line.left_wh]
                .map(|wh| u128::from(wh.get()))
                .iter()
                .sum::<u128>();
        }
        for (what, total) in [("supply", &supply), ("demand", &demand)] {
            require(total.planned == total.ordered, Invariant::Balance, || {
                format!(
                    "{what} of {} Wh, direct, grid and left are {} Wh",
                    total.ordered, total.planned
                )
            })?;
        }
        let contracted = self.contracted(plan);
        require(
            supply.direct == contracted && demand.direct == contracted,
            Invariant::Balance,
            || {
                format!(
                    "sold {} Wh and bought {} Wh of {contracted} Wh in contracts",
                    supply.direct, demand.direct
                )
            },
        )
    }

    /// Supply and demand: of each participant what it ordered in the last auction in which it ordered, and what earlier contracts took.
    fn ordered(&self, plan: &Plan) -> Result<[Total; 2], Finding> {
        let mut last: BTreeMap<&Place, u8> = BTreeMap::new();
        for (round, auction) in &self.auctions {
            last.extend(auction.places().map(|(place, _)| (place, *round)));
        }
        let [mut supply, mut demand] = [Total::default(), Total::default()];
        for (round, auction) in &self.auctions {
            let latest = auction.places().filter(|(place, _)| last.get(place) == Some(round));
            for order in latest.flat_map(|(_, orders)| orders) {
                let total = match order.side {
                    Side::Seller => &mut supply,
                    Side::Buyer => &mut demand,
                };
                total.ordered += u128::from(order.energy_wh.get());
            }
            let superseded = |place: Place| last.get(&place).is_some_and(|latest| latest > round);
            for terms in confirmed(plan, *round).filter_map(|id| auction.contracts.get(id)) {
                let energy = u128::from(terms.energy_wh.get());
                let (buyer, seller) = (terms.buyer.clone(), terms.seller.clone());
                demand.ordered += if superseded((buyer, terms.buyer_point.clone())) {
                    energy
                } else {
                    0
                };
                supply.ordered += if superseded((seller, terms.seller_point.clone())) {
                    energy
                } else {
                    0
                };
            }
        }
        Ok([supply, demand])
    }

    fn contracted(&self, plan: &Plan) -> u128 {
        let of_round = |(round, auction): (&u8, &Orders)| {
            let terms = confirmed(plan, *round).filter_map(|id| auction.contracts.get(id));
            terms.map(|terms| u128::from(terms.energy_wh.get())).sum::<u128>()
        };
        self.auctions.iter().map(of_round).sum()
    }

    pub(super) fn reading(&mut self, reading: &Reading) {
        let place = (reading.participant.clone(), reading.point.clone());
        let measured = &reading.signed.reading;
        let energy = (measured.consumed_wh, measured.injected_wh);
        self.readings.insert((place, measured.meter.clone()), energy);
    }

    pub(super) fn settlement(&mut self, settlement: Settlement) -> Result<(), Finding> {
        let before = self.settlement.as_ref().map_or(0, Settlement::version);
        require(
            settlement.version() == before.saturating_add(1),
            Invariant::Once,
            || {
                format!(
                    "version {} of a settlement follows version {before}",
                    settlement.version()
                )
            },
        )?;
        self.settlement = Some(settlement);
        Ok(())
    }

    /// Takes a page with what the same transaction posted to accounts.
    pub(super) fn page(&mut self, number: u32, page: Page, mut posted: Vec<Posting>) -> Result<(), Finding> {
        let total = sum(&page.postings).map_err(|error| (Invariant::Range, error.to_string()))?;
        require(total == Money::ZERO, Invariant::ZeroSum, || {
            format!("the postings of page {number} sum to {} nyuan", total.get())
        })?;
        let mut postings = page.postings;
        postings.sort();
        posted.sort();
        require(postings == posted, Invariant::ZeroSum, || {
            format!(
                "page {number} has {} postings, its accounts got {}",
                postings.len(),
                posted.len()
            )
        })?;
        require(self.pages.insert(number), Invariant::Once, || {
            format!("page {number} is booked twice")
        })?;
        self.trades
            .extend(page.trades.into_iter().map(|line| (line.contract.clone(), line)));
        let points = page.points.into_iter();
        self.points
            .extend(points.map(|line| ((line.participant.clone(), line.point.clone()), line)));
        Ok(())
    }

    /// True once every page of the first version is booked. A correction's lines replace some of these: what is taken back is checked
    /// by its postings.
    pub(super) fn is_settled(&self) -> bool {
        let first = self.settlement.as_ref().filter(|settlement| settlement.version() == 1);
        first.is_some_and(|settlement| usize::try_from(settlement.pages).is_ok_and(|pages| pages == self.pages.len()))
    }

    /// What a settlement moved is what was metered, contract by contract and place by place.
    pub(super) fn check_metered(&self) -> Result<(), Finding> {
        let mut metered: BTreeMap<&Place, (u64, u64)> = BTreeMap::new();
        for ((place, _), (consumed, injected)) in &self.readings {
            let sum = metered.entry(place).or_default();
            *sum = (
                sum.0.saturating_add(consumed.get()),
                sum.1.saturating_add(injected.get()),
            );
        }
        for (place, line) in &self.points {
            let (consumed, injected) = metered.get(place).copied().unwrap_or_default();
            let measured = line.estimated || (line.consumed_wh.get(), line.injected_wh.get()) == (consumed, injected);
            // A cover passes through its buyer, a sell-back through its seller: both sides of the sum have it.
            let came = [line.injected_wh, line.bought_wh, line.grid_supply_wh];
            let went = [line.consumed_wh, line.sold_wh, line.feed_in_wh];
            let [came, went] = [came, went].map(|part| part.iter().map(|wh| u128::from(wh.get())).sum::<u128>());
            require(measured && came == went, Invariant::Metered, || {
                format!(
                    "{} metered {consumed} and {injected} Wh, is booked {} and {} Wh; {came} Wh came, {went} Wh went",
                    place.0, line.consumed_wh, line.injected_wh
                )
            })?;
        }
        self.check_trades()
    }

    fn check_trades(&self) -> Result<(), Finding> {
        for line in self.trades.values() {
            let terms = self
                .auctions
                .values()
                .find_map(|auction| auction.contracts.get(&line.contract));
            let holds =
                terms.is_some_and(|terms| terms.energy_wh == line.energy_wh) && line.delivered_wh <= line.energy_wh;
            require(holds, Invariant::Metered, || {
                format!(
                    "contract {} delivered {} of {} Wh",
                    line.contract, line.delivered_wh, line.energy_wh
                )
            })?;
        }
        let total = |part: fn(&PointLine) -> Energy| {
            self.points
                .values()
                .map(|line| u128::from(part(line).get()))
                .sum::<u128>()
        };
        let (bought, sold) = (total(|line| line.bought_wh), total(|line| line.sold_wh));
        let delivered: u128 = self
            .trades
            .values()
            .map(|line| u128::from(line.delivered_wh.get()))
            .sum();
        require(bought == sold && sold == delivered, Invariant::Metered, || {
            format!("{bought} Wh bought, {sold} Wh sold, {delivered} Wh delivered")
        })
    }

    /// Forgets what a settled slot needs no more: later versions are checked by their postings.
    pub(super) fn forget(&mut self) {
        self.auctions.clear();
        self.positions.clear();
        self.readings.clear();
        self.trades.clear();
        self.points.clear();
    }

    pub(super) fn points(&self) -> impl Iterator<Item = &PointLine> {
        self.points.values()
    }
}

/// Energy of one side of a slot.
#[derive(Debug, Default)]
struct Total {
    ordered: u128,
    planned: u128,
    direct: u128,
}

fn confirmed(plan: &Plan, round: u8) -> impl Iterator<Item = &ContractId> {
    let first = (round == 0).then_some(&plan.confirmed);
    let later = plan.intraday.iter().filter(move |outcome| outcome.slot.round == round);
    first
        .into_iter()
        .chain(later.map(|outcome: &Outcome| &outcome.confirmed))
        .flatten()
}
