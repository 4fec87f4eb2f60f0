//! Settlement from schema 3 on: missing readings, corrections, estimates, slots that were never cleared, pages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod estimates;
#[path = "../world/mod.rs"]
mod world;

use std::collections::BTreeMap;

use der_api::ErrorCode;
use der_api::metering::SignedReading;
use der_api::reply::{SettlementView, Stage};
use der_api::request::*;
use der_contract::Caller;
use der_market::journal::{Account, Purpose, sum};
use der_market::metering::Quality;
use der_market::paper;
use der_market::parameters::SettlementRules;
use der_market::settlement::Place;
use der_market::slot::Slot;
use der_market::units::{Money, Price};
use estimates::{estimate, publish};
use proptest::prelude::*;
use world::*;

fn record(world: &mut World, readings: Vec<SignedReading>) {
    world.submit(&metering(), &RecordReadings { readings });
}

fn settle(world: &mut World, slot: Slot) -> SettlementView {
    world.submit(&operator(), &Settle { slot })
}

fn correct(world: &mut World, slot: Slot) -> SettlementView {
    world.submit(&operator(), &CorrectSlot { slot })
}

fn accounts() -> [Account; 4] {
    let of = |user: &Caller| Account::Participant(participant(user));
    [of(&buyer()), of(&seller()), Account::Grid, Account::Retail]
}

fn place(user: &Caller, point: &str) -> Place {
    Place::new(participant(user), id(point))
}

/// Money by account and purpose; it sums to zero.
fn money(world: &World, slot: Slot) -> BTreeMap<(Account, Purpose), i128> {
    let mut money = BTreeMap::new();
    for account in accounts() {
        let statement = world.query(&QueryStatement {
            account: account.clone(),
            slot,
        });
        for posting in statement.postings {
            *money.entry((account.clone(), posting.purpose)).or_insert(0) += posting.amount.get();
        }
    }
    assert_eq!(money.values().sum::<i128>(), 0);
    money.retain(|_, amount| *amount != 0);
    money
}

/// Money, energy by branch, energy supplied by place: everything that corrections must leave right.
type Books = (
    BTreeMap<(Account, Purpose), i128>,
    der_market::settlement::Volume,
    BTreeMap<String, i64>,
);

fn books(world: &World, slot: Slot) -> Books {
    let volume = world.query(&QueryVolumes { through: slot }).volume;
    let mut supplied: BTreeMap<String, i64> = BTreeMap::new();
    for (key, row) in &world.state.0 {
        let parts: Vec<&str> = key.trim_matches('\0').split('\0').collect();
        if ["supplied", "supply-change"].contains(&parts[0]) {
            let row: serde_json::Value = serde_json::from_slice(row).unwrap();
            *supplied.entry(parts[1..5].join(" ")).or_default() += row["row"]["delta_wh"].as_i64().unwrap();
        }
    }
    supplied.retain(|_, wh| *wh != 0);
    (money(world, slot), volume, supplied)
}

/// A planned slot of the paper's first case whose readings are these, settled at once.
fn at_once(consumed: u64, injected: u64) -> World {
    let mut world = whole_market();
    world.planned(&paper::CASES[0], slot(0));
    record(
        &mut world,
        vec![
            reading("meter-1", slot(0), 0, injected, 1),
            reading("meter-2", slot(0), consumed, 0, 1),
        ],
    );
    settle(&mut world, slot(0));
    world
}

