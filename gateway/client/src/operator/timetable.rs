//! When the gates of a slot's auctions open and close: by the rules in force in the slot, and by the local day of its calendar.

use std::collections::BTreeMap;

use der_api::reply::VersionLine;
use der_api::version::{Content, Subject};
use der_market::calendar::Calendar;
use der_market::days::Days;
use der_market::parameters::Parameters;
use der_market::session::{SessionRules, Times};
use der_market::slot::Slot;

use crate::days::{content, versions};
use crate::{ClientError, MarketClient};

/// What governance says of gate times. Contents of versions never change and are read once.
#[derive(Debug, Default)]
pub(super) struct Timetable {
    rules: BTreeMap<u32, SessionRules>,
    calendars: BTreeMap<u32, Calendar>,
    parameters: Vec<VersionLine>,
    /// Of a market without governed versions.
    otherwise: SessionRules,
    days: Option<Days>,
}

impl Timetable {
    /// One pair of rules for every slot.
    #[cfg(test)]
    pub(super) fn of(otherwise: SessionRules) -> Self {
        Self {
            otherwise,
            ..Self::default()
        }
    }

    /// Reads what has been enacted since it was read last.
    ///
    /// # Errors
    /// Where the market cannot be read.
    pub(super) async fn refresh(&mut self, client: &MarketClient, market: &Parameters) -> Result<(), ClientError> {
        self.otherwise = market.sessions.unwrap_or_default();
        self.parameters = versions(client, Subject::Parameters).await?;
        for line in &self.parameters {
            if self.rules.contains_key(&line.version) {
                continue;
            }
            if let Content::Parameters(rules) = content(client, Subject::Parameters, line.version).await? {
                self.rules.insert(line.version, rules.sessions.unwrap_or_default());
            }
        }
        let calendars = versions(client, Subject::Calendar).await?;
        for line in &calendars {
            if self.calendars.contains_key(&line.version) {
                continue;
            }
            if let Content::Calendar(calendar) = content(client, Subject::Calendar, line.version).await? {
                self.calendars.insert(line.version, calendar);
            }
        }
        self.days = (!calendars.is_empty()).then(|| {
            let governed = calendars.iter().filter_map(|line| {
                let calendar = self.calendars.get(&line.version)?;
                Some((line.from, calendar.clone()))
            });
            Days::new(market.billing(), governed.collect())
        });
        Ok(())
    }

    /// The rules in force in a slot.
    pub(super) fn rules(&self, slot: Slot) -> SessionRules {
        let come = self.parameters.iter().filter(|line| line.from <= slot);
        let latest = come.max_by_key(|line| (line.from, line.version));
        let rules = latest.and_then(|line| self.rules.get(&line.version));
        rules.copied().unwrap_or(self.otherwise)
    }

    /// The times of a slot's day-ahead auction.
    pub(super) fn day_ahead(&self, slot: Slot) -> Times {
        let rules = self.rules(slot);
        let first = self.days.as_ref().and_then(|days| days.governed_first(slot));
        first.map_or_else(|| rules.day_ahead(slot), |first| rules.day_ahead_of(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der_market::billing::Billing;
    use der_market::calendar::{Day, Period, Run};

    fn slot(value: u64) -> Slot {
        Slot::new(value).unwrap()
    }

    /// 29 March 2026 in Central Europe has 92 slots; its first one.
    const SPRING: u64 = 1_774_738_800 / 900;

    #[test]
    fn the_gate_of_the_day_after_a_change_of_clocks_is_at_ten_by_the_clock_on_the_wall() {
        let run = |slots| {
            vec![Run {
                period: Period::Flat,
                slots,
            }]
        };
        let day = |date: &str, first, pattern| Day {
            date: date.parse().unwrap(),
            first: slot(first),
            pattern,
        };
        let calendar = Calendar {
            patterns: vec![run(92), run(96)],
            days: vec![day("2026-03-29", SPRING, 0), day("2026-03-30", SPRING + 92, 1)],
        };
        let table = Timetable {
            days: Some(Days::new(Billing::default(), vec![(slot(SPRING), calendar)])),
            ..Timetable::default()
        };
        let close = |at| table.day_ahead(slot(at)).close;
        assert_eq!(close(SPRING + 91), 1_774_738_800 - 14 * 3_600);
        assert_eq!(close(SPRING + 92), 1_774_738_800 + 9 * 3_600);
        assert_eq!(
            close(SPRING - 1),
            SessionRules::default().day_ahead(slot(SPRING - 1)).close
        );
    }

    #[test]
    fn a_slot_has_the_rules_that_are_in_force_in_it() {
        let line = |version, from| VersionLine {
            version,
            from: slot(from),
            proposal: None,
        };
        let late = SessionRules {
            day_ahead_gate_s: 43_200,
            ..SessionRules::default()
        };
        let table = Timetable {
            parameters: vec![line(1, 0), line(2, 500)],
            rules: [(1, SessionRules::default()), (2, late)].into(),
            ..Timetable::default()
        };
        assert_eq!(table.rules(slot(499)), SessionRules::default());
        assert_eq!(table.rules(slot(500)), late);
    }
}
