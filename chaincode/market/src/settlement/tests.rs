use std::cmp::Reverse;

use proptest::prelude::*;

use super::*;
use crate::id::ContractId;
use crate::journal::{Account, sum};
use crate::paper;
use crate::parameters::Profile;
use crate::units::{Money, Ppm, Price};

fn participant(n: usize) -> ParticipantId {
    format!("M:u{n}").parse().unwrap()
}

fn point() -> PointId {
    PointId::new("p").unwrap()
}

fn energy(wh: u64) -> Energy {
    Energy::new(wh).unwrap()
}

fn trade(number: usize, buyer: usize, seller: usize, wh: u64, price: i64) -> Trade {
    Trade {
        contract: ContractId::new(format!("c{number}")).unwrap(),
        buyer: participant(buyer),
        buyer_point: point(),
        seller: participant(seller),
        seller_point: point(),
        energy_wh: energy(wh),
        price: Price::new(price).unwrap(),
        tariff: Price::new(paper::TARIFF).unwrap(),
        profile: Profile::Paper,
        band: Ppm::new(50_000).unwrap(),
    }
}

fn metered(n: usize, consumed: u64, injected: u64) -> Metered {
    Metered {
        participant: participant(n),
        point: point(),
        consumed_wh: energy(consumed),
        injected_wh: energy(injected),
        estimated: false,
    }
}

fn penalised(trade: Trade) -> Trade {
    Trade {
        profile: Profile::Market,
        ..trade
    }
}

fn prices() -> Prices {
    paper::parameters().unwrap().prices
}

#[test]
fn table_1_gives_table_2_to_the_nyuan() {
    let mut total = Volume::default();
    for case in paper::CASES {
        let trades = [trade(0, 0, 1, paper::CONTRACT_WH, case.price)];
        let readings = [metered(0, case.consumed_wh, 0), metered(1, 0, case.generated_wh)];
        let settled = settle(&trades, &readings, prices()).unwrap();
        let net = |account| settled.journal.net(&account).unwrap().get();
        let company = net(Account::Grid) + net(Account::Retail);
        assert_eq!(
            net(Account::Participant(participant(0))),
            -case.buyer_pays,
            "test {}",
            case.number
        );
        assert_eq!(
            net(Account::Participant(participant(1))),
            case.generator_gets,
            "test {}",
            case.number
        );
        assert_eq!(company, case.company_nets, "test {}", case.number);
        assert_eq!(settled.volume.branches(), case.branches.iter().copied().collect());
        total = total.plus(settled.volume).unwrap();
        assert_eq!(total.traded().unwrap().get(), case.volume_wh, "test {}", case.number);
    }
}

#[test]
fn a_short_side_pays_the_other_beyond_the_band() {
    let trades = [penalised(trade(0, 0, 1, 200_000, 550_000))];
    let settled = settle(&trades, &[metered(0, 180_000, 0), metered(1, 0, 150_000)], prices()).unwrap();
    let line = &settled.trades[0];
    assert_eq!(
        (line.buyer_short_wh.get(), line.seller_short_wh.get()),
        (20_000, 50_000),
        "each by what it alone missed"
    );
    assert_eq!(line.buyer_penalty.get(), 10_000 * (550_000 - 400_000));
    assert_eq!(line.seller_penalty.get(), 40_000 * (657_000 - 550_000 - 20_000));
    assert_eq!(sum(settled.journal.postings()), Ok(Money::ZERO));
}

#[test]
fn a_party_without_a_reading_is_named() {
    let refused = settle(&[trade(0, 0, 1, 1, 1)], &[metered(0, 1, 0)], prices());
    assert_eq!(refused, Err(SettlementError::ReadingMissing(participant(1), point())));
}

#[test]
fn readings_without_contracts_settle_with_the_grid_alone() {
    let settled = settle(&[], &[metered(0, 10, 3)], prices()).unwrap();
    let net = settled
        .journal
        .net(&Account::Participant(participant(0)))
        .unwrap()
        .get();
    assert_eq!(net, 3 * 400_000 - 10 * 657_000);
}

proptest! {
    #[test]
    fn money_sums_to_zero_and_energy_is_accounted_for(
        rows in proptest::collection::vec((0..3_usize, 3..6_usize, 0..1_000_u64, -900_000_000..900_000_000_i64), 0..10),
        meters in proptest::collection::vec((0..2_000_u64, 0..2_000_u64), 6),
        market in any::<bool>(),
    ) {
        let trades: Vec<Trade> = rows.iter().enumerate().map(|(n, (b, s, q, p))| {
            let trade = trade(n, *b, *s, *q, *p);
            if market { penalised(trade) } else { trade }
        }).collect();
        let mut readings: Vec<Metered> = meters.iter().enumerate().map(|(n, (c, g))| metered(n, *c, *g)).collect();
        let settled = settle(&trades, &readings, prices()).unwrap();
        prop_assert_eq!(sum(settled.journal.postings()), Ok(Money::ZERO));
        for line in &settled.points {
            prop_assert_eq!(line.bought_wh.get() + line.grid_supply_wh.get(), line.consumed_wh.get());
            prop_assert_eq!(line.sold_wh.get() + line.feed_in_wh.get(), line.injected_wh.get());
        }
        for line in &settled.trades {
            prop_assert!(line.delivered_wh <= line.energy_wh);
        }
        for (n, (consumed, injected)) in meters.iter().enumerate() {
            let lines = || trades.iter().zip(&settled.trades);
            let bought = lines().filter(|(t, _)| t.buyer == participant(n));
            let sold = lines().filter(|(t, _)| t.seller == participant(n));
            let quantity: u64 = bought.clone().chain(sold.clone()).map(|(t, _)| t.energy_wh.get()).sum();
            let short: u64 = bought.map(|(_, l)| l.buyer_short_wh.get()).chain(sold.map(|(_, l)| l.seller_short_wh.get())).sum();
            let metered = if n < 3 { consumed } else { injected };
            prop_assert_eq!(short, quantity.saturating_sub(*metered), "one-sided: the counterparty plays no part");
        }
        readings.sort_by_key(|entry| Reverse(entry.participant.clone()));
        prop_assert_eq!(settle(&trades, &readings, prices()).unwrap(), settled, "whichever reading came first");
    }
}
