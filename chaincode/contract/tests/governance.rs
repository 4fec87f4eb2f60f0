//! Who belongs to the market, under which schema and rules: what changes for whom, and what goes on as it was.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use std::collections::BTreeSet;

use der_api::organisations::Part;
use der_api::reply::{ContractStatus, GuardedKey};
use der_api::request::*;
use der_api::{ErrorCode, Request, codec};
use der_contract::{Caller, Release, invoke_as};
use der_market::id::MspId;
use der_market::journal::{Account, sum};
use der_market::paper;
use der_market::slot::Auction;
use der_market::units::{Money, Price};
use world::*;

fn msp(text: &str) -> MspId {
    id(text)
}

fn migrated() -> World {
    let mut world = World::ready();
    world.submit(&operator(), &Migrate { to: 2 });
    world
}

fn admit(world: &mut World, name: &str, part: Part) {
    world.submit(&operator(), &AdmitMember { msp: msp(name), part });
}

fn ann() -> Caller {
    caller("NorthMSP", "ann", "participant")
}

/// What a build of the first release answers.
fn first_release<R: Request>(world: &World, caller: &Caller, request: &R) -> ErrorCode {
    let argument = codec::encode(request).unwrap();
    let name = R::FUNCTION.name();
    now(invoke_as(
        Release::FIRST,
        &world.state,
        caller,
        &Hashing,
        name,
        &[&argument],
    ))
    .unwrap_err()
    .code()
}

#[test]
fn a_ledger_is_migrated_once_and_never_back() {
    let mut world = World::ready();
    let view = world.submit(&regulator(), &Migrate { to: 1 });
    assert_eq!((view.schema, view.members.len(), view.majority), (1, 4, 3));
    assert_eq!(world.submit(&operator(), &Migrate { to: 2 }).schema, 2);
    assert_eq!(world.query(&QueryMembers {}).schema, 2);
    let again = world.decide(&operator(), &Migrate { to: 2 }).unwrap();
    assert!(again.is_read_only() && again.event().is_none());
    assert_eq!(world.refusal(&operator(), &Migrate { to: 1 }), ErrorCode::SchemaUnknown);
    let unknown = world.decide(&operator(), &Migrate { to: 4 }).unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::SchemaUnknown);
    assert!(unknown.message().contains("knows schema 4"), "{}", unknown.message());
    assert_eq!(
        world.refusal(&grid(), &Migrate { to: 2 }),
        ErrorCode::RoleNotAllowed,
        "who keeps points does not govern"
    );
}

#[test]
fn only_the_market_s_row_differs_between_the_schemas() {
    let mut before = World::ready();
    before.planned(&paper::CASES[0], slot(0));
    let mut after = before.clone();
    after.submit(&operator(), &Migrate { to: 2 });
    let differing: Vec<_> = before
        .state
        .0
        .iter()
        .filter(|(key, value)| after.state.0[*key] != **value)
        .collect();
    assert_eq!(differing.len(), 1);
    let market = String::from_utf8_lossy(differing[0].1).replacen("{\"v\":1", "{\"v\":2", 1);
    assert_eq!(after.state.0[differing[0].0], market.as_bytes());
    assert_eq!(before.state.1, after.state.1, "every guard stays");
}

#[test]
fn a_build_that_does_not_know_the_schema_refuses_everything() {
    let world = migrated();
    assert_eq!(
        first_release(&world, &operator(), &QueryMarket {}),
        ErrorCode::SchemaUnknown
    );
    assert_eq!(
        first_release(&world, &operator(), &OpenSlot { slot: slot(0).into() }),
        ErrorCode::SchemaUnknown
    );
    assert_eq!(
        first_release(&world, &operator(), &QueryMembers {}),
        ErrorCode::UnknownFunction,
        "it never had the function"
    );
    let mut second = bootstrap();
    second.schema = 2;
    assert_eq!(
        first_release(&World::default(), &operator(), &second),
        ErrorCode::SchemaUnknown
    );
}

