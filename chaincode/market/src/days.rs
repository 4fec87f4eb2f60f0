//! Local days: by the calendars that are governed, and of 96 slots at a fixed offset where none is.

use crate::billing::{Billing, BillingDay};
use crate::calendar::{Calendar, Date, DaySlots};
use crate::slot::Slot;

/// Slots by which a local midnight lies at most before or after the one of the fixed offset, with a day to spare.
const APART: u64 = 192;

/// The local days of a market. Each slot belongs to one day, whichever version of the calendar says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    fixed: Billing,
    /// Calendars by the slot from which they are in force, the earliest first.
    governed: Vec<(Slot, Calendar)>,
}

impl Days {
    /// Days by calendars, each in force from its slot to the next one's; before the first of them days of 96 slots.
    pub fn new(fixed: Billing, mut governed: Vec<(Slot, Calendar)>) -> Self {
        governed.sort_by_key(|(from, _)| *from);
        Self { fixed, governed }
    }

    /// Slots between which the calendars must be known to tell a day's slots.
    pub fn around(fixed: &Billing, day: BillingDay) -> (Slot, Slot) {
        let (first, end) = fixed.slots_of(day);
        (minus(first, APART), plus(end, APART))
    }

    /// The day of a slot; the last one for a slot beyond all days.
    pub fn day_of(&self, slot: Slot) -> BillingDay {
        let governed = self.governed.iter().rev().find(|(from, _)| *from <= slot);
        let day = governed.and_then(|(_, calendar)| calendar.day_from(slot));
        day.map_or_else(|| self.fixed.day_of(slot), |day| numbered(day.date))
    }

    /// The date of a slot.
    pub fn date_of(&self, slot: Slot) -> Date {
        Date::of_billing(self.day_of(slot))
    }

    /// The first slot of a slot's day, where a calendar is in force in the slot.
    pub fn governed_first(&self, slot: Slot) -> Option<Slot> {
        let (_, calendar) = self.governed.iter().rev().find(|(from, _)| *from <= slot)?;
        calendar.day_from(slot).map(|day| day.first)
    }

    /// A day's first slot and the first slot after it. A day in which one calendar follows another may be longer than others.
    pub fn slots_of(&self, day: BillingDay) -> (Slot, Slot) {
        let first_from = self.governed.first().map_or(Slot::MOST, |(from, _)| *from);
        let (first, end) = self.fixed.slots_of(day);
        let mut span = within((first, end), (Slot::LEAST, first_from));
        for (place, (from, calendar)) in self.governed.iter().enumerate() {
            let next = self.governed.get(place.saturating_add(1));
            let until = next.map_or(Slot::MOST, |(next, _)| *next);
            let Some(slots) = Date::of_days(day.get()).and_then(|date| calendar.day_beyond(date)) else {
                continue;
            };
            let here = within((slots.first, plus(slots.first, slots.count)), (*from, until));
            span = match (span, here) {
                (Some((first, _)), Some((_, end))) => Some((first, end)),
                (span, here) => span.or(here),
            };
        }
        span.unwrap_or((first, first))
    }

    /// The slot at the same place of the day so many days later; the day's last one where it is shorter.
    pub fn later(&self, slot: Slot, days: u16) -> Slot {
        let day = self.day_of(slot).get().saturating_add(u32::from(days));
        self.at_place_of(slot, BillingDay::new(day).unwrap_or(BillingDay::MOST))
    }

    /// The slot at the same place of the day seven days earlier; none before the first week.
    pub fn week_before(&self, slot: Slot) -> Option<Slot> {
        let day = self.day_of(slot).get().checked_sub(7)?;
        Some(self.at_place_of(slot, BillingDay::new(day).ok()?))
    }

    fn at_place_of(&self, slot: Slot, day: BillingDay) -> Slot {
        let place = slot.get().saturating_sub(self.slots_of(self.day_of(slot)).0.get());
        let (first, end) = self.slots_of(day);
        plus(first, place).min(minus(end, 1)).max(first)
    }
}

impl Calendar {
    /// The day of a slot from its first day on; days after its last have 96 slots.
    fn day_from(&self, slot: Slot) -> Option<DaySlots> {
        self.day_of(slot).or_else(|| {
            let (end, _) = self.end()?;
            self.beyond(slot.get().checked_sub(end.get())?.div_euclid(crate::billing::DAY_SLOTS))
        })
    }

    /// The slots of a date from its first day on; days after its last have 96 slots.
    fn day_beyond(&self, date: Date) -> Option<DaySlots> {
        self.day(date).or_else(|| {
            let (_, after) = self.end()?;
            self.beyond(u64::from(date.days().checked_sub(after.days())?))
        })
    }

    /// The first slot and date after its last day.
    fn end(&self) -> Option<(Slot, Date)> {
        let last = self.day(self.days.last()?.date)?;
        Some((plus(last.first, last.count), last.date.next()))
    }

    fn beyond(&self, days: u64) -> Option<DaySlots> {
        let (end, after) = self.end()?;
        let count = crate::billing::DAY_SLOTS;
        let date = Date::of_days(after.days().checked_add(u32::try_from(days).ok()?)?)?;
        let first = plus(end, days.checked_mul(count)?);
        Some(DaySlots { date, first, count })
    }
}

fn numbered(date: Date) -> BillingDay {
    BillingDay::new(date.days()).unwrap_or(BillingDay::MOST)
}

fn within((first, end): (Slot, Slot), (from, until): (Slot, Slot)) -> Option<(Slot, Slot)> {
    let (first, end) = (first.max(from), end.min(until));
    (first < end).then_some((first, end))
}

fn plus(slot: Slot, more: u64) -> Slot {
    Slot::new(slot.get().saturating_add(more)).unwrap_or(Slot::MOST)
}

fn minus(slot: Slot, less: u64) -> Slot {
    Slot::new(slot.get().saturating_sub(less)).unwrap_or(Slot::LEAST)
}

#[cfg(test)]
#[path = "days_tests.rs"]
mod tests;
