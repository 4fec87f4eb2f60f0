//! What an agent may do for its principal, and what not: nothing without a delegation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::ErrorCode;
use der_api::bytes::HexBytes;
use der_api::delegation::{DelegationTerms, Verb};
use der_api::mandate::Limit;
use der_api::reply::{ContractStatus, OrderStatus};
use der_api::request::*;
use der_api::schema::WHOLE_MARKET;
use der_api::seal::seal;
use der_contract::Caller;
use der_market::order_rules::{Book, OrderRules};
use der_market::participant::Side;
use der_market::slot::{Auction, Slot};
use der_market::units::Price;
use world::*;

fn agent() -> Caller {
    caller("MicrogridMSP", "aggregator", "participant")
}

/// The paper's two users and an agent with a registered key, slot 0 open or sealed.
fn market(book: Book) -> World {
    let mut founding = bootstrap();
    founding.schema = WHOLE_MARKET;
    founding.parameters.orders = Some(OrderRules { book });
    let mut world = World::founded(&founding);
    world.submit(&agent(), &registration("pcc-2"));
    world.submit(&operator(), &OpenSlot { slot: auction() });
    world
}

fn auction() -> Auction {
    slot(0).into()
}

fn terms(verbs: &[Verb]) -> DelegationTerms {
    DelegationTerms {
        market: id("paper"),
        principal: participant(&buyer()),
        agent: participant(&agent()),
        verbs: verbs.iter().copied().collect(),
        points: [id("pcc-2")].into(),
        buy: Some(Limit {
            energy_wh: energy(200_000),
            price: Price::new(590_000).unwrap(),
        }),
        sell: None,
        until: slot(0),
    }
}

fn grant(terms: DelegationTerms) -> GrantDelegation {
    let signature = sign(&buyer().public_key, &terms.canonical_bytes().unwrap());
    GrantDelegation { terms, signature }
}

fn need(order: &str, slot: Slot, wh: u64, price: i64) -> NewOrder {
    NewOrder {
        participant: Some(participant(&buyer())),
        order: id(order),
        side: Side::Buyer,
        slot: slot.into(),
        energy_wh: energy(wh),
        min_wh: energy(0),
        price: Price::new(price).unwrap(),
        filters: None,
    }
}

fn post(order: NewOrder) -> PostMany {
    PostMany { orders: vec![order] }
}

const ALL: [Verb; 4] = [Verb::Order, Verb::Amend, Verb::Withdraw, Verb::Confirm];

#[test]
fn an_agent_orders_amends_and_withdraws_for_its_principal() {
    let mut world = market(Book::Open);
    world.submit(&buyer(), &grant(terms(&ALL)));
    world.submit(&agent(), &post(need("n", slot(0), 1_000, 590_000)));
    let query = QueryOrder {
        participant: participant(&buyer()),
        order: id("n"),
        slot: Some(auction()),
    };
    assert_eq!(world.query(&query).status, OrderStatus::Open);
    let amendment = Amendment {
        participant: Some(participant(&buyer())),
        order: id("n"),
        slot: auction(),
        version: 2,
        energy_wh: energy(2_000),
        min_wh: energy(0),
        price: Price::new(580_000).unwrap(),
        filters: None,
    };
    let mut beyond = amendment.clone();
    beyond.price = Price::new(590_001).unwrap();
    let refused = world.refusal(&agent(), &Amend { orders: vec![beyond] });
    assert_eq!(refused, ErrorCode::BeyondDelegation);
    world.submit(
        &agent(),
        &Amend {
            orders: vec![amendment],
        },
    );
    assert_eq!(world.query(&query).energy_wh, energy(2_000));
    let withdrawal = Withdrawal {
        participant: Some(participant(&buyer())),
        slot: auction(),
        order: None,
    };
    world.submit(
        &agent(),
        &WithdrawMany {
            orders: vec![withdrawal],
        },
    );
    assert_eq!(world.query(&query).status, OrderStatus::Withdrawn);
}