#[test]
fn the_paper_s_table_is_the_same_at_every_schema() {
    for (number, case) in paper::CASES.iter().enumerate() {
        let mut tables = Vec::new();
        for schema in [1, 3] {
            let mut world = World::ready();
            if schema == 3 {
                world.submit(&operator(), &Migrate { to: 3 });
            }
            world.planned(case, slot(0));
            let readings = vec![
                reading("meter-1", slot(0), 0, case.generated_wh, 1),
                reading("meter-2", slot(0), case.consumed_wh, 0, 1),
            ];
            record(&mut world, readings);
            let mut view = settle(&mut world, slot(0));
            assert_eq!(view.course.take().is_some(), schema == 3);
            for line in &mut view.trades {
                assert_eq!(line.parties.take().is_some(), schema == 3);
            }
            assert_eq!(world.query(&QuerySlot { slot: slot(0).into() }).stage, Stage::Settled);
            tables.push((view, books(&world, slot(0))));
        }
        assert_eq!(tables[0], tables[1], "test {}", number + 1);
        let net = |account: &Account| {
            let money = &tables[1].1.0;
            money
                .iter()
                .filter(|((whose, _), _)| whose == account)
                .map(|(_, amount)| amount)
                .sum::<i128>()
        };
        let [buyer, seller, grid, retail] = accounts();
        assert_eq!(
            [net(&buyer), net(&seller), net(&grid) + net(&retail)],
            [-case.buyer_pays, case.generator_gets, case.company_nets]
        );
    }
}

/// A trap others fell into: "one broken meter blocking all".
#[test]
fn one_broken_meter_blocking_all_is_not_what_happens() {
    let mut world = whole_market();
    let other = caller("MicrogridMSP", "bob", "participant");
    world.join(&other, "pcc-2", "meter-3");
    let contract = world.planned(&paper::CASES[0], slot(0));
    record(
        &mut world,
        vec![
            reading("meter-1", slot(0), 0, 200_000, 1),
            reading("meter-3", slot(0), 7_000, 0, 1),
        ],
    );
    let view = settle(&mut world, slot(0));
    let course = view.course.unwrap();
    assert_eq!(
        (course.pending.as_slice(), course.missing.as_slice()),
        (&[contract][..], &[place(&buyer(), "pcc-2")][..])
    );
    assert_eq!(view.trades, []);
    let booked: Vec<_> = view.points.iter().map(|line| line.participant.clone()).collect();
    assert_eq!(
        booked,
        [participant(&other)],
        "the seller waits with its buyer, nobody else does"
    );
    record(&mut world, vec![reading("meter-2", slot(0), 180_000, 0, 1)]);
    let view = correct(&mut world, slot(0));
    assert_eq!((view.trades.len(), view.points.len()), (1, 2));
    assert_eq!(view.course.unwrap().versions.len(), 2);
    let mut right = at_once(180_000, 200_000);
    right.join(&other, "pcc-2", "meter-3");
    record(&mut right, vec![reading("meter-3", slot(0), 7_000, 0, 1)]);
    correct(&mut right, slot(0));
    let all = |world: &World| {
        let who = Account::Participant(participant(&other));
        let bob = world
            .query(&QueryStatement {
                account: who,
                slot: slot(0),
            })
            .net;
        (
            bob,
            accounts().map(|account| world.query(&QueryStatement { account, slot: slot(0) }).net),
        )
    };
    assert_eq!(all(&world), all(&right));
}

