//! Who brings a stage when the operator is silent, and the times of gates.

use super::*;

#[test]
fn a_member_s_operator_brings_a_stage_once_a_majority_has_called() {
    let mut world = whole_market();
    let auction: Auction = slot(0).into();
    world.submit(&operator(), &OpenSlot { slot: auction });
    let member = |msp: &str| caller(msp, "keeper", "operator");
    let close = CloseGate { slot: auction };
    let call = CallFor {
        slot: auction,
        stage: Stage::Closed,
    };
    assert_eq!(world.refusal(&member("EnergyMSP"), &close), ErrorCode::TooFewCalls);
    for (msp, called) in [("EnergyMSP", 1), ("MicrogridMSP", 2)] {
        assert_eq!(world.submit(&member(msp), &call).called.len(), called);
        assert_eq!(world.refusal(&member("EnergyMSP"), &close), ErrorCode::TooFewCalls);
    }
    let again = world.decide(&member("EnergyMSP"), &call).unwrap();
    assert!(again.is_read_only(), "an organisation calls once");
    assert_eq!(world.refusal(&seller(), &call), ErrorCode::RoleNotAllowed);
    world.submit(&member("RegulatorMSP"), &call);
    world.submit(&member("EnergyMSP"), &close);
    assert_eq!(
        world.refusal(&member("EnergyMSP"), &SealBook { slot: auction }),
        ErrorCode::TooFewCalls,
        "each stage is called for by itself"
    );
    assert_eq!(
        world
            .query(&QueryCalls {
                slot: auction,
                stage: Stage::Closed
            })
            .called
            .len(),
        3
    );
    let old = World::ready();
    assert_eq!(
        old.refusal(&member("EnergyMSP"), &close),
        ErrorCode::OrganisationNotAllowed
    );
}

#[test]
fn gate_times_are_rules_of_schema_3_and_follow_one_another() {
    let with = |sessions| {
        let mut rules = bootstrap().parameters;
        rules.sessions = Some(sessions);
        PublishParameters { parameters: rules }
    };
    let mut world = World::ready();
    world.submit(&operator(), &Migrate { to: 2 });
    let usual = with(SessionRules::default());
    assert_eq!(world.refusal(&operator(), &usual), ErrorCode::SchemaTooOld);
    world.submit(&operator(), &Migrate { to: 3 });
    let late = SessionRules {
        intraday_lead_s: 1,
        ..SessionRules::default()
    };
    let wrong = Propose {
        proposal: id("late"),
        from: slot(0),
        content: Content::Parameters(with(late).parameters),
    };
    assert_eq!(world.refusal(&operator(), &wrong), ErrorCode::ParametersInvalid);
    world.govern(usual.parameters);
    assert_eq!(
        world.query(&QueryMarket {}).parameters.sessions,
        Some(SessionRules::default())
    );
}