#[test]
fn every_limit_holds() {
    let mut world = market(Book::Open);
    let order = || need("n", slot(0), 1_000, 590_000);
    assert_eq!(
        world.refusal(&agent(), &post(order())),
        ErrorCode::NotOwner,
        "nothing is delegated"
    );
    world.submit(&operator(), &OpenSlot { slot: slot(1).into() });
    type Alter = fn(&mut DelegationTerms);
    let cases: [(&str, Alter, NewOrder, ErrorCode); 7] = [
        (
            "verb",
            |t| t.verbs = [Verb::Confirm].into(),
            order(),
            ErrorCode::NotDelegated,
        ),
        (
            "point",
            |t| t.points = [id("pcc-1")].into(),
            order(),
            ErrorCode::NotDelegated,
        ),
        (
            "slot",
            |_| (),
            need("n", slot(1), 1_000, 590_000),
            ErrorCode::NotDelegated,
        ),
        (
            "energy",
            |_| (),
            need("n", slot(0), 200_001, 590_000),
            ErrorCode::BeyondDelegation,
        ),
        (
            "price",
            |_| (),
            need("n", slot(0), 1_000, 590_001),
            ErrorCode::BeyondDelegation,
        ),
        ("side", |t| t.buy = None, order(), ErrorCode::BeyondDelegation),
        (
            "sale",
            |_| (),
            NewOrder {
                side: Side::Seller,
                ..order()
            },
            ErrorCode::BeyondDelegation,
        ),
    ];
    for (what, alter, order, code) in cases {
        let mut limited = terms(&ALL);
        alter(&mut limited);
        world.submit(&buyer(), &grant(limited));
        assert_eq!(world.refusal(&agent(), &post(order)), code, "{what}");
    }
    world.submit(&buyer(), &grant(terms(&ALL)));
    let others = NewOrder {
        participant: Some(participant(&seller())),
        ..order()
    };
    assert_eq!(
        world.refusal(&agent(), &post(others)),
        ErrorCode::NotOwner,
        "one principal is not another"
    );
    let third = caller("MicrogridMSP", "third", "participant");
    assert_eq!(
        world.refusal(&third, &post(order())),
        ErrorCode::NotOwner,
        "nor one agent another"
    );
    world.submit(&agent(), &post(order()));
    let revoke = RevokeDelegation {
        agent: participant(&agent()),
    };
    world.submit(&buyer(), &revoke);
    assert_eq!(
        world.refusal(&agent(), &post(need("m", slot(0), 1, 1))),
        ErrorCode::NotOwner
    );
    assert_eq!(world.refusal(&buyer(), &revoke), ErrorCode::NoDelegation);
}

#[test]
fn an_agent_seals_and_reveals_within_the_same_limits() {
    let mut world = market(Book::Sealed);
    world.submit(&buyer(), &grant(terms(&[Verb::Order])));
    let salt = HexBytes::new([7; 32]).unwrap();
    let (fair, dear) = (need("n", slot(0), 1_000, 590_000), need("d", slot(0), 1_000, 590_001));
    let sealed = |order: &NewOrder| NewSeal {
        participant: order.participant.clone(),
        order: order.order.clone(),
        slot: order.slot,
        seal: seal(&id("paper"), &participant(&buyer()), order, &salt).unwrap(),
        replaces: None,
    };
    let seals = Seal {
        orders: vec![sealed(&fair), sealed(&dear)],
    };
    world.submit(&agent(), &seals);
    world.submit(&operator(), &CloseGate { slot: auction() });
    let opened = |order: &NewOrder| Reveal {
        orders: vec![Opened {
            order: order.clone(),
            salt: salt.clone(),
        }],
    };
    assert_eq!(world.refusal(&agent(), &opened(&dear)), ErrorCode::BeyondDelegation);
    world.submit(&agent(), &opened(&fair));
    world.submit(&buyer(), &opened(&dear));
    let stranger = caller("MicrogridMSP", "stranger", "participant");
    assert_eq!(world.refusal(&stranger, &seals), ErrorCode::NotOwner);
    assert_eq!(world.refusal(&stranger, &opened(&fair)), ErrorCode::NotOwner);
}

