//! What orders hold, and when it comes back.

use super::*;

/// 0.59 yuan/kWh for 200 kWh at 30 %.
const ENTRY: i128 = 35_400_000_000;
/// The seller's highest π: (0.657 − 0.53) yuan/kWh for 200 kWh at 30 %.
const SELLER_ENTRY: i128 = 7_620_000_000;

fn release(offset: u64, contracts: Vec<ContractId>) -> ReleaseHolds {
    ReleaseHolds {
        auctions: vec![slot(offset).into()],
        contracts,
        days: vec![],
    }
}

#[test]
fn an_order_holds_at_entry_less_at_match_and_nothing_after_settlement() {
    let mut world = market();
    let contract = world.planned(&paper::CASES[0], slot(0));
    assert_eq!(funds(&world, &buyer()), (200 * YUAN, ENTRY));
    assert_eq!(funds(&world, &seller()), (200 * YUAN, SELLER_ENTRY));
    for (user, matched) in [(buyer(), 34_200_000_000), (seller(), 5_220_000_000)] {
        let unnamed = world.submit(&user, &release(0, vec![]));
        assert!(unnamed.held.get() > matched, "without its contracts the limit counts");
        world.submit(&user, &release(0, vec![contract.clone()]));
        assert_eq!(funds(&world, &user).1, matched, "(p + τ) · q · tier and π · q · tier");
    }
    measured(&mut world, 0, 200_000, 200_000);
    for user in [buyer(), seller()] {
        world.submit(&user, &release(0, vec![]));
        assert_eq!(funds(&world, &user), (200 * YUAN, 0));
        assert!(world.decide(&user, &release(0, vec![])).unwrap().is_read_only(), "once");
    }
}

#[test]
fn a_withdrawn_and_a_refused_order_get_their_hold_back() {
    let mut world = market();
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    world.submit(&seller(), &offer(slot(0), "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot(0), "need", 200_000, 590_000));
    world.submit(&buyer(), &bid(slot(0), "more", 100_000, 590_000));
    assert_eq!(funds(&world, &buyer()).1, ENTRY + ENTRY / 2);
    let withdraw = Withdraw {
        participant: participant(&buyer()),
        order: world::id(&format!("more-{}", slot(0))),
        slot: Some(slot(0).into()),
    };
    world.submit(&buyer(), &withdraw);
    assert_eq!(funds(&world, &buyer()).1, ENTRY);
    let contract = world.close_and_clear(slot(0)).contracts.remove(0);
    assert!(
        world.decide(&buyer(), &release(0, vec![])).unwrap().is_read_only(),
        "not planned yet"
    );
    world.submit(
        &buyer(),
        &Refuse {
            slot: slot(0).into(),
            contract,
            participant: None,
        },
    );
    world.submit(&operator(), &Plan { slot: slot(0) });
    for user in [buyer(), seller()] {
        assert_eq!(world.submit(&user, &release(0, vec![])).held, Money::ZERO);
    }
}

#[test]
fn nobody_orders_beyond_what_is_available() {
    let mut world = market();
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    let most = 200 * YUAN * 10 / 3 / 590_000;
    let most = u64::try_from(most).unwrap();
    let beyond = bid(slot(0), "need", most + 1, 590_000);
    refused(&world, &buyer(), &beyond, ErrorCode::InsufficientFunds);
    world.submit(&buyer(), &bid(slot(0), "need", most, 590_000));
    let one_more = bid(slot(0), "more", 100, 590_000);
    refused(&world, &buyer(), &one_more, ErrorCode::InsufficientFunds);
    let withdrawal = RequestWithdrawal {
        payment: world::id("w"),
        amount: yuan(1),
    };
    refused(&world, &buyer(), &withdrawal, ErrorCode::InsufficientFunds);
}

#[test]
fn without_rules_of_credit_nothing_is_held() {
    let mut founding = bootstrap();
    founding.schema = der_api::schema::WHOLE_MARKET;
    let mut world = World::founded(&founding);
    world.planned(&paper::CASES[0], slot(0));
    for user in [buyer(), seller()] {
        assert_eq!(funds(&world, &user), (200 * YUAN, 0));
    }
}
