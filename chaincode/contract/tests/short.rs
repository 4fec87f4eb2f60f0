//! Who is short of a contract and what it costs, in the market's own profile: cases computed by hand.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say where"
)]

use der_market::id::{ContractId, ParticipantId, PointId};
use der_market::journal::sum;
use der_market::paper;
use der_market::parameters::{Prices, Profile};
use der_market::settlement::{Metered, Trade, TradeLine, settle};
use der_market::units::{Energy, Money, Ppm, Price};

fn participant(n: usize) -> ParticipantId {
    format!("M:u{n}").parse().unwrap()
}

fn point() -> PointId {
    PointId::new("p").unwrap()
}

fn trade(number: usize, buyer: usize, seller: usize, wh: u64, price: i64) -> Trade {
    Trade {
        contract: ContractId::new(format!("c{number}")).unwrap(),
        buyer: participant(buyer),
        buyer_point: point(),
        seller: participant(seller),
        seller_point: point(),
        energy_wh: Energy::new(wh).unwrap(),
        price: Price::new(price).unwrap(),
        tariff: Price::new(paper::TARIFF).unwrap(),
        profile: Profile::Market,
        band: Ppm::new(50_000).unwrap(),
    }
}

fn metered(n: usize, consumed: u64, injected: u64) -> Metered {
    Metered {
        participant: participant(n),
        point: point(),
        consumed_wh: Energy::new(consumed).unwrap(),
        injected_wh: Energy::new(injected).unwrap(),
        estimated: false,
    }
}

const FEED_IN: i128 = 400_000;
const RETAIL: i128 = 657_000;
const TAU: i128 = 20_000;

fn prices() -> Prices {
    paper::parameters().unwrap().prices
}

/// Of each contract: delivered, short of buyer and seller (Wh), penalties of buyer and seller (nyuan).
fn outcome(trades: &[Trade], metered: &[Metered]) -> Vec<(u64, u64, u64, i128, i128)> {
    let settled = settle(trades, metered, prices()).unwrap();
    assert_eq!(sum(settled.journal.postings()), Ok(Money::ZERO));
    let line = |line: &TradeLine| {
        (
            line.delivered_wh.get(),
            line.buyer_short_wh.get(),
            line.seller_short_wh.get(),
            line.buyer_penalty.get(),
            line.seller_penalty.get(),
        )
    };
    settled.trades.iter().map(line).collect()
}

/// One contract of 200 kWh at 0.55; the band of 5 % allows 10 kWh.
fn one_contract(consumed: u64, injected: u64) -> (u64, u64, u64, i128, i128) {
    let trades = [trade(0, 0, 1, 200_000, 550_000)];
    outcome(&trades, &[metered(0, consumed, 0), metered(1, 0, injected)])[0]
}

#[test]
fn only_the_side_that_is_short_is_held_to_it() {
    let (buyer, seller) = (550_000 - FEED_IN, RETAIL - 550_000 - TAU);
    assert_eq!(one_contract(150_000, 200_000), (150_000, 50_000, 0, 40_000 * buyer, 0));
    assert_eq!(one_contract(200_000, 150_000), (150_000, 0, 50_000, 0, 40_000 * seller));
    assert_eq!(
        one_contract(100_000, 150_000),
        (100_000, 100_000, 50_000, 90_000 * buyer, 40_000 * seller),
        "the seller is not short of what it could have given to a buyer who took less"
    );
    assert_eq!(one_contract(250_000, 300_000), (200_000, 0, 0, 0, 0));
}

#[test]
fn what_is_short_within_the_band_costs_nothing() {
    assert_eq!(one_contract(190_000, 200_000), (190_000, 10_000, 0, 0, 0));
    assert_eq!(one_contract(189_999, 200_000), (189_999, 10_001, 0, 150_000, 0));
    assert_eq!(one_contract(200_000, 189_999), (189_999, 0, 10_001, 0, 87_000));
    let small = outcome(&[trade(0, 0, 1, 19, 550_000)], &[metered(0, 18, 0), metered(1, 0, 19)]);
    assert_eq!(small, [(18, 1, 0, 150_000, 0)], "5 % of 19 Wh is floored to none");
}

#[test]
fn a_penalty_is_never_negative() {
    let at = |price| {
        let trades = [trade(0, 0, 1, 200_000, price)];
        let lines = outcome(&trades, &[metered(0, 0, 0), metered(1, 0, 0)]);
        (lines[0].3, lines[0].4)
    };
    assert_eq!(
        at(390_000),
        (0, 190_000 * (RETAIL - 390_000 - TAU)),
        "below the feed-in price"
    );
    assert_eq!(
        at(650_000),
        (190_000 * (650_000 - FEED_IN), 0),
        "above retail with the tariff"
    );
    assert_eq!(at(400_000).0, 0);
    assert_eq!(at(637_000).1, 0);
}

#[test]
fn a_buyer_s_shortness_falls_on_the_later_contracts() {
    let trades = [trade(0, 0, 1, 100_000, 550_000), trade(1, 0, 2, 100_000, 500_000)];
    let both = [metered(0, 150_000, 0), metered(1, 0, 100_000), metered(2, 0, 100_000)];
    assert_eq!(
        outcome(&trades, &both),
        [
            (100_000, 0, 0, 0, 0),
            (50_000, 50_000, 0, 45_000 * (500_000 - FEED_IN), 0)
        ]
    );
    let first_seller_fails = [metered(0, 150_000, 0), metered(1, 0, 0), metered(2, 0, 100_000)];
    assert_eq!(
        outcome(&trades, &first_seller_fails),
        [
            (0, 0, 100_000, 0, 95_000 * (RETAIL - 550_000 - TAU)),
            (100_000, 50_000, 0, 45_000 * (500_000 - FEED_IN), 0),
        ],
        "a seller's failure does not pay for what its buyer alone could not have taken"
    );
}

#[test]
fn a_seller_s_shortness_falls_on_the_later_contracts() {
    let trades = [trade(0, 0, 2, 100_000, 550_000), trade(1, 1, 2, 100_000, 500_000)];
    let both = [metered(0, 100_000, 0), metered(1, 100_000, 0), metered(2, 0, 120_000)];
    assert_eq!(
        outcome(&trades, &both),
        [
            (100_000, 0, 0, 0, 0),
            (20_000, 0, 80_000, 0, 75_000 * (RETAIL - 500_000 - TAU))
        ]
    );
    let first_buyer_fails = [metered(0, 0, 0), metered(1, 100_000, 0), metered(2, 0, 120_000)];
    assert_eq!(
        outcome(&trades, &first_buyer_fails),
        [
            (0, 100_000, 0, 95_000 * (550_000 - FEED_IN), 0),
            (100_000, 0, 80_000, 0, 75_000 * (RETAIL - 500_000 - TAU)),
        ]
    );
}
