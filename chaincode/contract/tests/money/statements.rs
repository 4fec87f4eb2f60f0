//! Days folded, months closed, lines answered, statements paid.

use std::collections::BTreeMap;

use der_api::reply::{LineState, MonthStatementView};
use der_market::billing::{Billing, Month};
use der_market::statement::FEN;
use proptest::prelude::*;

use super::*;

/// The first slot of July after the world's slots, which begin in June 2026.
const JULY: u64 = 928;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn fold(world: &mut World, offset: u64) -> u32 {
    let accounts = vec![own(&buyer()), own(&seller()), Account::Grid, Account::Retail];
    let day = Billing::default().day_of(slot(offset));
    world.submit(&operator(), &FoldAccounts { day, accounts }).changed
}

fn close(text: &str, at: u64) -> CloseStatements {
    CloseStatements {
        month: month(text),
        at: slot(at),
        accounts: vec![own(&buyer()), own(&seller()), Account::Grid, Account::Retail],
    }
}

fn statement(world: &World, account: Account, text: &str) -> MonthStatementView {
    let month = month(text);
    world.query(&QueryMonthStatement { month, account })
}

/// June with the paper's first case, closed.
fn june() -> World {
    let mut world = market();
    delivered(&mut world, 0);
    fold(&mut world, 0);
    pass(&mut world, JULY);
    world.submit(&retail(), &close("2026-06", JULY));
    world
}

fn pay(text: &str) -> PayStatement {
    PayStatement { month: month(text) }
}

#[test]
fn a_fold_is_what_was_posted_and_repeating_it_writes_nothing() {
    let mut world = market();
    delivered(&mut world, 0);
    delivered(&mut world, 1);
    assert_eq!(fold(&mut world, 0), 3, "retail had nothing");
    assert_eq!(fold(&mut world, 0), 0);
    let account = world.query(&QueryAccount { account: own(&buyer()) });
    assert_eq!(
        account.folded,
        BTreeMap::from([(Purpose::Energy, yuan(-220)), (Purpose::Tariff, yuan(-8))])
    );
    let balance = |account: Account| world.query(&QueryBalance { account }).balance;
    for account in [own(&buyer()), own(&seller()), Account::Grid, Account::Retail] {
        let folded = world.query(&QueryAccount {
            account: account.clone(),
        });
        assert_eq!(folded.booked, balance(account), "the folds say what the postings say");
    }
}

#[test]
fn a_month_is_closed_once_the_ledger_has_come_beyond_it() {
    let mut world = market();
    delivered(&mut world, 0);
    fold(&mut world, 0);
    refused(&world, &retail(), &close("2026-06", 0), ErrorCode::NotThatFar);
    refused(&world, &retail(), &close("2026-06", JULY), ErrorCode::NotThatFar);
    pass(&mut world, JULY);
    pass(&mut world, JULY + 1);
    refused(&world, &retail(), &close("2026-06", JULY), ErrorCode::NotThatFar);
    world.submit(&retail(), &close("2026-06", JULY + 1));
    refused(&world, &retail(), &close("2026-06", JULY + 1), ErrorCode::MonthClosed);
    let view = statement(&world, own(&buyer()), "2026-06");
    assert_eq!((view.total, view.due, view.rest), (yuan(-114), yuan(-114), Money::ZERO));
    let purposes: Vec<_> = view
        .lines
        .iter()
        .map(|line| (line.line.purpose, line.line.amount))
        .collect();
    assert_eq!(purposes, [(Purpose::Energy, yuan(-110)), (Purpose::Tariff, yuan(-4))]);
    assert_eq!(
        statement(&world, Account::Grid, "2026-06").total,
        yuan(4),
        "grid and retail apart"
    );
    assert_eq!(statement(&world, Account::Retail, "2026-06").total, Money::ZERO);
}

#[test]
fn a_closed_statement_never_changes_and_a_correction_is_on_the_next() {
    let mut world = june();
    let before = statement(&world, own(&buyer()), "2026-06");
    post(&mut world, &buyer(), 0, 1, Purpose::GridSupply, -12_345_678_901);
    assert_eq!(fold(&mut world, 0), 2);
    assert_eq!(statement(&world, own(&buyer()), "2026-06"), before);
    pass(&mut world, JULY + 31 * 96);
    world.submit(&retail(), &close("2026-07", JULY + 31 * 96));
    let next = statement(&world, own(&buyer()), "2026-07");
    assert_eq!(next.lines.len(), 1);
    assert_eq!(next.lines[0].line.day, before.lines[0].line.day, "the corrected day");
    assert_eq!((next.total.get(), next.rest.get()), (-1_235 * FEN, 4_321_099));
    let lines = |text| statement(&world, own(&buyer()), text).lines;
    assert_eq!(lines("2026-06").len(), before.lines.len());
    assert_eq!(
        books(&world),
        Money::ZERO,
        "the rounding account keeps what fen cannot say"
    );
}

