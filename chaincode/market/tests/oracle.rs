//! The rule written down again, pair by pair and without the engine's types, against the engine on random books.
//!
//! `DER_ORACLE_BOOKS=200000 cargo test --release -p der-market --test oracle` is the long run; `DER_ORACLE_SEED` starts it elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

mod books;

use std::cmp::Reverse;

use books::{Draw, Market};
use der_market::matching::{Fill, Lost, explain, match_book, sort_book, verify_fills};
use der_market::order::Order;
use der_market::parameters::PriceMode;
use der_market::participant::Side;
use der_market::units::{Energy, Price};
use sha2::{Digest as _, Sha256};

/// Bid, offer, Wh, p, τ.
type Trade = (usize, usize, u64, i64, i64);

impl Market {
    fn score(&self, bid: &Order, offer: &Order, d: i128, gap: i128) -> i128 {
        let mut entries: Vec<i128> = Vec::new();
        for (i, row) in self.distances.rows.iter().enumerate() {
            entries.extend(row[i + 1..].iter().map(|entry| i128::from(entry.get())));
        }
        entries.sort_unstable();
        let reference = if entries.is_empty() {
            1
        } else {
            entries[(entries.len() - 1) / 2]
        };
        let s_ref = i128::from(self.parameters.spread_reference.get());
        let (mine, theirs) = (self.merit(bid), self.merit(offer));
        let q = theirs.cleanliness.unwrap_or_else(|| offer.source.cleanliness());
        let w = self.parameters.weights;
        i128::from(w.distance) * (1_000_000 * reference / (d + reference))
            + i128::from(w.price) * (1_000_000 * s_ref / (gap + s_ref))
            + i128::from(w.cleanliness) * i128::from(q.get())
            + i128::from(w.stability) * i128::from(theirs.stability.get())
            + i128::from(w.credit) * i128::from(mine.credit.min(theirs.credit).get())
    }

    /// p* by trying every limit.
    fn uniform(&self, book: &[Order]) -> Option<i128> {
        let sells = |o: &&Order| o.side == Side::Seller;
        let mut limits: Vec<(bool, i128, i128)> = Vec::new();
        for order in book {
            let (price, energy) = (i128::from(order.price.get()), i128::from(order.energy_wh.get()));
            if order.side == Side::Seller {
                limits.push((true, price, energy));
                continue;
            }
            let reached = book.iter().filter(sells).filter_map(|offer| {
                let (d, tau) = self.way(order, offer)?;
                self.accepts(order, offer, d).then_some(tau)
            });
            limits.extend(reached.min().map(|tau| (false, price - tau, energy)));
        }
        let sum = |seller: bool, p: i128| -> i128 {
            let there = limits
                .iter()
                .filter(|(side, limit, _)| *side == seller && if seller { *limit <= p } else { *limit >= p });
            there.map(|(.., energy)| energy).sum()
        };
        let rank = |p: &i128| {
            (
                Reverse(sum(true, *p).min(sum(false, *p))),
                (sum(true, *p) - sum(false, *p)).abs(),
                *p,
            )
        };
        limits.iter().map(|(_, p, _)| *p).min_by_key(rank)
    }

    /// p where the pair may trade.
    fn price(&self, bid: &Order, offer: &Order, tau: i128, uniform: Option<i128>) -> Option<i128> {
        let (most, least) = (i128::from(bid.price.get()) - tau, i128::from(offer.price.get()));
        let agreed = |order: &Order| order.filters.as_ref().and_then(|filters| filters.agreed_price);
        let price = match self.parameters.price_mode {
            PriceMode::Uniform => uniform?,
            PriceMode::PayAsBid => most,
            PriceMode::PayAsOffer => least,
            _ if agreed(bid) != agreed(offer) => return None,
            _ => agreed(bid).map_or(least + (most - least).div_euclid(2), |price| price.get().into()),
        };
        (most >= least && (least..=most).contains(&price)).then_some(price)
    }

    fn tie(&self, order: &Order) -> Vec<u8> {
        let mut bytes = self.slot.get().to_be_bytes().to_vec();
        bytes.extend(order.participant.to_string().bytes());
        Sha256::digest(bytes).to_vec()
    }

    /// Every feasible pair, the best rank first, each filled as far as orders and rooms allow.
    fn oracle(&self, book: &[Order]) -> Vec<Trade> {
        let uniform = self.uniform(book);
        let mut pairs = Vec::new();
        for (i, bid) in book.iter().enumerate().filter(|(_, o)| o.side == Side::Buyer) {
            for (j, offer) in book.iter().enumerate().filter(|(_, o)| o.side == Side::Seller) {
                let Some((d, tau)) = self.way(bid, offer).filter(|(d, _)| self.accepts(bid, offer, *d)) else {
                    continue;
                };
                let Some(price) = self.price(bid, offer, tau, uniform) else {
                    continue;
                };
                let score = self.score(bid, offer, d, i128::from(bid.price.get() - offer.price.get()));
                let ties = (self.tie(offer), self.tie(bid), offer.order.clone(), bid.order.clone());
                pairs.push(((Reverse(score), ties), i, j, price, tau));
            }
        }
        pairs.sort();
        let (mut import, mut export): (Vec<u64>, Vec<u64>) = self.points.iter().map(|point| self.room(point)).unzip();
        let mut trades = Vec::new();
        let mut open: Vec<u64> = book.iter().map(|order| order.energy_wh.get()).collect();
        for (_, i, j, price, tau) in pairs {
            let (to, from) = (self.place(&book[i]), self.place(&book[j]));
            let room = if to == from {
                u64::MAX
            } else {
                import[to].min(export[from])
            };
            let x = open[i].min(open[j]).min(room);
            let least = [i, j].map(|k| book[k].min_wh.get().min(open[k]));
            if x == 0 || x < least[0] || x < least[1] {
                continue;
            }
            open[i] -= x;
            open[j] -= x;
            if to != from {
                import[to] -= x;
                export[from] -= x;
            }
            trades.push((i, j, x, i64::try_from(price).unwrap(), i64::try_from(tau).unwrap()));
        }
        trades
    }
}

