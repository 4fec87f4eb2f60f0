//! A slot's auctions: the day-ahead one, then intraday ones, into one plan and one settlement.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod rooms;
mod silence;
#[path = "../world/mod.rs"]
mod world;

use der_api::ErrorCode;
use der_api::reply::{ContractStatus, PositionView, Stage};
use der_api::request::*;
use der_api::version::Content;
use der_contract::Caller;
use der_market::forecast::Forecast;
use der_market::session::SessionRules;
use der_market::slot::{Auction, Slot};
use world::*;

fn round(slot: Slot, round: u8) -> Auction {
    Auction::new(slot, round).unwrap()
}

fn trade(world: &mut World, auction: Auction, sold: u64, bought: u64) -> Vec<der_market::id::ContractId> {
    world.submit(&operator(), &OpenSlot { slot: auction });
    if !auction.is_day_ahead() {
        let before =
            |world: &World, user: &Caller, point: &str| position(world, user, point, auction.slot).position.net();
        let (has_sold, has_bought) = (before(world, &seller(), "pcc-1"), -before(world, &buyer(), "pcc-2"));
        let more = |had: i64, wh: u64| u64::try_from(had).unwrap() + wh;
        forecast(world, &seller(), "pcc-1", auction.slot, &[(more(has_sold, sold), 0)]);
        forecast(world, &buyer(), "pcc-2", auction.slot, &[(0, more(has_bought, bought))]);
    }
    let order = format!("r{}", auction.round);
    if sold > 0 {
        let sale = offer(auction.slot, &format!("{order}-sale"), sold, 400_000);
        world.submit(&seller(), &PostOffer { slot: auction, ..sale });
    }
    if bought > 0 {
        let need = bid(auction.slot, &format!("{order}-need"), bought, 500_000);
        world.submit(&buyer(), &PostBid { slot: auction, ..need });
    }
    world.submit(&operator(), &CloseGate { slot: auction });
    world.submit(&operator(), &SealBook { slot: auction });
    world.submit(&operator(), &Clear { slot: auction }).contracts
}

fn sign(world: &mut World, user: &Caller, auction: Auction, contract: &der_market::id::ContractId) {
    let confirmation = world.confirmation_in(user, auction, contract);
    world.submit(user, &confirmation);
}

fn sign_both(world: &mut World, auction: Auction, contract: &der_market::id::ContractId) {
    sign(world, &seller(), auction, contract);
    sign(world, &buyer(), auction, contract);
}

#[test]
fn refused_energy_returns_to_the_next_auction_and_one_plan_holds_all() {
    let mut world = whole_market();
    let slot = slot(0);
    let contracts = trade(&mut world, slot.into(), 100_000, 100_000);
    sign(&mut world, &seller(), slot.into(), &contracts[0]);
    world.submit(
        &buyer(),
        &Refuse {
            slot: slot.into(),
            contract: contracts[0].clone(),
            participant: None,
        },
    );
    let ended = world.submit(&operator(), &EndConfirmation { slot: slot.into() });
    assert_eq!((ended.confirmed.len(), ended.lapsed.len()), (0, 1));
    assert_eq!(world.query(&QuerySlot { slot: slot.into() }).stage, Stage::Ended);

    let first = round(slot, 1);
    let again = trade(&mut world, first, 100_000, 60_000);
    sign_both(&mut world, first, &again[0]);
    let stages: Vec<Stage> = world
        .query(&QueryAuctions { slot })
        .auctions
        .iter()
        .map(|one| one.stage)
        .collect();
    assert_eq!(stages, [Stage::Ended, Stage::Matched]);
    let plan = world.submit(&operator(), &Plan { slot });
    let lines: Vec<_> = plan
        .lines
        .iter()
        .map(|line| {
            (
                line.order.as_str(),
                line.direct_wh.get(),
                line.grid_wh.get() + line.left_wh.get(),
            )
        })
        .collect();
    let name = |text: &str| format!("{text}-{slot}");
    assert_eq!(
        lines,
        [
            (name("r0-sale").as_str(), 0, 0),
            (name("r0-need").as_str(), 0, 0),
            (name("r1-sale").as_str(), 60_000, 40_000),
            (name("r1-need").as_str(), 60_000, 0),
        ],
        "what went on to the later auction is planned there and only there"
    );
    let view = world.query(&QueryContract {
        slot: slot.into(),
        contract: contracts[0].clone(),
    });
    assert_eq!(view.status, ContractStatus::Refused);
}

