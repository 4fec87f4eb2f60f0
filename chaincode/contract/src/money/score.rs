//! A participant's score while a roll counts slots into it.

use std::collections::BTreeMap;

use der_market::billing::{BillingDay, Month};
use der_market::credit::{Counted, MonthWeights, News, Points, Stability};
use der_market::participant::Side;
use der_market::penalty::Penalty;
use der_market::slot::Slot;
use der_market::units::Ppm;

use crate::rows::{Conduct, CountedDay, CountedSlot, Credit};

/// Months without a roll that count: enough to reach 600 points from anywhere.
const IDLE_MONTHS: usize = 60;

/// What is new of a participant's slot.
#[derive(Clone, Debug, Default)]
pub(super) struct SlotNews {
    band: Option<Ppm>,
    purchases: News,
    sales: News,
    /// Offences in the slot's auctions.
    pub(super) penalties: Vec<Penalty>,
}

/// A participant's rows, by slot.
pub(super) fn conduct_by_slot(conduct: &[Conduct]) -> BTreeMap<Slot, SlotNews> {
    let mut slots: BTreeMap<Slot, SlotNews> = BTreeMap::new();
    for row in conduct {
        let news = slots.entry(row.slot).or_default();
        news.band = Some(row.band);
        for kept in &row.kept {
            news.side(kept.side).kept.push(kept.clone());
        }
        for back in &row.taken_back {
            news.side(back.side).taken_back.push(back.clone());
        }
    }
    slots
}

impl SlotNews {
    fn side(&mut self, side: Side) -> &mut News {
        match side {
            Side::Buyer => &mut self.purchases,
            Side::Seller => &mut self.sales,
        }
    }
}

/// The score under way.
pub(super) struct Score {
    credit: Credit,
    /// Whether a month without contracts leads back to 600 points.
    may_idle: bool,
    days: BTreeMap<BillingDay, CountedDay>,
}

impl Score {
    pub(super) fn of(
        credit: Option<Credit>,
        day: BillingDay,
        may_idle: bool,
        counted: Vec<(BillingDay, CountedDay)>,
    ) -> Self {
        let first = || Credit {
            points: Points::START,
            day,
            month: Month::of(day),
            weights: MonthWeights::default(),
            stability: Stability::default(),
        };
        Self {
            credit: credit.unwrap_or_else(first),
            may_idle,
            days: counted.into_iter().collect(),
        }
    }

    /// Counts what is new of a slot: each side replaces what it moved before, an offence costs its points.
    pub(super) fn count(&mut self, day: BillingDay, slot: Slot, news: &SlotNews) {
        self.turn(Month::of(day));
        if let Some(band) = news.band {
            let row = self.days.entry(day).or_insert_with(|| CountedDay { slots: Vec::new() });
            let mut counted = row.take(slot);
            let sides = [
                (&mut counted.buyer, &news.purchases),
                (&mut counted.seller, &news.sales),
            ];
            for (counted, news) in sides {
                if *news == News::default() {
                    continue;
                }
                let counted = counted.get_or_insert_with(|| Counted::at(self.credit.points));
                self.credit.points = counted.recount(self.credit.points, news, band, &mut self.credit.weights);
            }
            counted.within = counted.seller.as_ref().and_then(|seller| seller.is_within(band));
            row.put(counted);
        }
        for penalty in &news.penalties {
            let cost = Points::new(penalty.points).unwrap_or(Points::MOST);
            self.credit.points = self.credit.points.less(cost);
        }
    }

    /// Begins a later month: a month that ends without contracts leads back to 600 points, unless there is debt. What a correction says
    /// of an earlier month counts in the present one.
    pub(super) fn turn(&mut self, month: Month) {
        let credit = &mut self.credit;
        for _ in 0..IDLE_MONTHS {
            if credit.month >= month {
                return;
            }
            if credit.weights.is_idle() && self.may_idle {
                credit.points = credit.points.after_idle_month();
            }
            credit.weights = MonthWeights::default();
            credit.month = credit.month.next();
        }
        credit.month = credit.month.max(month);
    }

    /// The credit after the day, and what slots have moved of it.
    pub(super) fn ended(mut self, day: BillingDay) -> (Credit, Vec<(BillingDay, CountedDay)>) {
        self.credit.day = day;
        for (day, row) in &self.days {
            let kept = row.slots.iter().filter_map(|counted| counted.within);
            self.credit.stability.tell(*day, kept);
        }
        (self.credit, self.days.into_iter().collect())
    }
}

impl CountedDay {
    /// What a slot has moved so far, taken out.
    fn take(&mut self, slot: Slot) -> CountedSlot {
        match self.slots.binary_search_by_key(&slot, |counted| counted.slot) {
            Ok(place) => self.slots.remove(place),
            Err(_) => CountedSlot {
                slot,
                buyer: None,
                seller: None,
                within: None,
            },
        }
    }

    /// Puts a slot in the order of the slots.
    fn put(&mut self, counted: CountedSlot) {
        let place = self.slots.partition_point(|other| other.slot < counted.slot);
        self.slots.insert(place, counted);
    }
}