#[test]
fn the_rest_opens_the_next_statement() {
    let mut world = june();
    post(&mut world, &buyer(), JULY + 5, 0, Purpose::GridSupply, -4_000_001);
    fold(&mut world, JULY + 5);
    pass(&mut world, JULY + 31 * 96);
    world.submit(&retail(), &close("2026-07", JULY + 31 * 96));
    assert_eq!(statement(&world, own(&buyer()), "2026-07").rest.get(), -4_000_001);
    post(
        &mut world,
        &buyer(),
        JULY + 31 * 96 + 5,
        0,
        Purpose::GridSupply,
        -1_000_000,
    );
    fold(&mut world, JULY + 31 * 96 + 5);
    pass(&mut world, JULY + 62 * 96);
    world.submit(&retail(), &close("2026-08", JULY + 62 * 96));
    let august = statement(&world, own(&buyer()), "2026-08");
    assert_eq!(august.lines[0].line.purpose, Purpose::Rounding);
    assert_eq!((august.total.get(), august.rest.get()), (-FEN, 4_999_999));
    assert_eq!(books(&world), Money::ZERO);
}

#[test]
fn undisputed_money_flows_and_the_regulator_decides_the_rest() {
    for (stands, paid, balance) in [(true, 114, 86), (false, 110, 90)] {
        let mut world = june();
        let (month, account) = (month("2026-06"), own(&buyer()));
        let dispute = DisputeStatement {
            month,
            account: account.clone(),
            lines: vec![1],
        };
        assert_eq!(world.submit(&buyer(), &dispute).due, yuan(-110));
        let view = world.submit(&buyer(), &pay("2026-06"));
        assert_eq!((view.due, view.paid), (Money::ZERO, yuan(-110)));
        refused(&world, &buyer(), &pay("2026-06"), ErrorCode::NothingDue);
        let decide = DecideLine {
            month,
            account: account.clone(),
            line: 1,
            stands,
        };
        world.submit(&regulator(), &decide);
        refused(&world, &regulator(), &decide, ErrorCode::LineNotDisputed);
        if stands {
            world.submit(&buyer(), &pay("2026-06"));
        }
        let view = statement(&world, account.clone(), "2026-06");
        assert_eq!((view.due, view.paid), (Money::ZERO, yuan(-paid)));
        assert_eq!(world.query(&QueryBalance { account }).balance, yuan(balance));
        assert_eq!(
            (funds(&world, &buyer()).0, books(&world)),
            (balance * YUAN, Money::ZERO)
        );
    }
}

#[test]
fn what_a_statement_owes_its_owner_is_collected_from_it() {
    let mut world = june();
    world.submit(&seller(), &pay("2026-06"));
    assert_eq!(funds(&world, &seller()).0, 310 * YUAN);
}

#[test]
fn silence_for_ten_days_is_acceptance() {
    let mut world = june();
    let dispute = |lines: Vec<u32>| DisputeStatement {
        month: month("2026-06"),
        account: own(&buyer()),
        lines,
    };
    refused(&world, &seller(), &dispute(vec![0]), ErrorCode::NotOwner);
    refused(&world, &buyer(), &dispute(vec![2]), ErrorCode::UnknownLine);
    let acknowledge = AcknowledgeStatement {
        month: month("2026-06"),
        account: own(&buyer()),
        lines: vec![0],
    };
    world.submit(&buyer(), &acknowledge);
    refused(&world, &buyer(), &dispute(vec![0]), ErrorCode::LineAccepted);
    assert!(world.decide(&buyer(), &dispute(vec![1])).is_ok());
    pass(&mut world, JULY + 960 - 1);
    assert!(
        world.decide(&buyer(), &dispute(vec![1])).is_ok(),
        "ten days less a slot"
    );
    pass(&mut world, JULY + 960);
    refused(&world, &buyer(), &dispute(vec![1]), ErrorCode::LineAccepted);
    let states: Vec<_> = statement(&world, own(&buyer()), "2026-06")
        .lines
        .iter()
        .map(|line| line.state)
        .collect();
    assert_eq!(states, [LineState::Acknowledged, LineState::Silent]);
    let companys = AcknowledgeStatement {
        account: Account::Grid,
        lines: vec![],
        ..acknowledge
    };
    world.submit(&grid(), &companys);
    refused(&world, &buyer(), &companys, ErrorCode::NotOwner);
}

