//! Versions by k of n, the regulator's stop, and the bounds of prices.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod limits;
mod matrices;
#[path = "../world/mod.rs"]
mod world;

use der_api::reply::{Pinned, ProposalStatus};
use der_api::request::*;
use der_api::version::{Content, MatrixHead, Subject};
use der_api::{ErrorCode, codec};
use der_contract::Caller;
use der_market::calendar::{Calendar, Day, Period, Run};
use der_market::grid::Distances;
use der_market::id::PointId;
use der_market::paper;
use der_market::parameters::{Parameters, PriceBounds, Prices};
use der_market::participant::{CustomerClass, Source};
use der_market::schedule::{Rate, Schedule};
use der_market::slot::Slot;
use der_market::units::{Distance, Power, Price};
use world::*;

fn clock(msp: &str) -> Caller {
    caller(msp, "clock", "operator")
}

fn price(value: i64) -> Price {
    Price::new(value).unwrap()
}

fn rules(change: impl FnOnce(&mut Parameters)) -> Content {
    let mut rules = paper::parameters().unwrap();
    change(&mut rules);
    Content::Parameters(rules)
}

fn proposal(name: &str, from: Slot, content: Content) -> Propose {
    Propose {
        proposal: id(name),
        from,
        content,
    }
}

fn approval(name: &str, content: &Content) -> Approve {
    Approve {
        proposal: id(name),
        digest: content.digest().unwrap(),
    }
}

/// Proposed by the grid company, approved by two more, enacted.
fn enact(world: &mut World, name: &str, from: Slot, content: &Content) -> u32 {
    world.submit(&operator(), &proposal(name, from, content.clone()));
    for msp in ["EnergyMSP", "MicrogridMSP"] {
        world.submit(&clock(msp), &approval(name, content));
    }
    world.submit(&operator(), &Enact { proposal: id(name) }).version
}

#[test]
fn rules_come_into_force_from_their_slot_once_a_majority_approved() {
    let mut world = whole_market();
    let dearer = rules(|rules| rules.prices.retail = price(700_000));
    world.submit(&operator(), &proposal("dearer", slot(10), dearer.clone()));
    let view = |world: &World| world.query(&QueryProposal { proposal: id("dearer") }).proposal;
    assert_eq!(
        (view(&world).votes.len(), view(&world).needed, view(&world).status),
        (1, 3, ProposalStatus::Open)
    );
    let try_enact = Enact { proposal: id("dearer") };
    assert_eq!(world.refusal(&operator(), &try_enact), ErrorCode::TooFewApprovals);
    world.submit(&clock("EnergyMSP"), &approval("dearer", &dearer));
    assert_eq!(world.refusal(&operator(), &try_enact), ErrorCode::TooFewApprovals);
    world.submit(&regulator(), &approval("dearer", &dearer));
    assert_eq!(view(&world).status, ProposalStatus::Approved);
    world.submit(&operator(), &OpenSlot { slot: slot(10).into() });
    let line = world.submit(&clock("EnergyMSP"), &try_enact);
    assert_eq!((line.version, line.from), (2, slot(10)));
    assert_eq!(view(&world).status, ProposalStatus::Enacted);
    let opened = |world: &mut World, n| world.submit(&operator(), &OpenSlot { slot: slot(n).into() }).parameters;
    assert_eq!(
        world.query(&QuerySlot { slot: slot(10).into() }).parameters,
        1,
        "an open slot keeps its own"
    );
    assert_eq!([9, 11].map(|n| opened(&mut world, n)), [1, 2]);
    let old = world.query(&QueryVersion {
        subject: Subject::Parameters,
        version: 1,
    });
    assert_eq!(old.content, rules(|_| ()), "old versions stay readable");
    let again = world.decide(&operator(), &try_enact).unwrap();
    assert!(again.is_read_only(), "enacting again changes nothing");
    assert_eq!(
        world.refusal(&clock("MicrogridMSP"), &approval("dearer", &dearer)),
        ErrorCode::ProposalEnacted
    );
}

