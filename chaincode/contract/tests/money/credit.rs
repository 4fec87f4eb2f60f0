//! Scores by conduct, rolled once a day.

use der_api::reply::CreditView;
use der_market::billing::{Billing, BillingDay};
use der_market::credit::Tier;

use super::*;

fn day(offset: u64) -> BillingDay {
    Billing::default().day_of(slot(offset))
}

fn roll(offset: u64, at: u64) -> RollCredit {
    RollCredit {
        day: day(offset),
        at: slot(at),
        participants: vec![participant(&buyer()), participant(&seller())],
    }
}

fn seen(world: &World, by: &Caller, of: &Caller) -> CreditView {
    let request = QueryCredit {
        participant: participant(of),
    };
    let decision = world.decide(by, &request).unwrap();
    der_api::codec::decode(decision.reply(), usize::MAX).unwrap()
}

fn points(world: &World, user: &Caller) -> u32 {
    seen(world, user, user).points.unwrap().get()
}

#[test]
fn a_roll_counts_what_was_settled_once() {
    let mut world = market();
    kept(&mut world, 0, 200_000, 100_000);
    refused(&world, &operator(), &roll(0, 0), ErrorCode::DayNotOver);
    refused(&world, &operator(), &roll(0, 96), ErrorCode::NotThatFar);
    pass(&mut world, 96);
    assert_eq!(world.submit(&operator(), &roll(0, 96)).rolled, 2);
    assert_eq!(
        points(&world, &buyer()),
        700_000 + 300_000 * 21 / 1_024,
        "it took all it could"
    );
    assert_eq!(points(&world, &seller()), 700_000 - 14_356, "it gave one half");
    let again = world.decide(&operator(), &roll(0, 96)).unwrap();
    assert!(again.is_read_only(), "a day is rolled once");
    assert!(
        !world.state.0.keys().any(|key| key.starts_with("\0conduct\0")),
        "all is counted"
    );
}

#[test]
fn what_settles_or_is_corrected_late_counts_at_the_next_roll() {
    let mut world = market();
    world.planned(&paper::CASES[0], slot(0));
    pass(&mut world, 96);
    world.submit(&operator(), &roll(0, 96));
    assert_eq!(points(&world, &seller()), 700_000);
    measured(&mut world, 0, 200_000, 200_000);
    pass(&mut world, 192);
    world.submit(&operator(), &roll(96, 192));
    assert_eq!(points(&world, &seller()), 700_000 + 300_000 * 21 / 1_024);
}

#[test]
fn a_correction_after_the_roll_replaces_what_its_slot_moved() {
    let right = 700_000 + 300_000 * 21 / 1_024;
    let mut world = market();
    kept(&mut world, 0, 200_000, 100_000);
    pass(&mut world, 96);
    world.submit(&operator(), &roll(0, 96));
    assert_eq!(points(&world, &seller()), 700_000 - 14_356);
    let corrected = reading("meter-1", slot(0), 0, 200_000, 2);
    world.submit(
        &metering(),
        &RecordReadings {
            readings: vec![corrected],
        },
    );
    world.submit(&operator(), &CorrectSlot { slot: slot(0) });
    pass(&mut world, 192);
    world.submit(&operator(), &roll(96, 192));
    assert_eq!(
        points(&world, &seller()),
        right,
        "as if the right reading had come first"
    );
    assert_eq!(points(&world, &buyer()), right, "the buyer did nothing new");
}

#[test]
fn a_correction_before_the_roll_is_all_that_counts() {
    let mut world = market();
    kept(&mut world, 0, 200_000, 100_000);
    let corrected = reading("meter-1", slot(0), 0, 200_000, 2);
    world.submit(
        &metering(),
        &RecordReadings {
            readings: vec![corrected],
        },
    );
    world.submit(&operator(), &CorrectSlot { slot: slot(0) });
    pass(&mut world, 96);
    world.submit(&operator(), &roll(0, 96));
    for user in [buyer(), seller()] {
        assert_eq!(points(&world, &user), 700_000 + 300_000 * 21 / 1_024);
    }
}