#[test]
fn a_correction_reverses_exactly_and_books_anew() {
    let mut world = at_once(220_000, 200_000);
    let before = money(&world, slot(0));
    record(&mut world, vec![reading("meter-2", slot(0), 150_000, 0, 2)]);
    let view = correct(&mut world, slot(0));
    assert_eq!(
        view.course
            .as_ref()
            .unwrap()
            .versions
            .iter()
            .map(|v| v.version)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(books(&world, slot(0)), books(&at_once(150_000, 200_000), slot(0)));
    let page = world.query(&QuerySettlementPage { slot: slot(0), page: 1 });
    assert_eq!(sum(&page.postings), Ok(Money::ZERO));
    assert!(page.booked && page.change.trades.iter().all(|shift| shift.before == Some(0)));
    let told = world.query(&QuerySettlement { slot: slot(0) });
    assert_eq!(
        (told.trades.len(), told.points.len()),
        (1, 2),
        "each line once, the latest"
    );
    assert_eq!(told.trades[0].delivered_wh, energy(150_000));
    assert_eq!(sum(&told.postings), Ok(Money::ZERO));
    record(&mut world, vec![reading("meter-2", slot(0), 220_000, 0, 3)]);
    correct(&mut world, slot(0));
    assert_eq!(money(&world, slot(0)), before, "there and back, to the nyuan");
}

#[test]
fn a_correction_of_nothing_writes_nothing() {
    let world = at_once(200_000, 200_000);
    let decision = world.decide(&operator(), &CorrectSlot { slot: slot(0) }).unwrap();
    assert!(decision.is_read_only() && decision.event().is_none());
}

#[test]
fn a_slot_that_the_first_schema_settled_is_corrected_too() {
    let mut world = World::ready();
    world.planned(&paper::CASES[0], slot(0));
    let readings = vec![
        reading("meter-1", slot(0), 0, 200_000, 1),
        reading("meter-2", slot(0), 220_000, 0, 1),
    ];
    record(&mut world, readings);
    settle(&mut world, slot(0));
    world.submit(&operator(), &Migrate { to: 3 });
    assert!(
        world
            .decide(&operator(), &CorrectSlot { slot: slot(0) })
            .unwrap()
            .is_read_only()
    );
    record(&mut world, vec![reading("meter-1", slot(0), 0, 150_000, 2)]);
    correct(&mut world, slot(0));
    assert_eq!(books(&world, slot(0)), books(&at_once(220_000, 150_000), slot(0)));
}

#[test]
fn a_slot_that_was_never_cleared_settles_with_the_grid_alone() {
    for opened in [false, true] {
        let mut world = whole_market();
        if opened {
            world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
            world.submit(&seller(), &offer(slot(0), "sale", 100_000, 400_000));
            assert_eq!(
                world.refusal(&operator(), &Settle { slot: slot(0) }),
                ErrorCode::WrongStage
            );
            let early = RecordReadings {
                readings: vec![reading("meter-1", slot(0), 0, 1, 1)],
            };
            assert_eq!(world.refusal(&metering(), &early), ErrorCode::ReadingOfWrongSlot);
            world.submit(&operator(), &CloseGate { slot: slot(0).into() });
            world.submit(&operator(), &SealBook { slot: slot(0).into() });
        }
        assert_eq!(
            world.refusal(&operator(), &Settle { slot: slot(0) }),
            ErrorCode::NothingMetered
        );
        record(&mut world, vec![reading("meter-1", slot(0), 3_000, 10_000, 1)]);
        let view = settle(&mut world, slot(0));
        assert_eq!(view.trades, []);
        let [line] = view.points.as_slice() else {
            panic!("{view:?}")
        };
        assert_eq!((line.grid_supply_wh, line.feed_in_wh), (energy(3_000), energy(10_000)));
        assert_eq!(sum(&view.postings), Ok(Money::ZERO));
        let late = if opened {
            world.refusal(&operator(), &Clear { slot: slot(0).into() })
        } else {
            world.refusal(&operator(), &OpenSlot { slot: slot(0).into() })
        };
        assert_eq!(late, ErrorCode::AlreadySettled);
    }
}

#[test]
fn feed_in_beyond_the_plan_earns_its_own_price() {
    let mut world = whole_market();
    let over = Price::new(100_000).unwrap();
    publish(
        &mut world,
        SettlementRules {
            feed_in_over: Some(over),
            ..SettlementRules::default()
        },
    );
    world.planned(&paper::CASES[0], slot(0));
    let readings = vec![
        reading("meter-1", slot(0), 0, 230_000, 1),
        reading("meter-2", slot(0), 200_000, 0, 1),
    ];
    record(&mut world, readings);
    let view = settle(&mut world, slot(0));
    let line = view
        .points
        .iter()
        .find(|line| line.participant == participant(&seller()))
        .unwrap();
    assert_eq!(line.feed_in_revenue, energy(30_000).at(over), "the plan fed nothing in");
}

#[test]
fn functions_of_settlement_that_do_not_apply() {
    let mut world = World::ready();
    for schema in [1, 2] {
        if schema == 2 {
            world.submit(&operator(), &Migrate { to: 2 });
        }
        let page = SettlePage { slot: slot(0), page: 0 };
        assert_eq!(world.refusal(&operator(), &page), ErrorCode::SchemaTooOld);
        assert_eq!(
            world.refusal(&operator(), &CorrectSlot { slot: slot(0) }),
            ErrorCode::SchemaTooOld
        );
        assert_eq!(
            world.refusal(&metering(), &estimate(4, vec![])),
            ErrorCode::SchemaTooOld
        );
    }
    world.submit(&operator(), &Migrate { to: 3 });
    assert_eq!(
        world.refusal(&operator(), &CorrectSlot { slot: slot(0) }),
        ErrorCode::WrongStage
    );
    assert_eq!(
        world.refusal(&operator(), &SettlePage { slot: slot(0), page: 0 }),
        ErrorCode::NoSuchPage
    );
    assert_eq!(
        world.refusal(&seller(), &CorrectSlot { slot: slot(0) }),
        ErrorCode::OrganisationNotAllowed
    );
    let settled = at_once(200_000, 200_000);
    assert_eq!(
        settled.refusal(&operator(), &Settle { slot: slot(0) }),
        ErrorCode::AlreadySettled
    );
    assert_eq!(
        settled.refusal(&operator(), &SettlePage { slot: slot(0), page: 1 }),
        ErrorCode::NoSuchPage
    );
    let again = settled
        .decide(&operator(), &SettlePage { slot: slot(0), page: 0 })
        .unwrap();
    assert!(again.is_read_only(), "a booked page is answered again");
}

#[test]
fn a_meter_s_own_estimate_is_marked_too() {
    let mut world = whole_market();
    world.planned(&paper::CASES[0], slot(0));
    let mut told = reading("meter-2", slot(0), 200_000, 0, 1).reading;
    told.quality = Quality::Estimated;
    let signature = sign(
        &public_key("meter-2"),
        &der_api::metering::canonical_bytes(&told).unwrap(),
    );
    let told = SignedReading {
        reading: told,
        signature,
    };
    record(&mut world, vec![told, reading("meter-1", slot(0), 0, 200_000, 1)]);
    assert!(settle(&mut world, slot(0)).trades[0].buyer_estimated);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// A trap others fell into: "settlement that depends on which reading came first".
    #[test]
    fn settlement_does_not_depend_on_which_reading_came_first(
        arrivals in proptest::collection::vec((any::<bool>(), 0..250_000_u64, any::<bool>()), 0..6),
        right in (0..250_000_u64, 0..250_000_u64),
        first in any::<bool>(),
    ) {
        let mut world = whole_market();
        world.planned(&paper::CASES[0], slot(0));
        let mut sequences = [0, 0];
        let (mut settled, mut arrive) = (false, |world: &mut World, buys: bool, wh: u64| {
            let next = &mut sequences[usize::from(buys)];
            *next += 1;
            let signed = if buys { reading("meter-2", slot(0), wh, 0, *next) } else { reading("meter-1", slot(0), 0, wh, *next) };
            record(world, vec![signed]);
        });
        let mut book = |world: &mut World| {
            if settled { correct(world, slot(0)); } else { settle(world, slot(0)); }
            settled = true;
        };
        for (buys, wh, settles) in arrivals {
            arrive(&mut world, buys, wh);
            if settles { book(&mut world); }
        }
        for buys in [first, !first] {
            arrive(&mut world, buys, if buys { right.0 } else { right.1 });
            book(&mut world);
        }
        prop_assert_eq!(books(&world, slot(0)), books(&at_once(right.0, right.1), slot(0)));
    }
}