#[test]
fn an_intraday_auction_waits_for_the_migration() {
    let mut world = migrated();
    let intraday = OpenSlot {
        slot: Auction::new(slot(0), 1).unwrap(),
    };
    assert_eq!(world.refusal(&operator(), &intraday), ErrorCode::SchemaTooOld);
    world.submit(&operator(), &Migrate { to: 3 });
    assert_eq!(
        world.refusal(&operator(), &intraday),
        ErrorCode::AuctionOutOfTurn,
        "the schema has it, its turn has not come"
    );
}

#[test]
fn governance_waits_for_the_migration() {
    let world = World::ready();
    let admit = AdmitMember {
        msp: msp("NorthMSP"),
        part: Part::Energy,
    };
    assert_eq!(world.refusal(&operator(), &admit), ErrorCode::SchemaTooOld);
    let mut several = bootstrap();
    several.organisations.energy = vec![msp("EnergyMSP"), msp("NorthMSP")].into();
    assert_eq!(
        World::default().refusal(&operator(), &several),
        ErrorCode::OrganisationsInvalid
    );
    several.schema = 2;
    let mut world = World::default();
    world.submit(&operator(), &several);
    assert_eq!(
        world.query(&QueryMembers {}).members.len(),
        5,
        "a market may be founded by five"
    );
}

#[test]
fn a_fifth_organisation_joins_and_trades() {
    let mut world = migrated();
    assert_eq!(
        world.refusal(&ann(), &registration("pcc-1")),
        ErrorCode::OrganisationNotAllowed
    );
    admit(&mut world, "NorthMSP", Part::Energy);
    let view = world.query(&QueryMembers {});
    assert_eq!((view.members.len(), view.majority), (5, 3));
    world.join(&ann(), "pcc-1", "meter-ann");
    let guard = &world.state.1["\0user\0NorthMSP\0ann\0"];
    assert_eq!(guard.rule().organisations().len(), 5, "{}", guard.expression());
    let market = &world.state.1["\0market\0"];
    assert_eq!(market.rule().organisations().len(), 5, "the market's own guard follows");
    let slot = slot(0);
    world.submit(&operator(), &OpenSlot { slot: slot.into() });
    world.submit(&ann(), &offer(slot, "ann", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot, "need", 200_000, 590_000));
    assert_eq!(world.close_and_clear(slot).contracts.len(), 1);
}

#[test]
fn who_joins_and_leaves_is_bounded() {
    let mut world = migrated();
    let admit = |name: &str, part| AdmitMember { msp: msp(name), part };
    let dismiss = |name: &str| DismissMember { msp: msp(name) };
    for part in [Part::Grid, Part::Regulator] {
        let refused = world.refusal(&operator(), &admit("NorthMSP", part));
        assert_eq!(refused, ErrorCode::MembershipRefused);
    }
    assert_eq!(
        world.refusal(&operator(), &admit("EnergyMSP", Part::Microgrid)),
        ErrorCode::MembershipRefused,
        "nobody plays two parts"
    );
    for founder in ["GridMSP", "RegulatorMSP"] {
        assert_eq!(
            world.refusal(&operator(), &dismiss(founder)),
            ErrorCode::MembershipRefused
        );
    }
    assert!(
        world
            .decide(&operator(), &admit("EnergyMSP", Part::Energy))
            .unwrap()
            .is_read_only()
    );
    assert!(world.decide(&operator(), &dismiss("NorthMSP")).unwrap().is_read_only());
    for number in 0..28 {
        world.submit(&operator(), &admit(&format!("N{number}"), Part::Microgrid));
    }
    assert_eq!(
        world.refusal(&operator(), &admit("OneTooMany", Part::Microgrid)),
        ErrorCode::MembershipRefused
    );
}

