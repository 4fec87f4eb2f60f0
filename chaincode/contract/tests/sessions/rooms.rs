//! What earlier contracts of a slot leave to its later auctions: room at the points, and each seller's limit.

use der_api::ErrorCode;
use der_api::request::*;
use der_contract::Caller;
use der_market::id::ContractId;
use der_market::slot::{Auction, Slot};

use super::world::*;
use super::{forecast, position, round, sign, sign_both, trade};

/// ⌊M/4⌋ of both points and both users.
const ROOM: u64 = der_market::paper::CAPACITY_W / 4;

/// Contracts of the day-ahead auction for so much, both sides confirmed, and the first intraday auction open.
fn traded_day_ahead(slot: Slot, wh: u64) -> World {
    let mut world = whole_market();
    let contracts = trade(&mut world, slot.into(), wh, wh);
    sign_both(&mut world, slot.into(), &contracts[0]);
    world.submit(&operator(), &EndConfirmation { slot: slot.into() });
    world
}

#[test]
fn a_later_auction_has_the_room_that_earlier_contracts_left() {
    let slot = slot(0);
    let mut world = traded_day_ahead(slot, ROOM - 10_000);
    let other = caller("EnergyMSP", "wind1", "participant");
    world.join(&other, "pcc-1", "meter-wind1");
    let first = round(slot, 1);
    let contracts = sold_by(&mut world, &other, first, 40_000);
    let terms = |world: &World, contract: &ContractId| {
        let contract = contract.clone();
        world.query(&QueryContract { slot: first, contract }).terms
    };
    assert_eq!(terms(&world, &contracts[0]).energy_wh.get(), 10_000, "of 40000 offered");
    let inputs = world.query(&QueryClearingInputs { slot: first });
    let used: Vec<_> = inputs
        .used
        .iter()
        .map(|one| (one.point.as_str(), one.import_wh.get(), one.export_wh.get()))
        .collect();
    assert_eq!(used, [("pcc-1", 0, ROOM - 10_000), ("pcc-2", ROOM - 10_000, 0)]);
    sign(&mut world, &other, first, &contracts[0]);
    sign(&mut world, &buyer(), first, &contracts[0]);
    world.submit(&operator(), &EndConfirmation { slot: first });
    let second = round(slot, 2);
    assert!(sold_by(&mut world, &other, second, 30_000).is_empty());
    let used = world.query(&QueryClearingInputs { slot: second }).used;
    assert_eq!((used[0].export_wh.get(), used[1].import_wh.get()), (ROOM, ROOM));
}

/// An intraday auction in which this seller offers so much at pcc-1, and the buyer wants as much.
fn sold_by(world: &mut World, user: &Caller, auction: Auction, wh: u64) -> Vec<ContractId> {
    world.submit(&operator(), &OpenSlot { slot: auction });
    forecast(world, user, "pcc-1", auction.slot, &[(2 * ROOM, 0)]);
    forecast(world, &buyer(), "pcc-2", auction.slot, &[(0, 4 * ROOM)]);
    let name = format!("r{}-more", auction.round);
    let sale = offer(auction.slot, &name, wh, 400_000);
    world.submit(user, &PostOffer { slot: auction, ..sale });
    let need = bid(auction.slot, &name, wh, 500_000);
    world.submit(&buyer(), &PostBid { slot: auction, ..need });
    world.submit(&operator(), &CloseGate { slot: auction });
    world.submit(&operator(), &SealBook { slot: auction });
    world.submit(&operator(), &Clear { slot: auction }).contracts
}

#[test]
fn lapsed_contracts_leave_their_room() {
    let slot = slot(0);
    let mut world = whole_market();
    trade(&mut world, slot.into(), ROOM, ROOM);
    world.submit(&operator(), &EndConfirmation { slot: slot.into() });
    let contracts = trade(&mut world, round(slot, 1), ROOM, ROOM);
    assert_eq!(
        contracts.len(),
        1,
        "refused or expired, the energy and its room are free again"
    );
}

#[test]
fn what_is_sold_counts_towards_the_limit_of_later_offers() {
    let slot = slot(0);
    let mut world = traded_day_ahead(slot, ROOM - 10_000);
    let first = round(slot, 1);
    world.submit(&operator(), &OpenSlot { slot: first });
    forecast(&mut world, &seller(), "pcc-1", slot, &[(2 * ROOM, 0)]);
    let sale = |name: &str, wh| PostOffer {
        slot: first,
        ..offer(slot, name, wh, 400_000)
    };
    assert_eq!(
        world.refusal(&seller(), &sale("beyond", 10_001)),
        ErrorCode::CapacityExceeded
    );
    world.submit(&seller(), &sale("within", 10_000));
    let sold = position(&world, &seller(), "pcc-1", slot).position.sold_wh;
    assert_eq!(sold.get(), ROOM - 10_000);
}