#[test]
fn votes_of_one_block_do_not_conflict() {
    let mut world = whole_market();
    let content = rules(|rules| rules.band = der_market::units::Ppm::new(10_000).unwrap());
    world.submit(&operator(), &proposal("band", slot(0), content.clone()));
    // Endorsed on one state: no vote's written key is another's, so that all commit in one block.
    let votes: Vec<_> = ["EnergyMSP", "MicrogridMSP", "RegulatorMSP"]
        .map(|msp| world.decide(&clock(msp), &approval("band", &content)).unwrap())
        .to_vec();
    let mut keys: Vec<_> = votes.iter().flat_map(|vote| vote.puts().keys()).collect();
    assert_eq!(keys.len(), 3);
    keys.dedup();
    assert_eq!(keys.len(), 3);
    for (vote, msp) in votes.iter().zip(["EnergyMSP", "MicrogridMSP", "RegulatorMSP"]) {
        let (_, guard) = vote.guards().iter().next().unwrap();
        assert_eq!(guard.guardians(), [id(msp)], "each vote is guarded by its organisation");
        world.apply(vote);
    }
    assert_eq!(
        world
            .query(&QueryProposal { proposal: id("band") })
            .proposal
            .votes
            .len(),
        4
    );
}

#[test]
fn a_vote_may_be_taken_back_and_a_majority_against_is_told() {
    let mut world = whole_market();
    let content = rules(|rules| rules.reach_mohm = Distance::new(5).unwrap());
    world.submit(&operator(), &proposal("reach", slot(0), content.clone()));
    let reject = Reject {
        proposal: id("reach"),
        digest: content.digest().unwrap(),
    };
    let status = |world: &World| world.query(&QueryProposal { proposal: id("reach") }).proposal.status;
    world.submit(&clock("EnergyMSP"), &reject);
    assert_eq!(status(&world), ProposalStatus::Open);
    world.submit(&regulator(), &reject);
    assert_eq!(
        status(&world),
        ProposalStatus::Rejected,
        "two of four are left, three must approve"
    );
    world.submit(&regulator(), &approval("reach", &content));
    world.submit(&clock("EnergyMSP"), &approval("reach", &content));
    assert_eq!(status(&world), ProposalStatus::Approved);
    let other = approval("reach", &rules(|_| ()));
    assert_eq!(world.refusal(&regulator(), &other), ErrorCode::OtherContent);
    assert_eq!(
        world.refusal(&regulator(), &approval("none", &content)),
        ErrorCode::RecordNotFound
    );
}

#[test]
fn who_has_left_has_no_vote() {
    let mut world = whole_market();
    let content = rules(|rules| rules.reach_mohm = Distance::new(5).unwrap());
    world.submit(&operator(), &proposal("reach", slot(0), content.clone()));
    for msp in ["EnergyMSP", "MicrogridMSP"] {
        world.submit(&clock(msp), &approval("reach", &content));
    }
    world.submit(&operator(), &DismissMember { msp: id("EnergyMSP") });
    let view = world.query(&QueryProposal { proposal: id("reach") }).proposal;
    assert_eq!(
        (view.votes.len(), view.needed, view.status),
        (2, 2, ProposalStatus::Approved),
        "two of three"
    );
    assert_eq!(
        world.refusal(&clock("EnergyMSP"), &approval("reach", &content)),
        ErrorCode::OrganisationNotAllowed
    );
}

#[test]
fn nobody_publishes_rules_alone_any_more() {
    let world = whole_market();
    let parameters = paper::parameters().unwrap();
    let refused = world
        .decide(&operator(), &PublishParameters { parameters })
        .unwrap_err();
    assert_eq!(refused.code(), ErrorCode::ProposeInstead);
    assert!(
        refused.message().contains("Governance:Propose"),
        "{}",
        refused.message()
    );
    let old = World::ready();
    assert_eq!(
        old.refusal(&operator(), &proposal("x", slot(0), rules(|_| ()))),
        ErrorCode::SchemaTooOld
    );
}

#[test]
fn bounds_wait_for_the_third_schema() {
    let bounds = Some(PriceBounds {
        floor: price(0),
        cap: price(1),
    });
    let mut founding = bootstrap();
    founding.parameters.bounds = bounds;
    assert_eq!(
        World::default().refusal(&operator(), &founding),
        ErrorCode::SchemaTooOld
    );
    founding.schema = 3;
    World::default().submit(&operator(), &founding);
    let mut second = World::ready();
    second.submit(&operator(), &Migrate { to: 2 });
    let parameters = founding.parameters;
    assert_eq!(
        second.refusal(&operator(), &PublishParameters { parameters }),
        ErrorCode::SchemaTooOld
    );
}