/// Pages through all keys; returns those whose guard names the organisation, and how many were examined.
fn guards_of(world: &World, name: &str, page: u32) -> (Vec<GuardedKey>, u32) {
    let (mut keys, mut examined, mut after) = (Vec::new(), 0, None);
    loop {
        let view = world.query(&QueryGuardsOf {
            msp: msp(name),
            after,
            page,
        });
        keys.extend(view.keys);
        examined += view.examined;
        after = view.next;
        if after.is_none() {
            return (keys, examined);
        }
    }
}

#[test]
fn the_guards_of_a_leaver_are_found_and_rewritten() {
    let mut world = migrated();
    world.submit(
        &seller(),
        &RegisterPlant {
            plant: id("plant-1"),
            capacity_w: der_market::units::Power::new(5).unwrap(),
            point: id("pcc-1"),
            source: der_market::participant::Source::Hydro,
        },
    );
    let (all, examined) = guards_of(&world, "EnergyMSP", 100);
    assert_eq!(
        (all.len(), examined as usize),
        (world.state.1.len(), world.state.1.len())
    );
    for page in [1, 2, 3, 7] {
        assert_eq!(
            guards_of(&world, "EnergyMSP", page),
            (all.clone(), examined),
            "pages of {page}"
        );
    }
    world.submit(&operator(), &DismissMember { msp: msp("EnergyMSP") });
    let (left, _) = guards_of(&world, "EnergyMSP", 5);
    assert_eq!(left.len(), all.len() - 1, "the market's own guard names it no more");
    let before = world.state.0.clone();
    for keys in left.chunks(4) {
        world.submit(&regulator(), &RewriteGuards { keys: keys.to_vec() });
    }
    assert_eq!(guards_of(&world, "EnergyMSP", 100), (vec![], examined));
    assert_eq!(world.state.0, before, "no row changes");
    let both: BTreeSet<MspId> = [msp("GridMSP"), msp("RegulatorMSP")].into();
    for own in ["\0user\0EnergyMSP\0solar1\0", "\0plant\0plant-1\0"] {
        assert!(
            world.state.1[own].rule().satisfied_by(&both),
            "{}",
            world.state.1[own].expression()
        );
    }
}

#[test]
fn only_guarded_keys_that_are_there_are_rewritten() {
    let world = migrated();
    let rewrite = |table: &str, parts: &[&str]| {
        let parts = parts.iter().map(|part| (*part).to_owned()).collect();
        let table = table.to_owned();
        world.refusal(
            &operator(),
            &RewriteGuards {
                keys: vec![GuardedKey { table, parts }],
            },
        )
    };
    assert_eq!(rewrite("user", &["EnergyMSP", "nobody"]), ErrorCode::RecordNotFound);
    assert_eq!(rewrite("order", &["EnergyMSP", "solar1"]), ErrorCode::RecordNotFound);
    assert_eq!(rewrite("user", &["EnergyMSP\0solar1"]), ErrorCode::BadIdentifier);
    let keys = |count| RewriteGuards {
        keys: vec![
            GuardedKey {
                table: "market".to_owned(),
                parts: vec![]
            };
            count
        ],
    };
    assert_eq!(world.refusal(&operator(), &keys(0)), ErrorCode::EmptyBatch);
    assert_eq!(world.refusal(&operator(), &keys(101)), ErrorCode::TooManyItems);
}