#[test]
fn one_settlement_takes_the_contracts_of_all_auctions() {
    let mut world = whole_market();
    let slot = slot(0);
    for (round, energy) in [(0, 50_000), (1, 30_000), (2, 20_000)] {
        let auction = Auction::new(slot, round).unwrap();
        let contracts = trade(&mut world, auction, energy, energy);
        sign_both(&mut world, auction, &contracts[0]);
        if round < 2 {
            world.submit(&operator(), &EndConfirmation { slot: auction });
        }
    }
    world.submit(&operator(), &Plan { slot });
    let readings = vec![
        reading("meter-1", slot, 0, 100_000, 1),
        reading("meter-2", slot, 90_000, 0, 1),
    ];
    world.submit(&metering(), &RecordReadings { readings });
    let settled = world.submit(&operator(), &Settle { slot });
    let delivered: Vec<_> = settled
        .trades
        .iter()
        .map(|trade| (trade.contract.to_string(), trade.delivered_wh.get()))
        .collect();
    assert_eq!(
        delivered,
        [
            (format!("{slot}-00001"), 50_000),
            (format!("{slot}.1-00001"), 30_000),
            (format!("{slot}.2-00001"), 10_000),
        ],
        "stage, gate, rank: the latest is short"
    );
    assert_eq!(settled.volume.grid_supply_wh.get(), 0);
}

#[test]
fn auctions_follow_one_another() {
    let mut world = whole_market();
    let slot = slot(0);
    let out_of_turn = |world: &World, auction| {
        assert_eq!(
            world.refusal(&operator(), &OpenSlot { slot: auction }),
            ErrorCode::AuctionOutOfTurn
        );
    };
    out_of_turn(&world, round(slot, 1));
    trade(&mut world, slot.into(), 10_000, 10_000);
    out_of_turn(&world, round(slot, 1));
    world.submit(&operator(), &EndConfirmation { slot: slot.into() });
    assert_eq!(
        world.refusal(&operator(), &EndConfirmation { slot: slot.into() }),
        ErrorCode::WrongStage
    );
    out_of_turn(&world, round(slot, 2));
    world.submit(&operator(), &OpenSlot { slot: round(slot, 1) });
    assert_eq!(
        world.refusal(&operator(), &Plan { slot }),
        ErrorCode::WrongStage,
        "a book is open"
    );
    assert_eq!(
        world.refusal(&operator(), &EndConfirmation { slot: round(slot, 1) }),
        ErrorCode::WrongStage
    );
    world.submit(&operator(), &CloseGate { slot: round(slot, 1) });
    world.submit(&operator(), &SealBook { slot: round(slot, 1) });
    world.submit(&operator(), &Clear { slot: round(slot, 1) });
    world.submit(&operator(), &Plan { slot });
    out_of_turn(&world, round(slot, 2));
    assert_eq!(
        world.refusal(&operator(), &EndConfirmation { slot: round(slot, 1) }),
        ErrorCode::WrongStage
    );
}

#[test]
fn nobody_answers_once_confirmation_has_ended() {
    let mut world = whole_market();
    let slot = slot(0);
    let contracts = trade(&mut world, slot.into(), 10_000, 10_000);
    let late = world.confirmation(&buyer(), slot, &contracts[0]);
    world.submit(&operator(), &EndConfirmation { slot: slot.into() });
    assert_eq!(world.refusal(&buyer(), &late), ErrorCode::ContractClosed);
    let view = world.query(&QueryContract {
        slot: slot.into(),
        contract: contracts[0].clone(),
    });
    assert_eq!(view.status, ContractStatus::Expired);
}