#[test]
fn a_proposal_id_stands_for_one_content() {
    let mut world = whole_market();
    let request = proposal("p", slot(0), rules(|_| ()));
    world.submit(&operator(), &request);
    assert!(world.decide(&operator(), &request).unwrap().is_read_only());
    for other in [
        proposal("p", slot(1), rules(|_| ())),
        proposal("p", slot(0), rules(|rules| rules.allow_feed_in_above_retail = true)),
    ] {
        assert_eq!(world.refusal(&operator(), &other), ErrorCode::ProposalIdReused);
    }
    assert_eq!(
        world.refusal(&regulator(), &request),
        ErrorCode::ProposalIdReused,
        "another proposer"
    );
}

#[test]
fn what_does_not_hold_together_is_not_proposed() {
    let world = whole_market();
    let refused = |content| world.refusal(&operator(), &proposal("p", slot(0), content));
    assert_eq!(
        refused(rules(|rules| rules.weights.price = 31)),
        ErrorCode::ParametersInvalid
    );
    let inverted = PriceBounds {
        floor: price(2),
        cap: price(1),
    };
    assert_eq!(
        refused(rules(|rules| rules.bounds = Some(inverted))),
        ErrorCode::ParametersInvalid
    );
    assert_eq!(
        refused(Content::Calendar(Calendar::default())),
        ErrorCode::CalendarInvalid
    );
    let steep = Schedule {
        otherwise: Prices {
            retail: price(1),
            feed_in: price(1),
        },
        ..schedule()
    };
    assert_eq!(refused(Content::Schedule(steep)), ErrorCode::ScheduleInvalid);
    let unknown = matrix(3);
    assert_eq!(
        refused(Content::Distances(MatrixHead::of(&unknown).unwrap())),
        ErrorCode::UnknownPoint
    );
}

fn schedule() -> Schedule {
    Schedule {
        retail: vec![Rate {
            of: CustomerClass::Residential,
            period: Some(Period::Peak),
            price: price(900_000),
        }],
        feed_in: vec![],
        otherwise: paper::parameters().unwrap().prices,
        allow_feed_in_above_retail: false,
    }
}

/// One day from slot 0 on, peak in its second half.
fn calendar() -> Calendar {
    let run = |period| Run { period, slots: 48 };
    Calendar {
        patterns: vec![vec![run(Period::Valley), run(Period::Peak)]],
        days: vec![Day {
            date: "2026-06-21".parse().unwrap(),
            first: slot(0),
            pattern: 0,
        }],
    }
}

#[test]
fn prices_follow_schedule_and_calendar_from_their_slot() {
    let mut world = whole_market();
    let retail = |world: &World, n| {
        let class = CustomerClass::Residential;
        world
            .query(&QueryPrices {
                slot: slot(n),
                class,
                source: Source::Wind,
            })
            .retail
            .get()
    };
    world.submit(&operator(), &OpenSlot { slot: slot(60).into() });
    enact(&mut world, "prices", slot(50), &Content::Schedule(schedule()));
    enact(&mut world, "days", slot(0), &Content::Calendar(calendar()));
    assert_eq!(
        [40, 49, 50, 95, 96].map(|n| retail(&world, n)),
        [657_000, 657_000, 900_000, 900_000, 657_000]
    );
    assert_eq!(retail(&world, 60), 657_000, "opened before the schedule");
    let opened = world.submit(&operator(), &OpenSlot { slot: slot(61).into() });
    let pinned = Pinned {
        schedule: Some(1),
        calendar: Some(1),
    };
    assert_eq!(opened.pinned, Some(pinned));
    assert_eq!(retail(&world, 61), 900_000);
}

fn points(count: usize) -> Vec<PointId> {
    (1..=count).map(|n| id(&format!("pcc-{n}"))).collect()
}

/// Points in a row, 7 mΩ from one to the next.
fn matrix(count: usize) -> Distances {
    let apart =
        |i: usize, j: usize| Distance::new(u32::try_from(i.abs_diff(j)).unwrap() * 7 + u32::from(i == j)).unwrap();
    Distances {
        points: points(count),
        rows: (0..count).map(|i| (0..count).map(|j| apart(i, j)).collect()).collect(),
        reference_mohm: None,
    }
}

fn publish_points(world: &mut World, count: usize) {
    for point in points(count).into_iter().skip(2) {
        let request = PublishPoint {
            point,
            capacity_w: Power::new(paper::CAPACITY_W).unwrap(),
            area: id("north"),
            level: 0,
        };
        world.submit(&grid(), &request);
    }
}
