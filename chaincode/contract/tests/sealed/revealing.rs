//! Between the gate and the end of revealing.

use der_api::ErrorCode;

use super::*;

#[test]
fn nothing_is_revealed_before_the_gate_or_after_its_time() {
    let mut world = sealing();
    let orders = [sale("s", 1_000, 530_000), sale("t", 1_000, 530_000)];
    world.submit(&seller(), &sealed(&seller(), &orders));
    let refusal = |world: &World| world.refusal(&seller(), &revealed(&orders));
    assert_eq!(refusal(&world), ErrorCode::RevealTooEarly);
    close(&mut world);
    let book = SealBook { slot: auction() };
    assert_eq!(
        world.refusal(&operator(), &book),
        ErrorCode::WrongStage,
        "revealing has not ended"
    );
    let first = world.submit(&seller(), &revealed(&orders[..1]));
    assert_eq!((first.accepted, first.known), (1, 0));
    let again = world.decide(&seller(), &revealed(&orders[..1])).unwrap();
    assert!(again.is_read_only() && again.event().is_none());
    end(&mut world);
    assert_eq!(refusal(&world), ErrorCode::RevealEnded);
    assert_eq!(
        world.refusal(&operator(), &EndReveal { slot: auction() }),
        ErrorCode::WrongStage
    );
    world.submit(&operator(), &book);
    assert_eq!(refusal(&world), ErrorCode::RevealEnded);
}

#[test]
fn whatever_is_altered_is_refused() {
    let mut world = sealing();
    let order = sale("s", 1_000, 530_000);
    world.submit(&seller(), &sealed(&seller(), std::slice::from_ref(&order)));
    world.submit(&buyer(), &sealed(&buyer(), &[need("n", 1_000, 590_000)]));
    close(&mut world);
    let before = world.state.clone();
    type Alter = fn(&mut Opened);
    let altered: [(&str, Alter); 7] = [
        ("energy", |o| o.order.energy_wh = energy(999)),
        ("minimum", |o| o.order.min_wh = energy(1)),
        ("price", |o| o.order.price = Price::new(530_001).unwrap()),
        ("side", |o| o.order.side = Side::Buyer),
        ("filters", |o| {
            o.order.filters = Some(der_market::filters::Filters {
                max_distance_mohm: der_market::units::Distance::new(5).ok(),
                ..Default::default()
            });
        }),
        ("salt", |o| o.salt = HexBytes::new([0; 32]).unwrap()),
        ("length of the salt", |o| o.salt = HexBytes::new([0; 31]).unwrap()),
    ];
    for (what, alter) in altered {
        let mut request = revealed(std::slice::from_ref(&order));
        alter(&mut request.orders[0]);
        assert_eq!(world.refusal(&seller(), &request), ErrorCode::SealMismatch, "{what}");
    }
    let mut unsealed = revealed(std::slice::from_ref(&order));
    unsealed.orders[0].order.order = id("x");
    assert_eq!(world.refusal(&seller(), &unsealed), ErrorCode::RecordNotFound);
    let copied = revealed(&[NewOrder {
        order: id("n"),
        ..order.clone()
    }]);
    assert_eq!(
        world.refusal(&buyer(), &copied),
        ErrorCode::SealMismatch,
        "another's order under one's own seal"
    );
    let mut others = revealed(std::slice::from_ref(&order));
    others.orders[0].order.participant = Some(participant(&seller()));
    assert_eq!(world.refusal(&buyer(), &others), ErrorCode::NotOwner);
    assert_eq!(world.state, before);
    world.submit(&seller(), &revealed(&[order]));
}

#[test]
fn a_copied_seal_cannot_be_opened_by_whoever_copied_it() {
    let mut world = sealing();
    let order = sale("s", 1_000, 530_000);
    world.submit(&seller(), &sealed(&seller(), std::slice::from_ref(&order)));
    let mut copy = sealed(&seller(), std::slice::from_ref(&order));
    copy.orders[0].order = id("s");
    world.submit(&buyer(), &copy);
    close(&mut world);
    world.submit(&seller(), &revealed(std::slice::from_ref(&order)));
    assert_eq!(world.refusal(&buyer(), &revealed(&[order])), ErrorCode::SealMismatch);
}

#[test]
fn what_an_open_order_must_satisfy_a_revealed_one_must_too() {
    let mut world = sealing();
    let crowded = [sale("a", 200_000, 530_000), sale("b", 50_001, 530_000)];
    let both = [sale("c", 1_000, 530_000), need("d", 1_000, 590_000)];
    let zero = sale("z", 0, 530_000);
    let all = [&crowded[..], &both, std::slice::from_ref(&zero)].concat();
    world.submit(&seller(), &sealed(&seller(), &all));
    close(&mut world);
    let refusal = |orders: &[NewOrder]| world.refusal(&seller(), &revealed(orders));
    assert_eq!(refusal(&crowded), ErrorCode::CapacityExceeded, "both together");
    assert_eq!(refusal(&both), ErrorCode::OppositeSide);
    assert_eq!(refusal(&[zero]), ErrorCode::ZeroQuantity);
}