#[test]
fn a_slot_with_one_auction_is_planned_in_one_step_and_alike() {
    let mut old = World::ready();
    let mut new = whole_market();
    for world in [&mut old, &mut new] {
        let contracts = trade(world, slot(0).into(), 80_000, 60_000);
        sign_both(world, slot(0).into(), &contracts[0]);
    }
    let plan = Plan { slot: slot(0) };
    assert_eq!(old.decide(&operator(), &plan), new.decide(&operator(), &plan));
}

fn forecast(world: &mut World, user: &Caller, point: &str, first: Slot, nets: &[(u64, u64)]) {
    let forecasts = nets
        .iter()
        .map(|(generation, load)| Forecast {
            generation_wh: energy(*generation),
            load_wh: energy(*load),
        })
        .collect();
    world.submit(
        user,
        &PostForecast {
            point: id(point),
            first,
            forecasts,
        },
    );
}

fn position(world: &World, user: &Caller, point: &str, slot: Slot) -> PositionView {
    world.query(&QueryPosition {
        participant: participant(user),
        point: id(point),
        slot,
    })
}

fn intraday_bid(slot: Slot, order: &str, wh: u64) -> PostBid {
    PostBid {
        point: id("pcc-1"),
        slot: round(slot, 1),
        ..bid(slot, order, wh, 500_000)
    }
}

/// A seller that has sold 100 kWh day-ahead by contract; its first intraday auction is open.
fn sold_day_ahead(slot: Slot) -> World {
    let mut world = whole_market();
    forecast(&mut world, &seller(), "pcc-1", slot, &[(120_000, 20_000)]);
    let contracts = trade(&mut world, slot.into(), 100_000, 100_000);
    sign_both(&mut world, slot.into(), &contracts[0]);
    world.submit(&operator(), &EndConfirmation { slot: slot.into() });
    world.submit(&operator(), &OpenSlot { slot: round(slot, 1) });
    world
}

#[test]
fn day_ahead_sales_keep_within_the_forecast_net() {
    let mut world = whole_market();
    let slot = slot(0);
    world.submit(&operator(), &OpenSlot { slot: slot.into() });
    forecast(&mut world, &seller(), "pcc-1", slot, &[(90_000, 20_000)]);
    let sale = |name: &str, wh| offer(slot, name, wh, 400_000);
    assert_eq!(world.refusal(&seller(), &sale("a", 70_001)), ErrorCode::BeyondForecast);
    world.submit(&seller(), &sale("a", 40_000));
    assert_eq!(world.refusal(&seller(), &sale("b", 30_001)), ErrorCode::BeyondForecast);
    world.submit(&seller(), &sale("b", 30_000));
    let less = PostForecast {
        point: id("pcc-1"),
        first: slot,
        forecasts: vec![Forecast {
            generation_wh: energy(80_000),
            load_wh: energy(20_000),
        }],
    };
    assert_eq!(
        world.refusal(&seller(), &less),
        ErrorCode::BeyondForecast,
        "open offers stand"
    );
}

#[test]
fn days_of_92_96_and_100_slots_are_forecast_in_one_batch() {
    let mut world = whole_market();
    for slots in [92, 96, 100] {
        forecast(&mut world, &seller(), "pcc-1", slot(0), &vec![(5_000, 1_000); slots]);
        let last = slot(u64::try_from(slots).unwrap() - 1);
        assert_eq!(position(&world, &seller(), "pcc-1", last).deviation_wh, Some(4_000));
    }
    let request = |slots: usize| PostForecast {
        point: id("pcc-1"),
        first: slot(0),
        forecasts: vec![
            Forecast {
                generation_wh: energy(1),
                load_wh: energy(0)
            };
            slots
        ],
    };
    assert_eq!(world.refusal(&seller(), &request(101)), ErrorCode::TooManyItems);
    assert_eq!(world.refusal(&seller(), &request(0)), ErrorCode::EmptyBatch);
    let elsewhere = PostForecast {
        point: id("pcc-2"),
        ..request(1)
    };
    assert_eq!(world.refusal(&seller(), &elsewhere), ErrorCode::NotConnectedHere);
    world.submit(&operator(), &OpenSlot { slot: slot(0).into() });
    world.close_and_clear(slot(0));
    world.submit(&operator(), &Plan { slot: slot(0) });
    assert_eq!(world.refusal(&seller(), &request(1)), ErrorCode::ForecastTooLate);
}

