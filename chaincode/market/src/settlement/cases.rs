//! Covers, sell-backs, missing and estimated readings: cases computed by hand.

use super::laws::{Books, at_once, metered, participant, place, prices, trade};
use super::*;
use crate::journal::{Account, Purpose};
use crate::units::Price;

/// Day-ahead sale of 100, cover of 40 bought intraday; the buyer of the cover made 60.
fn cover(made: u64, covered: u64) -> (Vec<Trade>, Vec<Metered>) {
    let trades = vec![trade(0, 0, 1, 100), trade(1, 1, 2, 40)];
    (
        trades,
        vec![metered(0, 100, 0), metered(1, 0, made), metered(2, 0, covered)],
    )
}

fn wh(allocation: &Allocation) -> Vec<(u64, u64, u64)> {
    let line = |dealt: &Option<Dealt>| {
        let dealt = dealt.unwrap();
        (
            dealt.delivered_wh.get(),
            dealt.buyer_short_wh.get(),
            dealt.seller_short_wh.get(),
        )
    };
    allocation.trades.iter().map(line).collect()
}

#[test]
fn a_cover_fills_what_the_earlier_sale_lacks() {
    let (trades, readings) = cover(60, 40);
    let allocation = allocate(&trades, &readings);
    assert_eq!(wh(&allocation), [(100, 0, 0), (40, 0, 0)]);
    let rest = allocation.places[&place(1)];
    assert_eq!((rest.bought_wh.get(), rest.sold_wh.get()), (40, 100));
    assert!(rest.grid_supply_wh.is_zero() && rest.feed_in_wh.is_zero());
}

#[test]
fn a_cover_that_is_not_needed_stays_with_its_seller() {
    let (trades, readings) = cover(70, 40);
    let allocation = allocate(&trades, &readings);
    assert_eq!(
        wh(&allocation),
        [(100, 0, 0), (30, 10, 0)],
        "the buyer alone could take 30"
    );
    assert_eq!(allocation.places[&place(2)].feed_in_wh.get(), 10);
}

#[test]
fn a_cover_that_fails_falls_on_the_earlier_sale_and_its_seller_pays_for_it() {
    let (trades, readings) = cover(60, 10);
    assert_eq!(wh(&allocate(&trades, &readings)), [(70, 0, 30), (10, 0, 30)]);
}

#[test]
fn a_sell_back_mirrors_a_cover() {
    let trades = [trade(0, 1, 0, 100), trade(1, 2, 1, 40)];
    let allocation = allocate(&trades, &[metered(0, 0, 100), metered(1, 60, 0), metered(2, 40, 0)]);
    assert_eq!(wh(&allocation), [(100, 0, 0), (40, 0, 0)]);
    let rest = allocation.places[&place(1)];
    assert_eq!((rest.bought_wh.get(), rest.sold_wh.get()), (100, 40));
    assert!(rest.grid_supply_wh.is_zero() && rest.feed_in_wh.is_zero());
}

#[test]
fn two_who_undo_their_own_contract_need_no_energy_for_it() {
    let trades = [trade(0, 1, 0, 100), trade(1, 0, 1, 40)];
    let allocation = allocate(&trades, &[metered(0, 0, 60), metered(1, 60, 0)]);
    assert_eq!(wh(&allocation), [(100, 0, 0), (40, 0, 0)]);
    assert!(
        allocation
            .places
            .values()
            .all(|rest| rest.grid_supply_wh.is_zero() && rest.feed_in_wh.is_zero())
    );
}

#[test]
fn the_latest_cover_comes_first() {
    let trades = [trade(0, 0, 1, 100), trade(1, 1, 2, 40), trade(2, 1, 3, 30)];
    let readings = [
        metered(0, 100, 0),
        metered(1, 0, 50),
        metered(2, 0, 40),
        metered(3, 0, 30),
    ];
    assert_eq!(
        wh(&allocate(&trades, &readings)),
        [(100, 0, 0), (20, 20, 0), (30, 0, 0)]
    );
}

/// A trap others fell into: "the same energy sold twice".
#[test]
fn trap_the_same_energy_sold_twice() {
    let trades = [trade(0, 0, 2, 100), trade(1, 1, 2, 100)];
    let allocation = allocate(&trades, &[metered(0, 100, 0), metered(1, 100, 0), metered(2, 0, 100)]);
    assert_eq!(wh(&allocation), [(100, 0, 0), (0, 0, 100)]);
    let sold_back = [
        trade(0, 1, 0, 50),
        trade(1, 2, 1, 50),
        trade(2, 3, 1, 70),
        trade(3, 1, 4, 70),
    ];
    let readings = [
        metered(0, 0, 50),
        metered(1, 0, 70),
        metered(2, 50, 0),
        metered(3, 70, 0),
        metered(4, 0, 70),
    ];
    let allocation = allocate(&sold_back, &readings);
    assert_eq!(
        wh(&allocation)[3],
        (0, 70, 0),
        "energy sold back is not owed a second time from what is injected"
    );
    assert!(allocation.places[&place(1)].feed_in_wh.is_zero());
}