/// A trap others fell into: "free refusal as an option".
#[test]
fn trap_free_refusal_as_an_option() {
    let mut world = market();
    let matched = |world: &mut World, offset| {
        world.submit(
            &operator(),
            &OpenSlot {
                slot: slot(offset).into(),
            },
        );
        world.submit(&seller(), &offer(slot(offset), "sale", 100_000, 530_000));
        world.submit(&buyer(), &bid(slot(offset), "need", 100_000, 590_000));
        world.close_and_clear(slot(offset)).contracts.remove(0)
    };
    let refused = matched(&mut world, 0);
    let refuse = Refuse {
        slot: slot(0).into(),
        contract: refused,
        participant: None,
    };
    world.submit(&buyer(), &refuse);
    world.submit(&operator(), &Plan { slot: slot(0) });
    let expired = matched(&mut world, 1);
    let confirmation = world.confirmation(&buyer(), slot(1), &expired);
    world.submit(&buyer(), &confirmation);
    world.submit(&operator(), &Plan { slot: slot(1) });
    assert_eq!(points(&world, &buyer()), 700_000, "it counts at the roll");
    pass(&mut world, 96);
    world.submit(&operator(), &roll(0, 96));
    assert_eq!(points(&world, &buyer()), 695_000, "refusing cost five points");
    assert_eq!(
        points(&world, &seller()),
        695_000,
        "and so did letting a contract expire"
    );
    assert!(!world.state.0.keys().any(|key| key.starts_with("\0penalty\0")), "once");
    pass(&mut world, 192);
    world.submit(&operator(), &roll(96, 192));
    assert_eq!(points(&world, &buyer()), 695_000);
}

#[test]
fn a_month_without_contracts_leads_back_and_a_later_roll_makes_up_for_it() {
    let mut world = market();
    kept(&mut world, 0, 200_000, 0);
    pass(&mut world, 96);
    world.submit(&operator(), &roll(0, 96));
    let after_june = points(&world, &seller());
    assert_eq!(after_june, 685_644, "700 points and a slot of nothing");
    let august = 96 * 70;
    pass(&mut world, august + 96);
    world.submit(&operator(), &roll(august, august + 96));
    assert_eq!(
        points(&world, &seller()),
        after_june,
        "above 600 points an idle month changes nothing"
    );
}

#[test]
fn the_number_is_private_and_the_tier_is_public() {
    let world = market();
    let neighbour = caller("EnergyMSP", "other", "participant");
    let of_own_organisation = caller("MicrogridMSP", "registrar1", "registrar");
    for (by, told) in [
        (buyer(), true),
        (of_own_organisation, true),
        (regulator(), true),
        (neighbour, false),
        (operator(), false),
        (retail(), false),
    ] {
        let view = seen(&world, &by, &buyer());
        assert_eq!((view.tier, view.in_default), (Tier::Fair, false));
        assert_eq!(
            (view.points.is_some(), view.owed.is_some()),
            (told, told),
            "{}",
            by.msp_id
        );
    }
}

#[test]
fn below_400_points_nobody_trades_directly() {
    let mut world = market();
    for number in 0..40 {
        let offset = number * 96;
        kept(&mut world, offset, 200_000, 0);
        pass(&mut world, offset + 96 - 1);
        let free = ReleaseHolds {
            auctions: vec![slot(offset).into()],
            contracts: vec![],
            days: vec![],
        };
        world.submit(&seller(), &free);
        world.submit(&buyer(), &free);
        pass(&mut world, offset + 64);
        world.submit(&operator(), &roll(offset, offset + 64));
        if seen(&world, &seller(), &seller()).tier == Tier::Barred {
            world.submit(
                &operator(),
                &OpenSlot {
                    slot: slot(offset + 96).into(),
                },
            );
            let sale = offer(slot(offset + 96), "sale", 100, 530_000);
            refused(&world, &seller(), &sale, ErrorCode::CreditTooLow);
            assert!(points(&world, &seller()) < 400_000);
            return;
        }
    }
    panic!("forty broken slots leave {} points", points(&world, &seller()));
}

#[test]
fn credit_is_rolled_by_operators_under_rules_of_credit_only() {
    let mut founding = bootstrap();
    founding.schema = der_api::schema::WHOLE_MARKET;
    let world = World::founded(&founding);
    refused(&world, &operator(), &roll(0, 96), ErrorCode::CreditNotInForce);
    refused(&market(), &buyer(), &roll(0, 96), ErrorCode::OrganisationNotAllowed);
    let mut stranger = roll(0, 96);
    stranger.participants = vec![world::id("MicrogridMSP:nobody")];
    let mut late = market();
    pass(&mut late, 96);
    refused(&late, &operator(), &stranger, ErrorCode::NotRegistered);
}