#[test]
fn intraday_trades_the_deviation_and_leaves_the_day_ahead_contract() {
    let slot = slot(0);
    let mut world = sold_day_ahead(slot);
    let day_ahead = QueryContract {
        slot: slot.into(),
        contract: id(&format!("{slot}-00001")),
    };
    let before = world.query(&day_ahead);
    forecast(&mut world, &seller(), "pcc-1", slot, &[(90_000, 20_000)]);
    let view = position(&world, &seller(), "pcc-1", slot);
    assert_eq!(
        (view.deviation_wh, view.position.day_ahead_wh),
        (Some(-30_000), 100_000)
    );
    assert_eq!(view.day_ahead.unwrap().net(), 100_000, "the day-ahead forecast stays");
    let sale = PostOffer {
        slot: round(slot, 1),
        ..offer(slot, "more", 1, 400_000)
    };
    assert_eq!(world.refusal(&seller(), &sale), ErrorCode::BeyondForecast);
    assert_eq!(
        world.refusal(&seller(), &intraday_bid(slot, "back", 30_001)),
        ErrorCode::BeyondForecast
    );
    world.submit(&seller(), &intraday_bid(slot, "back", 30_000));
    assert_eq!(
        world.refusal(
            &buyer(),
            &PostOffer {
                point: id("pcc-2"),
                ..sale
            }
        ),
        ErrorCode::ForecastMissing
    );
    forecast(&mut world, &buyer(), "pcc-2", slot, &[(0, 70_000)]);
    let surplus = PostOffer {
        point: id("pcc-2"),
        slot: round(slot, 1),
        ..offer(slot, "surplus", 30_000, 300_000)
    };
    world.submit(&buyer(), &surplus);
    world.submit(&operator(), &CloseGate { slot: round(slot, 1) });
    world.submit(&operator(), &SealBook { slot: round(slot, 1) });
    let cover = world
        .submit(&operator(), &Clear { slot: round(slot, 1) })
        .contracts
        .remove(0);
    sign_both(&mut world, round(slot, 1), &cover);
    world.submit(&operator(), &Plan { slot });
    let net = |world: &World, user, point| position(world, user, point, slot).position;
    let (sold, bought) = (net(&world, &seller(), "pcc-1"), net(&world, &buyer(), "pcc-2"));
    assert_eq!(
        (sold.day_ahead_wh, sold.intraday_wh, sold.net()),
        (100_000, -30_000, 70_000)
    );
    assert_eq!(
        (bought.day_ahead_wh, bought.intraday_wh, bought.net()),
        (-100_000, 30_000, -70_000)
    );
    assert_eq!(
        world.query(&day_ahead),
        before,
        "the day-ahead contract is never rewritten"
    );
}

#[test]
fn an_intraday_order_that_crosses_the_position_is_split() {
    let slot = slot(0);
    let mut world = sold_day_ahead(slot);
    forecast(&mut world, &seller(), "pcc-1", slot, &[(0, 40_000)]);
    assert_eq!(
        world.refusal(&seller(), &intraday_bid(slot, "all", 140_000)),
        ErrorCode::OrderCrossesPosition
    );
    world.submit(&seller(), &intraday_bid(slot, "cover", 100_000));
    world.submit(&seller(), &intraday_bid(slot, "rest", 40_000));
}
