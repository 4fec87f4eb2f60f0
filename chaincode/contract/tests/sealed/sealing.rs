//! Before the gate closes: seals are entered, replaced and withdrawn, and tell nothing.

use der_api::ErrorCode;

use super::*;

#[test]
fn neither_row_nor_event_nor_reply_tells_side_price_or_quantity() {
    let mut world = sealing();
    let order = sale("s", 123_457, 531_977);
    let request = sealed(&seller(), &[order]);
    let decision = world.decide(&seller(), &request).unwrap();
    assert_eq!(decision.puts().len(), 1);
    world.submit(&seller(), &request);
    let argument = String::from_utf8(der_api::codec::encode(&request).unwrap()).unwrap();
    for text in [&world.log, &argument] {
        let told = text.split("DTSC:Seal").last().unwrap();
        for secret in ["123457", "531977", "seller", "offers", "bids"] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
}

#[test]
fn a_seal_sent_again_writes_nothing_and_another_one_is_refused() {
    let mut world = sealing();
    let order = sale("s", 1_000, 530_000);
    let first = world.submit(&seller(), &sealed(&seller(), std::slice::from_ref(&order)));
    assert_eq!((first.accepted, first.known), (1, 0));
    let again = world
        .decide(&seller(), &sealed(&seller(), std::slice::from_ref(&order)))
        .unwrap();
    assert!(again.is_read_only() && again.event().is_none());
    let other = NewOrder {
        energy_wh: energy(2_000),
        ..order.clone()
    };
    let refused = world.refusal(&seller(), &sealed(&seller(), &[other]));
    assert_eq!(refused, ErrorCode::OrderIdReused);
    let longer = world.submit(&seller(), &sealed(&seller(), &[order, sale("t", 1_000, 1)]));
    assert_eq!((longer.accepted, longer.known), (1, 1));
}

fn reseal(who: &Caller, before: Digest, after: &NewOrder) -> Seal {
    let mut request = sealed(who, std::slice::from_ref(after));
    request.orders[0].replaces = Some(before);
    request
}

#[test]
fn a_seal_is_replaced_by_the_next_version_and_stays_readable() {
    let mut world = sealing();
    let first = sale("s", 1_000, 530_000);
    let second = sale("s", 2_000, 520_000);
    let before = seal_of(&seller(), &first);
    let missing = world.refusal(&seller(), &reseal(&seller(), before, &second));
    assert_eq!(missing, ErrorCode::RecordNotFound);
    world.submit(&seller(), &sealed(&seller(), std::slice::from_ref(&first)));
    let wrong = reseal(&seller(), Digest::of(b"no"), &second);
    assert_eq!(world.refusal(&seller(), &wrong), ErrorCode::OtherVersion);
    world.submit(&seller(), &reseal(&seller(), before, &second));
    let again = world.decide(&seller(), &reseal(&seller(), before, &second)).unwrap();
    assert!(again.is_read_only());
    let query = QuerySeals {
        participant: participant(&seller()),
        slot: auction(),
    };
    let view = world.query(&query).orders.remove(0);
    assert_eq!((view.seal, view.earlier), (seal_of(&seller(), &second), vec![before]));
    let late = world
        .decide(&seller(), &sealed(&seller(), std::slice::from_ref(&first)))
        .unwrap();
    assert!(
        late.is_read_only(),
        "the first request sent again does not bring the first version back"
    );
    let back = reseal(&seller(), seal_of(&seller(), &second), &first);
    assert_eq!(
        world.refusal(&seller(), &back),
        ErrorCode::OtherVersion,
        "a new salt is drawn"
    );
    close(&mut world);
    assert_eq!(world.refusal(&seller(), &revealed(&[first])), ErrorCode::SealMismatch);
    world.submit(&seller(), &revealed(&[second]));
}

#[test]
fn an_order_is_sealed_anew_twenty_times() {
    let mut world = sealing();
    let version = |n: u64| sale("s", 1_000 + n, 530_000);
    world.submit(&seller(), &sealed(&seller(), &[version(0)]));
    for n in 0..20 {
        let before = seal_of(&seller(), &version(n));
        world.submit(&seller(), &reseal(&seller(), before, &version(n + 1)));
    }
    let more = reseal(&seller(), seal_of(&seller(), &version(20)), &version(21));
    assert_eq!(world.refusal(&seller(), &more), ErrorCode::TooManyAmendments);
}

#[test]
fn a_withdrawn_seal_is_neither_revealed_nor_missed() {
    let mut world = sealing();
    let orders = [sale("s", 1_000, 530_000), sale("t", 1_000, 530_000)];
    world.submit(&seller(), &sealed(&seller(), &orders));
    let one = Withdraw {
        participant: participant(&seller()),
        order: id("s"),
        slot: Some(auction()),
    };
    assert_eq!(world.refusal(&seller(), &one), ErrorCode::OrdersAreSealed);
    let withdrawal = |order: Option<&str>| WithdrawMany {
        orders: vec![Withdrawal {
            participant: None,
            slot: auction(),
            order: order.map(id),
        }],
    };
    assert_eq!(world.submit(&seller(), &withdrawal(Some("s"))).accepted, 1);
    assert!(world.decide(&seller(), &withdrawal(Some("s"))).unwrap().is_read_only());
    assert_eq!(statuses(&world, &seller()), [SealStatus::Withdrawn, SealStatus::Sealed]);
    assert_eq!(world.submit(&seller(), &withdrawal(None)).accepted, 1);
    assert_eq!(
        world.refusal(&seller(), &withdrawal(Some("x"))),
        ErrorCode::RecordNotFound
    );
    close(&mut world);
    assert_eq!(world.refusal(&seller(), &revealed(&orders)), ErrorCode::OrderNotOpen);
    clear(&mut world);
    assert!(penalties(&world).is_empty());
}

#[test]
fn who_moves_out_withdraws_its_seals() {
    let mut world = sealing();
    world.submit(&seller(), &sealed(&seller(), &[sale("s", 1_000, 530_000)]));
    let leaving = MoveOut {
        orders: vec![],
        slots: vec![auction()],
    };
    world.submit(&seller(), &leaving);
    assert_eq!(statuses(&world, &seller()), [SealStatus::Withdrawn]);
}

#[test]
fn what_may_not_be_sealed() {
    let mut world = sealing();
    let order = sale("s", 1_000, 530_000);
    let request = sealed(&seller(), std::slice::from_ref(&order));
    let empty = Seal { orders: vec![] };
    assert_eq!(world.refusal(&seller(), &empty), ErrorCode::EmptyBatch);
    let crowd: Vec<_> = (0..101).map(|n| sale(&format!("o{n}"), 1, 1)).collect();
    assert_eq!(
        world.refusal(&seller(), &sealed(&seller(), &crowd)),
        ErrorCode::TooManyOrders
    );
    let stranger = caller("EnergyMSP", "stranger", "participant");
    assert_eq!(
        world.refusal(&stranger, &sealed(&stranger, std::slice::from_ref(&order))),
        ErrorCode::NotRegistered
    );
    let mut others = request.clone();
    others.orders[0].participant = Some(participant(&buyer()));
    assert_eq!(world.refusal(&seller(), &others), ErrorCode::NotOwner);
    let mut unopened = request.clone();
    unopened.orders[0].slot = slot(9).into();
    assert_eq!(world.refusal(&seller(), &unopened), ErrorCode::SlotNotOpened);
    let who = participant(&seller());
    let suspend = Suspend { participant: who };
    let mut suspended = world.clone();
    suspended.submit(&regulator(), &suspend);
    assert_eq!(suspended.refusal(&seller(), &request), ErrorCode::Suspended);
    let open = PostMany {
        orders: vec![order.clone()],
    };
    assert_eq!(world.refusal(&seller(), &open), ErrorCode::OrdersAreSealed);
    let stopped = |world: &World| world.refusal(&seller(), &request);
    let mut halted = world.clone();
    halted.submit(&regulator(), &SuspendMarket {});
    assert_eq!(stopped(&halted), ErrorCode::MarketSuspended);
    close(&mut world);
    assert_eq!(stopped(&world), ErrorCode::GateClosed);
    let mut plain = World::ready();
    assert_eq!(plain.refusal(&seller(), &request), ErrorCode::SchemaTooOld);
    plain.submit(&operator(), &Migrate { to: WHOLE_MARKET });
    plain.submit(&operator(), &OpenSlot { slot: auction() });
    assert_eq!(plain.refusal(&seller(), &request), ErrorCode::OrdersAreOpen);
    assert_eq!(plain.refusal(&seller(), &revealed(&[order])), ErrorCode::OrdersAreOpen);
    assert_eq!(
        plain.refusal(&operator(), &EndReveal { slot: auction() }),
        ErrorCode::OrdersAreOpen
    );
}
