//! Slots that clear by welfare: proposals that are proved, the one that wins, and the score where there is none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::ErrorCode;
use der_api::request::*;
use der_contract::Caller;
use der_market::paper;
use der_market::parameters::{Parameters, PriceMode};
use der_market::units::Price;
use der_market::welfare::{Duals, WelfareProposal, fills_hash};
use world::*;

/// R − F − τ of the paper's prices between its two points.
const WORTH: u64 = 657_000 - 400_000 - 20_000;

fn by_welfare() -> Parameters {
    Parameters {
        price_mode: PriceMode::Welfare,
        ..paper::parameters().unwrap()
    }
}

fn keeper(msp: &str) -> Caller {
    caller(msp, "clock", "operator")
}

/// Two sellers with 100 kWh each at one point, a buyer of 60 kWh at the other; the book is sealed.
fn sealed(rules: Option<Parameters>) -> World {
    let mut world = World::ready();
    world.submit(&operator(), &Migrate { to: 3 });
    if let Some(rules) = rules {
        world.govern(rules);
    }
    let other = caller("EnergyMSP", "wind1", "participant");
    world.join(&other, "pcc-1", "meter-wind1");
    let slot = slot(0);
    world.submit(&operator(), &OpenSlot { slot: slot.into() });
    world.submit(&seller(), &offer(slot, "sale", 100_000, 400_000));
    world.submit(&other, &offer(slot, "sale", 100_000, 410_000));
    world.submit(&buyer(), &bid(slot, "need", 60_000, 500_000));
    world.submit(&operator(), &CloseGate { slot: slot.into() });
    world.submit(&operator(), &SealBook { slot: slot.into() });
    world
}

/// All of the buyer's energy from the seller at this place: solar1 is at 0, wind1 at 1, alice at 2.
fn from(seller: u32) -> ProposeWelfare {
    ProposeWelfare {
        slot: slot(0).into(),
        proposal: WelfareProposal {
            fills: vec![(2, seller, energy(60_000))],
            duals: Duals {
                scale: 1,
                orders: vec![0, 0, WORTH],
                rooms: Vec::new(),
            },
        },
    }
}

#[test]
fn of_two_proved_proposals_the_smaller_hash_wins() {
    let mut world = sealed(Some(by_welfare()));
    let inputs = world
        .query(&QueryClearingInputs { slot: slot(0).into() })
        .welfare
        .unwrap();
    let price = |micro| Price::new(micro).unwrap();
    assert_eq!(inputs.grid_prices, [price(400_000), price(400_000), price(657_000)]);
    for (msp, seller) in [("EnergyMSP", 0), ("MicrogridMSP", 1)] {
        let proposed = world.submit(&keeper(msp), &from(seller));
        assert_eq!(proposed.welfare.get(), 60_000 * i128::from(WORTH));
    }
    let hash = |seller| fills_hash(slot(0).into(), &from(seller).proposal.fills);
    let winner = if hash(0) < hash(1) { 0 } else { 1 };
    let proposals = world.query(&QueryWelfare { slot: slot(0).into() }).proposals;
    assert_eq!(proposals.len(), 2);
    assert_eq!(*proposals[0].digest.as_bytes(), hash(winner));
    let clearing = world.submit(&operator(), &Clear { slot: slot(0).into() });
    assert_eq!((clearing.contracts.len(), clearing.matched_wh), (1, energy(60_000)));
    let contract = clearing.contracts[0].clone();
    let terms = world
        .query(&QueryContract {
            slot: slot(0).into(),
            contract,
        })
        .terms;
    let [name, price] =
        [["EnergyMSP:solar1", "440000"], ["EnergyMSP:wind1", "445000"]][usize::try_from(winner).unwrap()];
    assert_eq!(
        (terms.seller.to_string(), terms.price.to_string()),
        (name.to_owned(), price.to_owned())
    );
    let inputs = world
        .query(&QueryClearingInputs { slot: slot(0).into() })
        .welfare
        .unwrap();
    assert_eq!(inputs.proposal, Some(from(winner).proposal));
}

#[test]
fn without_a_proposal_the_score_decides() {
    let mut world = sealed(Some(by_welfare()));
    let clearing = world.submit(&operator(), &Clear { slot: slot(0).into() });
    let contract = clearing.contracts[0].clone();
    let terms = world
        .query(&QueryContract {
            slot: slot(0).into(),
            contract,
        })
        .terms;
    assert_eq!(terms.seller.to_string(), "EnergyMSP:wind1", "the closer price");
}

#[test]
fn a_proposal_does_not_hold_for_a_book_without_its_seller() {
    let mut world = sealed(Some(by_welfare()));
    world.submit(&keeper("EnergyMSP"), &from(0));
    let participant = participant(&seller());
    world.submit(&regulator(), &Suspend { participant });
    let clearing = world.submit(&operator(), &Clear { slot: slot(0).into() });
    let contract = clearing.contracts[0].clone();
    let terms = world
        .query(&QueryContract {
            slot: slot(0).into(),
            contract,
        })
        .terms;
    assert_eq!(terms.seller.to_string(), "EnergyMSP:wind1");
}

#[test]
fn what_is_not_proved_is_refused() {
    let mut world = sealed(Some(by_welfare()));
    let keeper = keeper("EnergyMSP");
    let changes: [fn(&mut WelfareProposal); 6] = [
        |proposal| proposal.fills[0].2 = energy(59_999),
        |proposal| proposal.fills[0].2 = energy(60_001),
        |proposal| proposal.duals.orders[2] -= 1,
        |proposal| proposal.duals.orders[0] = 1,
        |proposal| proposal.duals.scale = 2,
        |proposal| proposal.fills[0].0 = 0,
    ];
    for change in changes {
        let mut request = from(0);
        change(&mut request.proposal);
        assert_eq!(world.refusal(&keeper, &request), ErrorCode::WelfareUnproved);
    }
    world.submit(&keeper, &from(0));
    assert!(
        world.decide(&keeper, &from(0)).unwrap().is_read_only(),
        "the first answer"
    );
    assert_eq!(world.refusal(&keeper, &from(1)), ErrorCode::WelfareProposedBefore);
    world.submit(&operator(), &Clear { slot: slot(0).into() });
    assert_eq!(world.refusal(&operator(), &from(1)), ErrorCode::WrongStage);
    assert_eq!(sealed(None).refusal(&keeper, &from(0)), ErrorCode::NotByWelfare);
}

#[test]
fn orders_with_a_minimum_are_refused() {
    let mut world = World::ready();
    world.submit(&operator(), &Migrate { to: 3 });
    world.govern(by_welfare());
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    let whole = PostOffer {
        min_wh: energy(1),
        ..offer(slot(0), "sale", 10, 400_000)
    };
    assert_eq!(world.refusal(&seller(), &whole), ErrorCode::NoMinimumHere);
}