#[test]
fn open_orders_of_a_leaver_are_not_matched() {
    let mut world = migrated();
    let slot = slot(0);
    world.submit(&operator(), &OpenSlot { slot: slot.into() });
    world.submit(&seller(), &offer(slot, "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot, "need", 200_000, 590_000));
    world.submit(&operator(), &DismissMember { msp: msp("EnergyMSP") });
    assert_eq!(
        world.refusal(&seller(), &offer(slot, "more", 1_000, 530_000)),
        ErrorCode::OrganisationNotAllowed
    );
    let view = world.close_and_clear(slot);
    assert_eq!((view.contracts.len(), view.orders), (0, 2));
    let plan = world.submit(&operator(), &Plan { slot });
    assert_eq!(plan.lines.len(), 2, "the grid company takes what was published");
    world.submit(
        &metering(),
        &RecordReadings {
            readings: vec![reading("meter-1", slot, 0, 200_000, 1)],
        },
    );
    let settled = world.submit(&operator(), &Settle { slot });
    assert_eq!(settled.volume.feed_in_wh.get(), 200_000);
}

#[test]
fn contracts_of_a_leaver_settle_if_both_have_signed_and_lapse_if_not() {
    let mut world = migrated();
    let (signed, unsigned) = (slot(0), slot(1));
    let case = paper::CASES[0];
    world.planned(&case, signed);
    world.submit(&operator(), &OpenSlot { slot: unsigned.into() });
    world.submit(&seller(), &offer(unsigned, "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(unsigned, "need", 200_000, 590_000));
    let contract = world.close_and_clear(unsigned).contracts.remove(0);
    world.submit(&operator(), &DismissMember { msp: msp("EnergyMSP") });
    let confirmation = world.confirmation(&seller(), unsigned, &contract);
    assert_eq!(
        world.refusal(&seller(), &confirmation),
        ErrorCode::OrganisationNotAllowed
    );
    world.submit(&operator(), &Plan { slot: unsigned });
    let slot = unsigned;
    assert_eq!(
        world
            .query(&QueryContract {
                slot: slot.into(),
                contract
            })
            .status,
        ContractStatus::Expired
    );
    let readings = vec![
        reading("meter-2", signed, case.consumed_wh, 0, 1),
        reading("meter-1", signed, 0, case.generated_wh, 1),
    ];
    world.submit(&metering(), &RecordReadings { readings });
    let settled = world.submit(&operator(), &Settle { slot: signed });
    assert_eq!(sum(&settled.postings), Ok(Money::ZERO));
    let account = Account::Participant(participant(&seller()));
    let statement = world.query(&QueryStatement { account, slot: signed });
    assert_eq!(statement.net.get(), case.generator_gets);
}

#[test]
fn an_open_slot_outlives_the_migration_and_new_rules() {
    let play = |changing: bool| {
        let mut world = World::ready();
        let (slot, case) = (slot(0), paper::CASES[0]);
        world.submit(&operator(), &OpenSlot { slot: slot.into() });
        world.submit(&seller(), &offer(slot, "sale", paper::CONTRACT_WH, case.offer_price));
        if changing {
            world.submit(&operator(), &Migrate { to: 2 });
            let mut parameters = paper::parameters().unwrap();
            parameters.prices.retail = Price::new(900_000).unwrap();
            parameters.prices.feed_in = Price::new(100_000).unwrap();
            let published = world.submit(&operator(), &PublishParameters { parameters });
            assert_eq!(published.version, 2);
        }
        world.submit(&buyer(), &bid(slot, "need", paper::CONTRACT_WH, case.bid_price));
        let contract = world.close_and_clear(slot).contracts.remove(0);
        for user in [seller(), buyer()] {
            let confirmation = world.confirmation(&user, slot, &contract);
            world.submit(&user, &confirmation);
        }
        world.submit(&operator(), &Plan { slot });
        let readings = vec![
            reading("meter-2", slot, paper::CONTRACT_WH + 10_000, 0, 1),
            reading("meter-1", slot, 0, paper::CONTRACT_WH + 5_000, 1),
        ];
        world.submit(&metering(), &RecordReadings { readings });
        let settled = world.submit(&operator(), &Settle { slot });
        (world, settled)
    };
    let (_, as_it_was) = play(false);
    let (mut world, migrated) = play(true);
    assert_eq!(as_it_was, migrated, "the slot keeps version 1 of the rules to its end");
    let next = slot(1);
    assert_eq!(world.submit(&operator(), &OpenSlot { slot: next.into() }).parameters, 2);
    let mut unfair = paper::parameters().unwrap();
    unfair.prices.feed_in = Price::new(950_000).unwrap();
    assert_eq!(
        world.refusal(&operator(), &PublishParameters { parameters: unfair }),
        ErrorCode::ParametersInvalid
    );
}
