use super::*;
use proptest::prelude::*;

/// A plant with its owner and two other holders; index 0 is the owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Book {
    origin: Origin,
    days: [u64; 4],
    holdings: [Holding; 3],
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Correct { day: usize, wh: u64 },
    Transfer { from: usize, to: usize, certificates: u64 },
    Claim { holder: usize, wh: u64 },
}

impl Book {
    fn correct(&mut self, day: usize, wh: u64) {
        self.origin.correct(self.days[day], wh, &mut self.holdings[0]).unwrap();
        self.days[day] = wh;
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Correct { day, wh } => self.correct(day, wh),
            Act::Transfer { from, to, certificates } => {
                let (mut giver, mut taker) = (self.holdings[from], self.holdings[to]);
                if from != to && giver.transfer(&mut taker, certificates).is_ok() {
                    (self.holdings[from], self.holdings[to]) = (giver, taker);
                }
            }
            Act::Claim { holder, wh } => {
                let _ = self.holdings[holder].claim(wh);
            }
        }
    }

    fn settled(&self) -> u64 {
        self.days.iter().sum()
    }

    fn out(&self) -> u64 {
        self.holdings.iter().map(|holding| holding.certificates).sum()
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..4_usize, 0..6_000_000_u64).prop_map(|(day, wh)| Act::Correct { day, wh }),
        (0..3_usize, 0..3_usize, 0..4_u64).prop_map(|(from, to, certificates)| Act::Transfer {
            from,
            to,
            certificates
        }),
        (0..3_usize, 0..2_500_000_u64).prop_map(|(holder, wh)| Act::Claim { holder, wh }),
    ]
}

proptest! {
    #[test]
    fn certificates_never_exceed_settled_wh(acts in proptest::collection::vec(act(), 0..60)) {
        let mut book = Book::default();
        for act in acts {
            let before = book.clone();
            book.act(act);
            prop_assert_eq!(book.origin.accrued_wh, book.settled());
            prop_assert_eq!(book.origin.issued, book.out(), "each certificate has one holder");
            // What is beyond the settled energy was out before energy was taken away: nothing is ever issued beyond it.
            let due = book.settled() / CERTIFICATE_WH;
            prop_assert!(book.out() <= due.max(before.out()));
            if book.out() > due && matches!(act, Act::Correct { .. }) {
                prop_assert_eq!(book.holdings[0].free(), 0, "a deficit stands only for what the owner cannot give back");
                prop_assert!(book.origin.deficit_wh() > 0);
            }
            for holding in book.holdings {
                prop_assert!(holding.claimed_wh <= holding.certificates * CERTIFICATE_WH);
            }
        }
    }

    #[test]
    fn a_third_holder_never_loses_by_a_correction(
        acts in proptest::collection::vec(act(), 0..40),
        day in 0..4_usize,
        wh in 0..6_000_000_u64,
    ) {
        let mut book = Book::default();
        acts.into_iter().for_each(|act| book.act(act));
        let before = book.clone();
        book.correct(day, wh);
        prop_assert_eq!(&book.holdings[1..], &before.holdings[1..]);
        prop_assert_eq!(book.holdings[0].claimed_wh, before.holdings[0].claimed_wh);
    }

    #[test]
    fn corrections_in_any_order_leave_the_same_certificates(
        acts in proptest::collection::vec(act(), 0..30),
        last in proptest::array::uniform4(0..6_000_000_u64),
        wrong in proptest::collection::vec((0..4_usize, 0..6_000_000_u64), 0..8),
        order in Just([0_usize, 1, 2, 3]).prop_shuffle(),
    ) {
        let mut begun = Book::default();
        acts.into_iter().for_each(|act| begun.act(act));
        let mut straight = begun.clone();
        for (day, wh) in last.into_iter().enumerate() {
            straight.correct(day, wh);
        }
        let mut winding = begun;
        for (day, wh) in wrong {
            winding.correct(day, wh);
        }
        for day in order {
            winding.correct(day, last[day]);
        }
        prop_assert_eq!(winding, straight);
    }
}

#[test]
fn the_remainder_is_carried_over_and_a_deficit_is_paid_first() {
    let (mut origin, mut owner, mut other) = (Origin::default(), Holding::default(), Holding::default());
    origin.correct(0, 2_700_000, &mut owner).unwrap();
    assert_eq!(owner.certificates, 2);
    origin.correct(0, 300_000, &mut owner).unwrap();
    assert_eq!(owner.certificates, 3, "700 and 300 kWh are one more");
    owner.transfer(&mut other, 3).unwrap();
    origin.correct(2_700_000, 1_200_000, &mut owner).unwrap();
    assert_eq!((other.certificates, origin.deficit_wh()), (3, 1_500_000));
    origin.correct(0, 2_400_000, &mut owner).unwrap();
    assert_eq!(
        (owner.certificates, origin.issued),
        (0, 3),
        "the deficit takes 1.5 MWh of it"
    );
    origin.correct(0, 100_000, &mut owner).unwrap();
    assert_eq!(owner.certificates, 1);
}

#[test]
fn claims_go_in_parts_and_keep_a_certificate_from_moving() {
    let (mut holder, mut other) = (
        Holding {
            certificates: 2,
            claimed_wh: 0,
        },
        Holding::default(),
    );
    holder.claim(300_000).unwrap();
    assert_eq!(holder.free(), 1);
    assert_eq!(holder.transfer(&mut other, 2), Err(OriginError::TooFew));
    holder.transfer(&mut other, 1).unwrap();
    assert_eq!(holder.claim(700_001), Err(OriginError::ClaimTooLarge));
    holder.claim(700_000).unwrap();
    assert_eq!(holder.unclaimed_wh(), 0);
}

#[test]
fn a_month_survives_its_text() {
    for text in ["2026-11", "1999-01"] {
        assert_eq!(text.parse::<OriginMonth>().unwrap().to_string(), text);
    }
    for text in ["2026-13", "2026-1", "2026-11-01", ""] {
        assert!(text.parse::<OriginMonth>().is_err(), "{text}");
    }
}
