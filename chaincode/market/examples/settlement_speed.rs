//! How long a slot takes to settle on one core, and how large its pages are:
//! `cargo run --release -p der-market --example settlement_speed`.
#![allow(clippy::disallowed_types, reason = "a stopwatch beside the library, not in it")]

use std::collections::BTreeMap;
use std::time::Instant;

use der_market::id::ContractId;
use der_market::paper;
use der_market::parameters::Profile;
use der_market::settlement::{
    Booked, Change, Metered, PAGE_WEIGHT, Place, PlacePrices, PointLine, Settled, Trade, TradeLine, allocate,
};
use der_market::units::{Energy, Price};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    println!(
        "{:>9} {:>9} {:>12} {:>12} {:>12} {:>6} {:>14} {:>14}",
        "contracts", "places", "allocate ms", "change ms", "book ms", "pages", "allotment kB", "largest page kB"
    );
    for contracts in [100, 1_000, 10_000, 100_000] {
        measure(contracts)?;
    }
    Ok(())
}

/// One contract in ten undoes part of an earlier one; each place has one meter.
fn measure(contracts: usize) -> Outcome<()> {
    let (trades, metered) = slot(contracts)?;
    let start = Instant::now();
    let allocation = allocate(&trades, &metered);
    let allocated = start.elapsed();
    let start = Instant::now();
    let pages = Booked::default().change_to(&trades, &allocation).pages(PAGE_WEIGHT);
    let changed = start.elapsed();
    let by_id: BTreeMap<&ContractId, &Trade> = trades.iter().map(|trade| (&trade.contract, trade)).collect();
    let start = Instant::now();
    let booked: Vec<Settled> = pages.iter().map(|page| book(page, &by_id)).collect::<Outcome<_>>()?;
    let booking = start.elapsed();
    let allotment: usize = pages
        .iter()
        .map(|page| serde_json::to_string(page).map(|text| text.len()))
        .sum::<Result<_, _>>()?;
    let largest = booked.iter().map(row_bytes).collect::<Outcome<Vec<_>>>()?;
    println!(
        "{:>9} {:>9} {:>12.1} {:>12.1} {:>12.1} {:>6} {:>14} {:>14}",
        contracts,
        allocation.places.len(),
        allocated.as_secs_f64() * 1e3,
        changed.as_secs_f64() * 1e3,
        booking.as_secs_f64() * 1e3,
        pages.len(),
        allotment / 1_000,
        largest.into_iter().max().unwrap_or_default() / 1_000,
    );
    Ok(())
}

/// Lines and postings of a page as its row has them, and the postings once more by account.
fn row_bytes(page: &Settled) -> Outcome<usize> {
    let lines = serde_json::to_string(&page.trades)?.len() + serde_json::to_string(&page.points)?.len();
    Ok(lines + 2 * serde_json::to_string(page.journal.postings())?.len())
}

fn book(page: &Change, trades: &BTreeMap<&ContractId, &Trade>) -> Outcome<Settled> {
    let prices = PlacePrices::from(paper::parameters()?.prices);
    let mut settled = Settled::default();
    for shift in &page.trades {
        if let (Some(trade), Some(dealt)) = (trades.get(&shift.contract), shift.after) {
            settled.book_trade(trade, TradeLine::new(trade, &dealt, &prices, &prices)?)?;
        }
    }
    for shift in &page.places {
        if let Some(rest) = shift.after {
            settled.book_point(PointLine::new(&shift.place, &rest, &prices)?)?;
        }
    }
    Ok(settled)
}

/// A small reproducible generator (Lehmer, modulus 2³¹ − 1).
struct Lehmer(u64);

impl Lehmer {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 % bound
    }
}

fn slot(contracts: usize) -> Outcome<(Vec<Trade>, Vec<Metered>)> {
    let mut random = Lehmer(1);
    let users = u64::try_from(contracts)?;
    let mut trades: Vec<Trade> = Vec::with_capacity(contracts);
    for number in 0..contracts {
        let (buyer, seller) = (
            place(2 * random.below(users / 2))?,
            place(2 * random.below(users / 2) + 1)?,
        );
        let (buyer, seller) = if number % 10 == 9 {
            (seller, buyer)
        } else {
            (buyer, seller)
        };
        trades.push(Trade {
            contract: ContractId::new(format!("1980000-{:05}", number + 1))?,
            buyer: buyer.participant,
            buyer_point: buyer.point,
            seller: seller.participant,
            seller_point: seller.point,
            energy_wh: Energy::new(100 + random.below(900))?,
            price: Price::new(450_000 + i64::try_from(random.below(100_000))?)?,
            tariff: Price::new(20_000)?,
            profile: Profile::Market,
            band: paper::parameters()?.band,
        });
    }
    let mut meter = |number| -> Outcome<Metered> {
        let Place { participant, point } = place(number)?;
        let wh = Energy::new(random.below(1_500))?;
        let buys = number % 2 == 0;
        Ok(Metered {
            participant,
            point,
            consumed_wh: if buys { wh } else { Energy::ZERO },
            injected_wh: if buys { Energy::ZERO } else { wh },
            estimated: false,
        })
    };
    let metered = (0..users).map(&mut meter).collect::<Outcome<_>>()?;
    Ok((trades, metered))
}

fn place(number: u64) -> Outcome<Place> {
    Ok(Place::new(
        format!("MicrogridMSP:prosumer-{number}").parse()?,
        format!("pcc-{:03}", number % 100).parse()?,
    ))
}
