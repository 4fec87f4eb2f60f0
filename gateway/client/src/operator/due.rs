//! What a slot needs next, and when.

use der_api::reply::Stage;
use der_market::session::{Times, begin};
use der_market::slot::{Auction, SECONDS, Slot};

use super::timetable::Timetable;

/// A slot as the ledger was last seen to hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The latest auction that was opened, and its stage; none before the first.
    pub(super) latest: Option<(u8, Stage)>,
    /// True where that auction takes sealed orders.
    pub(super) sealed: bool,
    /// When this operator matched the latest auction: whoever must answer gets the whole window, however late that was.
    pub(super) matched_at: Option<i64>,
    /// Before then it is not tried again.
    pub(super) not_before: i64,
}

/// The next stage of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) at: i64,
    pub(super) auction: Auction,
    pub(super) stage: Stage,
}

impl Seen {
    pub(super) fn is_settled(self) -> bool {
        matches!(self.latest, Some((_, Stage::Settled)))
    }

    /// What comes next; nothing once the slot is settled.
    pub(super) fn due(self, timetable: &Timetable, slot: Slot, settle_after: i64) -> Option<Due> {
        let rules = timetable.rules(slot);
        let due = |at: i64, round: u8, stage| {
            let at = at.max(self.not_before);
            let auction = Auction { slot, round };
            Some(Due { at, auction, stage })
        };
        let Some((round, stage)) = self.latest else {
            return due(timetable.day_ahead(slot).open, 0, Stage::Open);
        };
        let times = times(timetable, slot, round);
        match stage {
            Stage::Open => due(times.close, round, Stage::Closed),
            Stage::Closed if self.sealed => due(times.clear, round, Stage::Revealed),
            Stage::Closed | Stage::Revealed => due(times.clear, round, Stage::Sealed),
            Stage::Sealed => due(times.clear, round, Stage::Matched),
            Stage::Matched => {
                let answered = self
                    .matched_at
                    .map(|at| at.saturating_add(i64::from(rules.confirmation_s)));
                let more = round == 0 && rules.has_intraday();
                let next = if more { Stage::Ended } else { Stage::Planned };
                due(times.end.max(answered.unwrap_or(times.end)), round, next)
            }
            Stage::Ended if round == 0 && rules.has_intraday() => due(rules.intraday(slot).open, 1, Stage::Open),
            Stage::Ended => due(times.end, round, Stage::Planned),
            Stage::Planned => due(delivered(slot).saturating_add(settle_after), round, Stage::Settled),
            Stage::Settled => None,
        }
    }
}

fn times(timetable: &Timetable, slot: Slot, round: u8) -> Times {
    match round {
        0 => timetable.day_ahead(slot),
        _ => timetable.rules(slot).intraday(slot),
    }
}

/// When a slot's delivery has ended, UTC seconds.
pub(super) fn delivered(slot: Slot) -> i64 {
    begin(slot).saturating_add(i64::try_from(SECONDS).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use der_market::session::SessionRules;

    #[test]
    fn a_slot_goes_through_both_auctions_in_order_of_time() {
        let (table, slot) = (Timetable::default(), Slot::new(1_994_752).unwrap());
        let (mut seen, mut stages, mut last) = (Seen::default(), Vec::new(), i64::MIN);
        while let Some(due) = seen.due(&table, slot, 60) {
            assert!(due.at >= last, "{due:?} is due before what it follows");
            last = due.at;
            stages.push((due.auction.round, due.stage));
            seen.latest = Some((due.auction.round, due.stage));
        }
        use Stage::{Closed, Ended, Matched, Open, Planned, Sealed, Settled};
        let day_ahead = [Open, Closed, Sealed, Matched, Ended].map(|stage| (0, stage));
        let intraday = [Open, Closed, Sealed, Matched, Planned, Settled].map(|stage| (1, stage));
        assert_eq!(stages, [&day_ahead[..], &intraday].concat());
        assert_eq!(last, begin(slot) + 960);
    }

    #[test]
    fn revealing_ends_before_the_book_of_a_sealed_auction_is_sealed() {
        let (table, slot) = (Timetable::default(), Slot::new(1_994_752).unwrap());
        let mut seen = Seen {
            latest: Some((0, Stage::Closed)),
            sealed: true,
            ..Seen::default()
        };
        let ending = seen.due(&table, slot, 0).unwrap();
        assert_eq!(
            (ending.stage, ending.at),
            (Stage::Revealed, table.day_ahead(slot).close + 300)
        );
        seen.latest = Some((0, Stage::Revealed));
        assert_eq!(seen.due(&table, slot, 0).unwrap().stage, Stage::Sealed);
    }

    #[test]
    fn who_is_matched_late_has_the_whole_window_to_answer() {
        let (table, slot) = (Timetable::default(), Slot::new(1_994_752).unwrap());
        let late = table.day_ahead(slot).end + 5;
        let seen = Seen {
            latest: Some((0, Stage::Matched)),
            matched_at: Some(late),
            ..Seen::default()
        };
        assert_eq!(seen.due(&table, slot, 0).unwrap().at, late + 600);
    }

    #[test]
    fn without_intraday_auctions_the_day_ahead_one_is_planned() {
        let rules = SessionRules {
            intraday_window_s: 0,
            ..SessionRules::default()
        };
        let seen = Seen {
            latest: Some((0, Stage::Matched)),
            ..Seen::default()
        };
        let due = seen
            .due(&Timetable::of(rules), Slot::new(1_994_752).unwrap(), 0)
            .unwrap();
        assert_eq!((due.auction.round, due.stage), (0, Stage::Planned));
    }
}