#[test]
fn who_is_suspended_after_sealing_may_still_reveal_and_is_not_matched() {
    let mut world = sealing();
    let order = sale("s", 1_000, 530_000);
    world.submit(&seller(), &sealed(&seller(), std::slice::from_ref(&order)));
    close(&mut world);
    let suspend = Suspend {
        participant: participant(&seller()),
    };
    world.submit(&regulator(), &suspend);
    world.submit(&regulator(), &SuspendMarket {});
    world.submit(&seller(), &revealed(&[order]));
    world.submit(&regulator(), &ResumeMarket {});
    assert_eq!(
        clear(&mut world).orders,
        1,
        "in the book, for the proof, and not among the matched"
    );
    assert!(penalties(&world).is_empty());
}

#[test]
fn each_order_that_is_not_revealed_costs_twenty_points() {
    let mut world = sealing();
    let orders = [
        sale("a", 1_000, 500_000),
        sale("b", 1_000, 510_000),
        sale("c", 1_000, 520_000),
    ];
    world.submit(&seller(), &sealed(&seller(), &orders));
    world.submit(&buyer(), &sealed(&buyer(), &[need("n", 1_000, 590_000)]));
    close(&mut world);
    world.submit(&seller(), &revealed(&orders[1..2]));
    let cleared = clear(&mut world);
    assert_eq!(cleared.orders, 1, "what is not revealed is in no book");
    assert_eq!(
        penalties(&world),
        [
            r#"{"v":1,"row":{"participant":"EnergyMSP:solar1","slot":1980000,"offence":"unrevealed","points":40000}}"#,
            r#"{"v":1,"row":{"participant":"MicrogridMSP:alice","slot":1980000,"offence":"unrevealed","points":20000}}"#,
        ]
    );
    let expected = [SealStatus::Sealed, SealStatus::Revealed, SealStatus::Sealed];
    assert_eq!(statuses(&world, &seller()), expected);
}

#[test]
fn members_end_revealing_where_the_operator_is_silent() {
    let mut world = sealing();
    close(&mut world);
    let member = |msp: &str| caller(msp, "keeper", "operator");
    let ending = EndReveal { slot: auction() };
    assert_eq!(world.refusal(&seller(), &ending), ErrorCode::RoleNotAllowed);
    assert_eq!(world.refusal(&member("EnergyMSP"), &ending), ErrorCode::TooFewCalls);
    for msp in ["EnergyMSP", "MicrogridMSP", "RegulatorMSP"] {
        let call = CallFor {
            slot: auction(),
            stage: Stage::Revealed,
        };
        world.submit(&member(msp), &call);
    }
    assert_eq!(world.submit(&member("EnergyMSP"), &ending).stage, Stage::Revealed);
}

#[test]
fn a_reveal_meets_nobody_elses_rows() {
    let mut world = sealing();
    world.submit(&seller(), &sealed(&seller(), &[sale("s", 1_000, 530_000)]));
    close(&mut world);
    let decision = world
        .decide(&seller(), &revealed(&[sale("s", 1_000, 530_000)]))
        .unwrap();
    let keys: Vec<_> = decision.puts().keys().map(|key| format!("{key:?}")).collect();
    assert_eq!(keys, ["entry(0001980000, pcc-1, EnergyMSP, solar1)"]);
    assert!(decision.guards().is_empty());
}

/// Sealed and revealed, or published: the same orders make the same book, to its digest.
#[test]
fn clearing_sees_the_book_that_an_open_slot_would_have() {
    let orders = [sale("a", 60_000, 500_000), sale("b", 40_000, 510_000)];
    let bought = [need("n", 80_000, 590_000)];
    let mut secret = sealing();
    secret.submit(&seller(), &sealed(&seller(), &orders));
    secret.submit(&buyer(), &sealed(&buyer(), &bought));
    close(&mut secret);
    secret.submit(&buyer(), &revealed(&bought));
    secret.submit(&seller(), &revealed(&orders));
    let mut open = World::ready();
    open.submit(&operator(), &Migrate { to: WHOLE_MARKET });
    open.submit(&operator(), &OpenSlot { slot: auction() });
    let post = |orders: &[NewOrder]| PostMany {
        orders: orders.to_vec(),
    };
    open.submit(&seller(), &post(&orders));
    open.submit(&buyer(), &post(&bought));
    open.submit(&operator(), &CloseGate { slot: auction() });
    open.submit(&operator(), &SealBook { slot: auction() });
    let cleared = open.submit(&operator(), &Clear { slot: auction() });
    let told = clear(&mut secret);
    assert_eq!(
        (told.orders, told.fills, told.matched_wh),
        (cleared.orders, cleared.fills, cleared.matched_wh)
    );
    let seal = |world: &World| world.query(&QuerySlot { slot: auction() }).seal;
    assert_eq!(seal(&secret), seal(&open));
    let entry = |world: &World| world.state.0["\0entry\u{0}0001980000\0pcc-1\0EnergyMSP\0solar1\0"].clone();
    assert_eq!(entry(&secret), entry(&open));
}