/// A trap others fell into: "sign of a deviation".
#[test]
fn trap_the_sign_of_a_deviation() {
    let settled = |consumed, injected| {
        let trades = [trade(0, 0, 1, 100)];
        let mut books = Books::default();
        books.settle(&trades, &[metered(0, consumed, 0), metered(1, 0, injected)], usize::MAX);
        let line = books.pages[0].trades[0].clone();
        let rest = |n: usize| {
            let point = &books.pages[0].points[n];
            (point.grid_supply_wh.get(), point.feed_in_wh.get())
        };
        (
            line.buyer_penalty.get() > 0,
            line.seller_penalty.get() > 0,
            rest(0),
            rest(1),
        )
    };
    assert_eq!(
        settled(120, 100),
        (false, false, (20, 0), (0, 0)),
        "more consumed: bought from the grid"
    );
    assert_eq!(
        settled(80, 100),
        (true, false, (0, 0), (0, 20)),
        "less consumed: the buyer is short"
    );
    assert_eq!(
        settled(100, 120),
        (false, false, (0, 0), (0, 20)),
        "more injected: fed in"
    );
    assert_eq!(
        settled(100, 80),
        (false, true, (20, 0), (0, 0)),
        "less injected: the seller is short"
    );
}

/// A trap others fell into: "who pays the network fee".
#[test]
fn trap_who_pays_the_network_fee() {
    let mut trades = vec![trade(0, 0, 1, 100), trade(1, 0, 2, 100)];
    trades[1].tariff = Price::new(60_000).unwrap();
    let (money, ..) = at_once(&trades, &[metered(0, 150, 0), metered(1, 0, 100), metered(2, 0, 100)]).totals();
    let fee = 100 * 20_000 + 50 * 60_000;
    let tariff = |account: Account| money.get(&(account, Purpose::Tariff)).copied();
    assert_eq!(
        tariff(Account::Grid),
        Some(fee),
        "on what was delivered, each at its own, never averaged"
    );
    assert_eq!(tariff(Account::Participant(participant(0))), Some(-fee));
    assert_eq!(
        tariff(Account::Participant(participant(1))),
        None,
        "the seller is untouched"
    );
    assert_eq!(tariff(Account::Retail), None, "grid and retail accounts are apart");
}

#[test]
fn feed_in_beyond_the_plan_has_its_own_price() {
    let line = PointLine::new(
        &place(0),
        &allocate(&[], &[metered(0, 0, 130)]).places[&place(0)],
        &prices(&place(0)),
    );
    assert_eq!(line.unwrap().feed_in_revenue.get(), 100 * 390_000 + 30 * 200_000);
}

#[test]
fn an_estimate_marks_its_own_line_and_whatever_it_moved() {
    let (trades, mut readings) = cover(60, 10);
    readings[2].estimated = true;
    let allocation = allocate(&trades, &readings);
    let marks = |n: usize| {
        let dealt = allocation.trades[n].unwrap();
        (dealt.buyer_estimated, dealt.seller_estimated)
    };
    assert_eq!(marks(1), (false, true));
    assert_eq!(marks(0), (false, true), "short for a cover that was only estimated");
    assert!(allocation.places[&place(2)].estimated && !allocation.places[&place(1)].estimated);
}

#[test]
fn a_pending_contract_keeps_its_energy_on_the_other_side() {
    let trades = [trade(0, 0, 2, 100), trade(1, 1, 2, 100)];
    let allocation = allocate(&trades, &[metered(1, 100, 0), metered(2, 0, 120)]);
    assert_eq!(allocation.trades[0], None);
    assert_eq!(
        allocation.trades[1].unwrap().delivered_wh.get(),
        20,
        "100 are kept for the first"
    );
    assert_eq!(
        allocation.places.keys().collect::<Vec<_>>(),
        [&place(1)],
        "no u, v of who waits"
    );
    assert_eq!(allocation.missing.iter().collect::<Vec<_>>(), [&place(0)]);
}

#[test]
fn totals_beyond_the_unit_stop_nothing() {
    let most = Energy::MOST.get();
    let allocation = allocate(&[], &[metered(0, most, 0), metered(0, most, 0), metered(1, most, 0)]);
    assert_eq!(allocation.places[&place(0)].consumed_wh, Energy::MOST);
    assert_eq!(allocation.volume().grid_supply_wh, Energy::MOST);
}

#[test]
fn a_change_survives_its_wire_and_its_pages() {
    let (trades, readings) = cover(60, 10);
    let change = Booked::default().change_to(&trades, &allocate(&trades, &readings));
    let wire = serde_json::to_string(&change).unwrap();
    assert_eq!(
        wire,
        r#"{"trades":[["c000",null,[70,0,30,0]],["c001",null,[10,0,30,0]]],"places":[["M:u0","p",null,[100,0,70,0,30,0,0]],["M:u1","p",null,[0,60,10,70,0,0,0]],["M:u2","p",null,[0,10,0,10,0,0,0]]]}"#
    );
    assert_eq!(serde_json::from_str::<Change>(&wire).unwrap(), change);
    let sizes = |weight| {
        let pages = change.clone().pages(weight);
        pages
            .iter()
            .map(|page| (page.trades.len(), page.places.len()))
            .collect::<Vec<_>>()
    };
    assert_eq!(sizes(7), [(2, 3)]);
    assert_eq!(sizes(5), [(2, 1), (0, 2)]);
    assert_eq!(
        sizes(1),
        [(1, 0), (1, 0), (0, 1), (0, 1), (0, 1)],
        "a line is never cut"
    );
    assert_eq!(Change::default().pages(5), [Change::default()]);
}
