//! Readings that do not come: estimates, their limits, and the term of corrections.

use der_market::metering::Basis;
use der_market::parameters::Parameters;
use der_market::units::Energy;

use super::*;

pub(crate) fn publish(world: &mut World, rules: SettlementRules) {
    let parameters = Parameters {
        settlement: Some(rules),
        ..paper::parameters().unwrap()
    };
    world.govern(parameters);
}

/// A market that estimates after four slots and takes corrections for ten; slot 0 lacks the buyer's reading.
fn waiting() -> World {
    let mut world = whole_market();
    publish(
        &mut world,
        SettlementRules {
            feed_in_over: None,
            estimate_after_slots: 4,
            correction_slots: 10,
        },
    );
    world.planned(&paper::CASES[0], slot(0));
    record(&mut world, vec![reading("meter-1", slot(0), 0, 200_000, 1)]);
    settle(&mut world, slot(0));
    world
}

fn settle_uncleared(world: &mut World, slot: Slot) {
    record(world, vec![reading("meter-1", slot, 0, 1, 1)]);
    settle(world, slot);
}

pub(crate) fn estimate(seen: u64, places: Vec<Place>) -> Estimate {
    Estimate {
        slot: slot(0),
        seen: slot(seen),
        places,
    }
}

#[test]
fn a_missing_reading_is_estimated_by_the_plan_and_marked() {
    let mut world = waiting();
    settle_uncleared(&mut world, slot(4));
    let estimates = world
        .submit(&metering(), &estimate(4, vec![place(&buyer(), "pcc-2")]))
        .estimates;
    assert_eq!(
        (estimates[0].consumed_wh, estimates[0].basis),
        (energy(200_000), Basis::Plan)
    );
    let view = correct(&mut world, slot(0));
    let line = &view.trades[0];
    assert!(line.buyer_estimated && !line.seller_estimated);
    assert!(
        view.points
            .iter()
            .any(|line| line.estimated && line.participant == participant(&buyer()))
    );
    record(&mut world, vec![reading("meter-2", slot(0), 150_000, 0, 1)]);
    correct(&mut world, slot(0));
    let known = world.query(&QueryReadings {
        slot: slot(0),
        participant: participant(&buyer()),
        point: id("pcc-2"),
    });
    assert_eq!((known.readings.len(), known.estimate.is_some()), (1, true));
    assert_eq!(
        money(&world, slot(0)),
        money(&at_once(150_000, 200_000), slot(0)),
        "a reading that comes counts instead"
    );
}

#[test]
fn who_has_no_plan_is_estimated_by_the_week_before_or_by_nothing() {
    let week = Slot::new(SLOT - 672).unwrap();
    for (known, value, basis) in [(true, 9_000, Basis::WeekBefore), (false, 0, Basis::Nothing)] {
        let mut world = waiting();
        let other = caller("MicrogridMSP", "bob", "participant");
        world.join_from(&other, "pcc-2", "meter-3", week);
        if known {
            record(&mut world, vec![reading("meter-3", week, 9_000, 0, 1)]);
        }
        settle_uncleared(&mut world, slot(4));
        let estimates = world
            .submit(&operator(), &estimate(4, vec![place(&other, "pcc-2")]))
            .estimates;
        assert_eq!(
            (estimates[0].consumed_wh, estimates[0].basis),
            (Energy::new(value).unwrap(), basis)
        );
    }
}

#[test]
fn estimates_that_are_not_due() {
    let mut world = waiting();
    let missing = vec![place(&buyer(), "pcc-2")];
    settle_uncleared(&mut world, slot(3));
    settle_uncleared(&mut world, slot(5));
    let stranger = caller("MicrogridMSP", "nobody", "participant");
    let refusals = [
        (estimate(3, missing.clone()), ErrorCode::EstimateTooEarly),
        (estimate(4, missing.clone()), ErrorCode::EstimateTooEarly),
        (estimate(5, vec![]), ErrorCode::EmptyBatch),
        (
            estimate(5, vec![place(&seller(), "pcc-1")]),
            ErrorCode::NothingToEstimate,
        ),
        (
            estimate(5, vec![place(&buyer(), "pcc-1")]),
            ErrorCode::NothingToEstimate,
        ),
        (
            estimate(5, vec![place(&stranger, "pcc-1")]),
            ErrorCode::NothingToEstimate,
        ),
        (estimate(5, vec![missing[0].clone(); 2]), ErrorCode::NothingToEstimate),
        (estimate(5, vec![missing[0].clone(); 1_001]), ErrorCode::TooManyItems),
    ];
    for (request, code) in refusals {
        let before = world.state.clone();
        assert_eq!(world.refusal(&metering(), &request), code, "{request:?}");
        assert_eq!(world.state, before);
    }
    let other = Estimate {
        slot: slot(2),
        ..estimate(5, missing.clone())
    };
    assert_eq!(world.refusal(&metering(), &other), ErrorCode::WrongStage);
    assert_eq!(
        world.refusal(&buyer(), &estimate(5, missing.clone())),
        ErrorCode::OrganisationNotAllowed
    );
    world.submit(&metering(), &estimate(5, missing.clone()));
    assert_eq!(
        world.refusal(&metering(), &estimate(5, missing)),
        ErrorCode::NothingToEstimate
    );
}

#[test]
fn corrections_end_when_their_term_has_passed() {
    let mut world = waiting();
    record(&mut world, vec![reading("meter-2", slot(0), 150_000, 0, 1)]);
    settle_uncleared(&mut world, slot(10));
    let late = RecordReadings {
        readings: vec![reading("meter-2", slot(0), 1, 0, 2)],
    };
    assert_eq!(world.refusal(&metering(), &late), ErrorCode::CorrectionsClosed);
    assert_eq!(
        world.refusal(&operator(), &CorrectSlot { slot: slot(0) }),
        ErrorCode::CorrectionsClosed
    );
}
