//! Orders, quantities and arguments.

use super::*;

#[test]
fn an_order_after_gate_closure() {
    let mut world = open();
    let sale = offer(slot(0), "sale", 1_000, 500_000);
    refused(
        &mut world,
        &seller(),
        &offer(slot(1), "sale", 1_000, 500_000),
        ErrorCode::SlotNotOpened,
    );
    let first = world.submit(&seller(), &sale);
    world.submit(&operator(), &CloseGate { slot: slot(0).into() });
    refused(
        &mut world,
        &seller(),
        &offer(slot(0), "late", 1_000, 500_000),
        ErrorCode::GateClosed,
    );
    refused(
        &mut world,
        &buyer(),
        &bid(slot(0), "late", 1_000, 500_000),
        ErrorCode::GateClosed,
    );
    let withdrawal = Withdraw {
        participant: participant(&seller()),
        order: sale.order.clone(),
        slot: None,
    };
    refused(&mut world, &seller(), &withdrawal, ErrorCode::GateClosed);
    assert_eq!(
        world.submit(&seller(), &sale),
        first,
        "asking again for what was accepted is answered as before"
    );
}

#[test]
fn withdrawing() {
    let mut world = open();
    let sale = offer(slot(0), "sale", 1_000, 500_000);
    world.submit(&seller(), &sale);
    let withdrawal = Withdraw {
        participant: participant(&seller()),
        order: sale.order.clone(),
        slot: None,
    };
    refused(&mut world, &buyer(), &withdrawal, ErrorCode::NotOwner);
    let unknown = Withdraw {
        participant: participant(&seller()),
        order: id("nothing"),
        slot: None,
    };
    refused(&mut world, &seller(), &unknown, ErrorCode::RecordNotFound);
    world.submit(&seller(), &withdrawal);
    refused(&mut world, &seller(), &withdrawal, ErrorCode::OrderNotOpen);
    let mut changed = sale;
    changed.energy_wh = energy(2_000);
    refused(&mut world, &seller(), &changed, ErrorCode::OrderIdReused);
    world.submit(&operator(), &CloseGate { slot: slot(0).into() });
    let sealed = world.submit(&operator(), &SealBook { slot: slot(0).into() });
    assert_eq!(sealed.seal.map(|seal| seal.orders), Some(0), "it left the book");
}

#[test]
fn quantities_that_are_none() {
    let world = open();
    let post = |energy: &str, code| {
        let json =
            format!(r#"{{"order":"o1","slot":{SLOT},"point":"pcc-1","energy_wh":{energy},"min_wh":0,"price":5}}"#);
        refused_raw(&world, &seller(), "DTSC:PostOffer", &[json.as_bytes()], code);
        let json = json.replace("pcc-1", "pcc-2");
        refused_raw(&world, &buyer(), "DTSC:PostBid", &[json.as_bytes()], code);
    };
    post("-1", ErrorCode::NegativeQuantity);
    post("0", ErrorCode::ZeroQuantity);
    post("1000000000001", ErrorCode::QuantityOutOfRange);
    post("340282366920938463463374607431768211456", ErrorCode::QuantityOutOfRange);
    post("1.5", ErrorCode::QuantityNotAnInteger);
    post("1e3", ErrorCode::QuantityNotAnInteger);
    post("NaN", ErrorCode::MalformedArgument);
    post("\"5\"", ErrorCode::MalformedArgument);
    let mut greedy = offer(slot(0), "sale", 10, 500_000);
    greedy.min_wh = energy(11);
    assert_eq!(world.refusal(&seller(), &greedy), ErrorCode::MinimumAboveQuantity);
}

#[test]
fn orders_beyond_capacity_elsewhere_or_on_both_sides() {
    let mut world = open();
    world.submit(&seller(), &offer(slot(0), "sale", 250_000, 500_000));
    refused(
        &mut world,
        &seller(),
        &offer(slot(0), "more", 1, 500_000),
        ErrorCode::CapacityExceeded,
    );
    let mut elsewhere = offer(slot(0), "else", 1, 500_000);
    elsewhere.point = id("pcc-2");
    refused(&mut world, &seller(), &elsewhere, ErrorCode::NotConnectedHere);
    let mut opposite = bid(slot(0), "own", 1, 600_000);
    opposite.point = id("pcc-1");
    refused(&mut world, &seller(), &opposite, ErrorCode::OppositeSide);
    for number in 0..100 {
        world.submit(&buyer(), &bid(slot(0), &format!("need{number}"), 1, 500_000));
    }
    refused(
        &mut world,
        &buyer(),
        &bid(slot(0), "need100", 1, 500_000),
        ErrorCode::TooManyOrders,
    );
}

#[test]
fn arguments_that_are_too_long_too_many_or_not_the_requests() {
    let world = open();
    let ten_megabytes = vec![b' '; 10 * 1024 * 1024];
    for function in Function::all() {
        refused_raw(
            &world,
            &seller(),
            function.name(),
            &[&ten_megabytes],
            ErrorCode::ArgumentTooLarge,
        );
        refused_raw(&world, &seller(), function.name(), &[], ErrorCode::WrongArgumentCount);
        refused_raw(
            &world,
            &seller(),
            function.name(),
            &[b"{}", b"{}"],
            ErrorCode::WrongArgumentCount,
        );
    }
    refused_raw(
        &world,
        &seller(),
        "DTSC:Postoffer",
        &[b"{}"],
        ErrorCode::UnknownFunction,
    );
    refused_raw(
        &world,
        &seller(),
        "DTSC:PostOffer",
        &[b"\xff\xfe"],
        ErrorCode::MalformedArgument,
    );
    for part in [r"a\u0000b", r"\u0000", "a:b", "a/b", "", "\u{10ffff}"] {
        let json = format!(r#"{{"order":"{part}","slot":{SLOT},"point":"pcc-1","energy_wh":1,"min_wh":0,"price":5}}"#);
        refused_raw(
            &world,
            &seller(),
            "DTSC:PostOffer",
            &[json.as_bytes()],
            ErrorCode::BadIdentifier,
        );
    }
}