#[test]
fn a_payment_default_costs_200_points_and_trading_until_it_is_paid() {
    let mut world = june();
    let default = DeclareDefault {
        month: month("2026-06"),
        participant: participant(&buyer()),
    };
    refused(&world, &retail(), &default, ErrorCode::NotThatFar);
    let late = JULY + 1_440;
    pass(&mut world, late);
    world.submit(&retail(), &default);
    refused(&world, &retail(), &default, ErrorCode::NothingDue);
    world.submit(
        &operator(),
        &OpenSlot {
            slot: slot(late + 1).into(),
        },
    );
    let need = bid(slot(late + 1), "need", 1_000, 590_000);
    refused(&world, &buyer(), &need, ErrorCode::InPaymentDefault);
    let credit = |world: &World| {
        let request = QueryCredit {
            participant: participant(&buyer()),
        };
        let reply = world.decide(&buyer(), &request).unwrap().reply().to_vec();
        let view: der_api::reply::CreditView = der_api::codec::decode(&reply, usize::MAX).unwrap();
        (view.points.unwrap().get(), view.in_default)
    };
    assert_eq!(credit(&world), (500_000, true));
    world.submit(&buyer(), &pay("2026-06"));
    assert_eq!(credit(&world), (500_000, false));
    world.submit(&buyer(), &need);
    let owing_nothing = DeclareDefault {
        participant: participant(&seller()),
        ..default
    };
    refused(&world, &retail(), &owing_nothing, ErrorCode::NothingDue);
}

#[test]
fn a_statement_is_paid_from_what_is_available_only() {
    let mut world = june();
    let all = RequestWithdrawal {
        payment: world::id("w"),
        amount: yuan(100),
    };
    world.submit(&buyer(), &all);
    refused(&world, &buyer(), &pay("2026-06"), ErrorCode::InsufficientFunds);
}

#[test]
fn floats_and_tolerances_have_no_place_in_a_statement() {
    let world = june();
    let reply = world.decide(
        &buyer(),
        &QueryMonthStatement {
            month: month("2026-06"),
            account: own(&buyer()),
        },
    );
    let text = String::from_utf8(reply.unwrap().reply().to_vec()).unwrap();
    assert!(!text.contains('.') && !text.contains("e+"), "{text}");
    let halves = br#"{"payment":"d","amount":"0.5"}"#;
    let error = world.simulate(&buyer(), "Deposit:Request", &[halves]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::QuantityNotAnInteger);
}

/// Something that happens to an account: a posting, a fold of its day, or the end of a month.
#[derive(Clone, Debug)]
enum Happening {
    Posted { day: u64, amount: i64 },
    Folded { day: u64 },
    Closed,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        4 => (0..30_u64, -100_000_000_000_i64..100_000_000_000).prop_map(|(day, amount)| Happening::Posted { day, amount }),
        4 => (0..30_u64).prop_map(|day| Happening::Folded { day }),
        1 => Just(Happening::Closed),
    ];
    proptest::collection::vec(one, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn statements_add_up_exactly_to_the_postings_in_any_order(happenings in happenings()) {
        let mut world = market();
        let (mut posted, mut months) = (0_i128, Vec::new());
        for (number, happening) in (0..).zip(happenings) {
            match happening {
                Happening::Posted { day, amount } => {
                    post(&mut world, &buyer(), day * 96, number, Purpose::GridSupply, i128::from(amount));
                    posted += i128::from(amount);
                }
                Happening::Folded { day } => { fold(&mut world, day * 96); }
                Happening::Closed if months.len() < 4 => {
                    let (text, at) = [("2026-07", 41), ("2026-08", 72), ("2026-09", 102), ("2026-10", 133)][months.len()];
                    pass(&mut world, at * 96);
                    world.submit(&retail(), &close(text, at * 96));
                    months.push(text);
                }
                Happening::Closed => {}
            }
        }
        for day in 0..30 {
            fold(&mut world, day * 96);
        }
        let mut totals = 0;
        for text in &months {
            let view = statement(&world, own(&buyer()), text);
            let lines: i128 = view.lines.iter().map(|line| line.line.amount.get()).sum();
            prop_assert_eq!(lines, view.total.get());
            prop_assert_eq!(lines % FEN, 0);
            totals += lines;
        }
        let account = world.query(&QueryAccount { account: own(&buyer()) });
        prop_assert_eq!(totals + account.rest.get() + account.unbilled.get(), posted);
        prop_assert_eq!(books(&world), Money::ZERO);
    }
}