/// Every order of the other side is a contract, a missed pair or barred; every contract is told; and what is said to stand in the way does.
fn check_explanations(market: &Market, book: &[Order], fills: &[Fill]) {
    for (place, order) in book.iter().enumerate() {
        let told = explain(book, &market.rules(), fills, u32::try_from(place).unwrap()).unwrap();
        let others = book.iter().filter(|other| other.side != order.side).count();
        let barred: u32 = told.barred.values().sum();
        assert_eq!(told.won.len() + told.missed_pairs as usize + barred as usize, others);
        let mine = (0_u32..)
            .zip(fills)
            .filter(|(_, f)| f.bid as usize == place || f.offer as usize == place);
        let mine: Vec<u32> = mine.map(|(rank, _)| rank).collect();
        assert_eq!(told.won.iter().map(|won| won.rank).collect::<Vec<_>>(), mine);
        for missed in &told.missed {
            match &missed.because {
                Lost::OwnFilled => assert_eq!(told.filled_wh, order.energy_wh),
                Lost::OtherFilled(by) => assert!(!by.is_empty(), "filled by nobody"),
                Lost::NoRoom { point, by } => {
                    let at = market.points.iter().find(|one| one.point == *point).unwrap();
                    let used: u64 = by.iter().map(|rank| fills[*rank as usize].energy_wh.get()).sum();
                    let (import, export) = market.room(at);
                    let inward = (order.side == Side::Buyer) == (order.point == *point);
                    let room = if inward { import } else { export };
                    assert_eq!(used, room, "the named fills use the whole room");
                }
                Lost::BelowMinimum { of, left_wh } => {
                    let of = book
                        .iter()
                        .find(|one| (&one.participant, &one.order) == (&of.participant, &of.order));
                    assert!(*left_wh < of.unwrap().min_wh, "the minimum is met");
                }
            }
        }
    }
}

fn told(fills: &[Fill]) -> Vec<Trade> {
    let told = |f: &Fill| {
        (
            f.bid as usize,
            f.offer as usize,
            f.energy_wh.get(),
            f.price.get(),
            f.tariff.get(),
        )
    };
    fills.iter().map(told).collect()
}

/// One fill removed, changed, doubled, moved or invented.
fn altered(draw: &mut Draw, book: &[Order], fills: &[Fill]) -> Vec<Fill> {
    let mut fills = fills.to_vec();
    let invented = || Fill {
        bid: 0,
        offer: u32::try_from(book.len()).unwrap(),
        energy_wh: Energy::new(1).unwrap(),
        price: Price::ZERO,
        tariff: Price::ZERO,
    };
    if fills.is_empty() {
        return vec![invented()];
    }
    let at = draw.below(fills.len() as u64) as usize;
    let fill = fills[at];
    match draw.below(7) {
        0 => drop(fills.remove(at)),
        1 => fills[at].energy_wh = Energy::new(fill.energy_wh.get() + 1).unwrap(),
        2 => fills[at].energy_wh = Energy::new(fill.energy_wh.get() - 1).unwrap(),
        3 => fills[at].price = Price::new(fill.price.get() + 1).unwrap(),
        4 => fills[at].tariff = Price::new(fill.tariff.get() - 1).unwrap(),
        5 => fills.insert(at, fill),
        _ if fills.len() > 1 => fills.rotate_left(1),
        _ => fills.push(invented()),
    }
    fills
}

#[allow(clippy::disallowed_methods, reason = "a test, not the market")]
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn the_engine_agrees_with_all_pairs() {
    let (count, seed) = (number("DER_ORACLE_BOOKS", 2_000), number("DER_ORACLE_SEED", 1));
    println!("{count} books from seed {seed}");
    let mut traded = 0_u64;
    for book_seed in seed..seed + count {
        let mut draw = Draw::new(book_seed);
        let market = Market::random(&mut draw);
        let mut book = market.book(&mut draw);
        sort_book(&mut book);
        let rules = market.rules();
        let fills = match_book(&book, &rules);
        assert_eq!(
            told(&fills),
            market.oracle(&book),
            "seed {book_seed}: {market:?} {book:?}"
        );
        market.check(&book, &fills);
        assert_eq!(verify_fills(&book, &rules, &fills), Ok(()), "seed {book_seed}");
        let other = altered(&mut draw, &book, &fills);
        assert!(
            verify_fills(&book, &rules, &other).is_err(),
            "seed {book_seed}: {other:?}"
        );
        check_explanations(&market, &book, &fills);
        let mut shuffled = draw.shuffled(&book);
        sort_book(&mut shuffled);
        assert_eq!(
            match_book(&shuffled, &rules),
            fills,
            "seed {book_seed}: the order of submission"
        );
        traded += u64::from(!fills.is_empty());
    }
    println!("{traded} of them with trades");
    assert!(traded * 2 > count, "most books must have trades to compare");
}