#[test]
fn an_agent_confirms_in_its_own_hand_and_the_contract_keeps_the_delegation() {
    let mut world = market(Book::Open);
    world.submit(&seller(), &offer(slot(0), "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot(0), "need", 200_000, 590_000));
    let contract = world.close_and_clear(slot(0)).contracts.remove(0);
    let mut confirmation = world.confirmation(&agent(), slot(0), &contract);
    assert_eq!(world.refusal(&agent(), &confirmation), ErrorCode::NotParty);
    confirmation.participant = Some(participant(&buyer()));
    assert_eq!(world.refusal(&agent(), &confirmation), ErrorCode::NotOwner);
    world.submit(&buyer(), &grant(terms(&[Verb::Order])));
    assert_eq!(world.refusal(&agent(), &confirmation), ErrorCode::NotDelegated);
    let mut low = terms(&[Verb::Confirm]);
    low.buy.as_mut().unwrap().price = Price::new(569_999).unwrap();
    world.submit(&buyer(), &grant(low));
    assert_eq!(
        world.refusal(&agent(), &confirmation),
        ErrorCode::BeyondDelegation,
        "0.55 and 0.02 of tariff"
    );
    world.submit(&buyer(), &grant(terms(&[Verb::Confirm])));
    let mut forged = confirmation.clone();
    forged.signature = HexBytes::new([0; 32]).unwrap();
    assert_eq!(world.refusal(&agent(), &forged), ErrorCode::BadContractSignature);
    world.submit(&agent(), &confirmation);
    let own = world.confirmation(&seller(), slot(0), &contract);
    world.submit(&seller(), &own);
    world.submit(
        &buyer(),
        &RevokeDelegation {
            agent: participant(&agent()),
        },
    );
    let view = world.query(&QueryContract {
        slot: auction(),
        contract,
    });
    assert_eq!(view.status, ContractStatus::Confirmed);
    let delegation = view.confirmations[0].delegation.as_ref().unwrap();
    assert_eq!(delegation.terms, terms(&[Verb::Confirm]));
}

#[test]
fn a_delegation_is_its_principals_own_word() {
    let mut world = market(Book::Open);
    let refusal = |world: &World, by: &Caller, request: &GrantDelegation| world.refusal(by, request);
    let good = grant(terms(&ALL));
    assert_eq!(
        refusal(&world, &agent(), &good),
        ErrorCode::DelegationInvalid,
        "nobody delegates for another"
    );
    let mut forged = good.clone();
    forged.terms.until = slot(9);
    assert_eq!(refusal(&world, &buyer(), &forged), ErrorCode::BadDelegationSignature);
    type Alter = fn(&mut DelegationTerms);
    let invalid: [Alter; 4] = [
        |t| t.market = id("other"),
        |t| t.agent = t.principal.clone(),
        |t| t.verbs.clear(),
        |t| t.agent = id("StrangeMSP:a"),
    ];
    for alter in invalid {
        let mut altered = terms(&ALL);
        alter(&mut altered);
        assert_eq!(refusal(&world, &buyer(), &grant(altered)), ErrorCode::DelegationInvalid);
    }
    let mut old = World::ready();
    assert_eq!(refusal(&old, &buyer(), &good), ErrorCode::SchemaTooOld);
    old.submit(&operator(), &Migrate { to: WHOLE_MARKET });
    old.submit(&buyer(), &good);
    world.submit(&buyer(), &good);
    let mut second = terms(&ALL);
    second.agent = id("EnergyMSP:broker");
    world.submit(&buyer(), &grant(second));
    let list = |of: &Caller, as_agent: bool, after: Option<&str>, page: u32| QueryDelegations {
        participant: participant(of),
        as_agent,
        after: after.map(id),
        page,
    };
    let all = world.query(&list(&buyer(), false, None, 10));
    assert_eq!((all.delegations.len(), all.next), (2, None));
    let first = world.query(&list(&buyer(), false, None, 1));
    assert_eq!(first.next, Some(id("EnergyMSP:broker")));
    let rest = world.query(&list(&buyer(), false, Some("EnergyMSP:broker"), 10));
    assert_eq!(rest.delegations[0].terms.agent, participant(&agent()));
    let granted = world.query(&list(&agent(), true, None, 10));
    assert_eq!(granted.delegations, rest.delegations);
    assert_eq!(
        world.refusal(&buyer(), &list(&buyer(), false, None, 0)),
        ErrorCode::TooManyItems
    );
}

#[test]
fn an_agents_answer_needs_the_third_schema() {
    let mut world = World::ready();
    world.submit(&operator(), &OpenSlot { slot: auction() });
    world.submit(&seller(), &offer(slot(0), "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot(0), "need", 200_000, 590_000));
    let contract = world.close_and_clear(slot(0)).contracts.remove(0);
    let mut confirmation = world.confirmation(&buyer(), slot(0), &contract);
    confirmation.participant = Some(participant(&seller()));
    assert_eq!(world.refusal(&buyer(), &confirmation), ErrorCode::SchemaTooOld);
    confirmation.participant = Some(participant(&buyer()));
    assert_eq!(world.refusal(&buyer(), &confirmation), ErrorCode::SchemaTooOld);
}
