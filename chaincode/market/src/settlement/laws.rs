//! What holds for every slot: covers, missing readings, estimates, corrections, splits.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::id::ContractId;
use crate::journal::{Account, Purpose, sum};
use crate::parameters::Profile;
use crate::units::{Money, Ppm, Price};

const USERS: usize = 5;

pub(super) fn participant(n: usize) -> ParticipantId {
    format!("M:u{n}").parse().unwrap()
}

pub(super) fn place(n: usize) -> Place {
    Place::new(participant(n), PointId::new("p").unwrap())
}

pub(super) fn energy(wh: u64) -> Energy {
    Energy::new(wh).unwrap()
}

/// Prices of a place: another pair for each user, and a price of its own for feed-in beyond a plan for every other.
pub(super) fn prices(place: &Place) -> PlacePrices {
    let number = i64::from(place.participant.user.as_str().as_bytes()[1] - b'0');
    let price = |value| Price::new(value).unwrap();
    let grid = Prices {
        retail: price(650_000 + 1_000 * number),
        feed_in: price(390_000 + 1_000 * number),
    };
    let over = (number % 2 == 0).then(|| Over {
        limit_wh: energy(100),
        price: price(200_000),
    });
    PlacePrices { grid, over }
}

/// Contracts as (buyer, seller, q, p); nobody buys from itself.
fn contracts() -> impl Strategy<Value = Vec<Trade>> {
    let row = (0..USERS, 1..USERS, 1..300_u64, 300_000..700_000_i64, any::<bool>());
    proptest::collection::vec(row, 0..14).prop_map(|rows| {
        let trade = |(number, (buyer, on, q, price, market))| {
            let mut trade = trade(number, buyer, (buyer + on) % USERS, q);
            trade.price = Price::new(price).unwrap();
            trade.profile = if market { Profile::Market } else { Profile::Paper };
            trade
        };
        rows.into_iter().enumerate().map(trade).collect()
    })
}

pub(super) fn trade(number: usize, buyer: usize, seller: usize, q: u64) -> Trade {
    Trade {
        contract: ContractId::new(format!("c{number:03}")).unwrap(),
        buyer: participant(buyer),
        buyer_point: place(buyer).point,
        seller: participant(seller),
        seller_point: place(seller).point,
        energy_wh: energy(q),
        price: Price::new(500_000).unwrap(),
        tariff: Price::new(20_000).unwrap(),
        profile: Profile::Market,
        band: Ppm::new(50_000).unwrap(),
    }
}

pub(super) fn metered(n: usize, consumed: u64, injected: u64) -> Metered {
    let Place { participant, point } = place(n);
    Metered {
        participant,
        point,
        consumed_wh: energy(consumed),
        injected_wh: energy(injected),
        estimated: false,
    }
}

fn meters() -> impl Strategy<Value = Vec<(u64, u64)>> {
    proptest::collection::vec((0..400_u64, 0..400_u64), USERS)
}

fn readings(meters: &[(u64, u64)]) -> Vec<Metered> {
    meters
        .iter()
        .enumerate()
        .map(|(n, (consumed, injected))| metered(n, *consumed, *injected))
        .collect()
}

/// Money by account and purpose, energy by branch, energy supplied by place.
type Totals = (BTreeMap<(Account, Purpose), i128>, Volume, BTreeMap<Place, i64>);

/// A ledger's books of one slot: pages, each built from its own part only.
#[derive(Default)]
pub(super) struct Books {
    booked: Booked,
    pub(super) pages: Vec<Settled>,
    /// Lines by page, as the page's row keeps them.
    supplied: BTreeMap<Place, i64>,
}

impl Books {
    /// Settles, or corrects: what differs is taken back and booked.
    pub(super) fn settle(&mut self, trades: &[Trade], metered: &[Metered], weight: usize) {
        let change = self.booked.change_to(trades, &allocate(trades, metered));
        if change.is_empty() {
            return;
        }
        for change in change.pages(weight) {
            let page = u32::try_from(self.pages.len()).unwrap();
            let settled = self.book(trades, &change);
            self.booked.add(page, &change);
            self.pages.push(settled);
        }
    }

    fn book(&mut self, trades: &[Trade], change: &Change) -> Settled {
        let mut settled = Settled::default();
        for shift in &change.trades {
            let trade = trades.iter().find(|trade| trade.contract == shift.contract).unwrap();
            if let Some(page) = shift.before {
                let line = self
                    .page(page)
                    .trades
                    .iter()
                    .find(|line| line.contract == trade.contract);
                settled.reverse_trade(trade, line.unwrap()).unwrap();
            }
            if let Some(dealt) = shift.after {
                let (buyer, seller) = (prices(&trade.taken_at()), prices(&trade.given_at()));
                let line = TradeLine::new(trade, &dealt, &buyer, &seller).unwrap();
                settled.book_trade(trade, line).unwrap();
            }
            assert_eq!(sum(settled.journal.postings()), Ok(Money::ZERO), "each line group");
        }
        for shift in &change.places {
            let (mut before, mut after) = (0, 0);
            if let Some(page) = shift.before {
                let at = |line: &&PointLine| Place::new(line.participant.clone(), line.point.clone()) == shift.place;
                let line = self.page(page).points.iter().find(at).unwrap().clone();
                settled.reverse_point(&line).unwrap();
                before = i64::try_from(line.injected_wh.get()).unwrap();
            }
            if let Some(rest) = shift.after {
                let line = PointLine::new(&shift.place, &rest, &prices(&shift.place)).unwrap();
                settled.book_point(line).unwrap();
                after = i64::try_from(rest.injected_wh.get()).unwrap();
            }
            *self.supplied.entry(shift.place.clone()).or_default() += after - before;
            assert_eq!(sum(settled.journal.postings()), Ok(Money::ZERO), "each line group");
        }
        settled
    }

    fn page(&self, page: u32) -> &Settled {
        &self.pages[usize::try_from(page).unwrap()]
    }

    pub(super) fn totals(&self) -> Totals {
        let mut money = BTreeMap::new();
        for posting in self.pages.iter().flat_map(|page| page.journal.postings()) {
            *money.entry((posting.account.clone(), posting.purpose)).or_insert(0) += posting.amount.get();
        }
        money.retain(|_, amount| *amount != 0);
        let all = |of: fn(&Settled) -> Volume| self.pages.iter().map(of).fold(Volume::default(), Volume::capped);
        let mut supplied = self.supplied.clone();
        supplied.retain(|_, wh| *wh != 0);
        (money, all(|page| page.volume).less(all(|page| page.reversed)), supplied)
    }
}

/// The books when every reading was right at once.
pub(super) fn at_once(trades: &[Trade], metered: &[Metered]) -> Books {
    let mut books = Books::default();
    books.settle(trades, metered, usize::MAX);
    books
}

proptest! {
    #[test]
    fn money_sums_to_zero_and_energy_balances(trades in contracts(), meters in meters()) {
        let allocation = allocate(&trades, &readings(&meters));
        prop_assert_eq!(allocation.places.len(), USERS);
        for (at, rest) in &allocation.places {
            prop_assert_eq!(
                rest.injected_wh.get() + rest.bought_wh.get() + rest.grid_supply_wh.get(),
                rest.consumed_wh.get() + rest.sold_wh.get() + rest.feed_in_wh.get(),
                "{:?}", at
            );
        }
        let all = |of: fn(&Rest) -> Energy| allocation.places.values().map(|rest| of(rest).get()).sum::<u64>();
        prop_assert_eq!(
            all(|rest| rest.injected_wh) + all(|rest| rest.grid_supply_wh),
            all(|rest| rest.consumed_wh) + all(|rest| rest.feed_in_wh)
        );
        let delivered: u64 = allocation.trades.iter().flatten().map(|dealt| dealt.delivered_wh.get()).sum();
        prop_assert_eq!(delivered, all(|rest| rest.bought_wh));
        prop_assert_eq!(delivered, all(|rest| rest.sold_wh));
        prop_assert_eq!(allocation.volume().direct_wh.get(), delivered);
        at_once(&trades, &readings(&meters));
    }

    #[test]
    fn nothing_is_delivered_beyond_its_contract_or_its_meters(trades in contracts(), meters in meters()) {
        let allocation = allocate(&trades, &readings(&meters));
        for (trade, dealt) in trades.iter().zip(allocation.trades.iter().flatten()) {
            prop_assert!(dealt.delivered_wh <= trade.energy_wh);
            prop_assert!(dealt.buyer_short_wh <= trade.energy_wh && dealt.seller_short_wh <= trade.energy_wh);
        }
        let mut moved: BTreeMap<Place, [u64; 4]> = BTreeMap::new();
        for step in sequence::sequence(&trades) {
            let wh = allocation.trades[step.place].unwrap().delivered_wh.get();
            let (covers, returns) = (usize::from(step.covers.is_some()), usize::from(step.returns.is_some()));
            moved.entry(step.trade.taken_at()).or_default()[covers] += wh;
            moved.entry(step.trade.given_at()).or_default()[2 + returns] += wh;
        }
        for (at, [bought, covered, sold, returned]) in moved {
            let rest = allocation.places[&at];
            prop_assert!(bought <= rest.consumed_wh.get() + returned, "what was metered, and what was sold back");
            prop_assert!(sold <= rest.injected_wh.get() + covered, "what was metered, and what covers brought");
        }
    }

    /// A trap others fell into: "settlement that depends on which reading came first".
    #[test]
    fn trap_which_reading_came_first(
        trades in contracts(),
        right in meters(),
        wrong in meters(),
        arrivals in proptest::collection::vec((0..USERS, any::<bool>(), any::<bool>()), 0..20),
        last in Just((0..USERS).collect::<Vec<_>>()).prop_shuffle(),
        weight in 1..20_usize,
    ) {
        let mut latest: BTreeMap<usize, Metered> = BTreeMap::new();
        let mut books = Books::default();
        for (user, estimated, settles) in arrivals {
            let (consumed, injected) = wrong[user];
            latest.insert(user, Metered { estimated, ..metered(user, consumed, injected) });
            if settles {
                books.settle(&trades, &latest.values().cloned().collect::<Vec<_>>(), weight);
            }
        }
        for user in last {
            latest.insert(user, metered(user, right[user].0, right[user].1));
            books.settle(&trades, &latest.values().cloned().collect::<Vec<_>>(), weight);
        }
        prop_assert_eq!(books.totals(), at_once(&trades, &readings(&right)).totals());
    }

    #[test]
    fn the_order_in_which_readings_stand_in_the_list_does_not_matter(
        trades in contracts(),
        meters in meters().prop_map(|meters| readings(&meters)),
        seed in any::<prop::sample::Index>(),
    ) {
        let mut turned = meters.clone();
        turned.rotate_left(seed.index(USERS));
        prop_assert_eq!(allocate(&trades, &meters), allocate(&trades, &turned));
    }

    #[test]
    fn splitting_a_contract_moves_the_same_energy_and_money(
        trades in contracts().prop_filter("one contract", |trades| !trades.is_empty()),
        meters in meters(),
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
    ) {
        let which = which.index(trades.len());
        let whole = trades[which].clone();
        prop_assume!(whole.energy_wh.get() > 1);
        let first = 1 + u64::try_from(at.index(usize::try_from(whole.energy_wh.get()).unwrap() - 1)).unwrap();
        let part = |name: &str, wh: u64| Trade {
            contract: ContractId::new(format!("{}{name}", whole.contract)).unwrap(),
            energy_wh: energy(wh),
            ..whole.clone()
        };
        let mut split = trades.clone();
        split.splice(which..=which, [part("a", first), part("b", whole.energy_wh.get() - first)]);
        let kinds = |list: &[Trade], skip: usize| {
            let mut steps = sequence::sequence(list);
            steps.sort_by_key(|step| step.place);
            let kind = |step: &sequence::Step<'_>| (step.covers.is_some(), step.returns.is_some());
            steps[which..which + skip].iter().map(kind).collect::<std::collections::BTreeSet<_>>()
        };
        prop_assume!(kinds(&trades, 1) == kinds(&split, 2), "a part that undoes a position which the whole exceeds is another contract");
        let (before, after) = (allocate(&trades, &readings(&meters)), allocate(&split, &readings(&meters)));
        prop_assert_eq!(&before.places, &after.places, "u, v, bought and sold");
        let both = |of: fn(&Dealt) -> Energy| {
            let part = |at: usize| of(after.trades[at].as_ref().unwrap()).get();
            (of(before.trades[which].as_ref().unwrap()).get(), part(which) + part(which + 1))
        };
        for (one, two) in [both(|d| d.delivered_wh), both(|d| d.buyer_short_wh), both(|d| d.seller_short_wh)] {
            prop_assert_eq!(one, two);
        }
        let others = |list: &[Option<Dealt>], skip: usize| {
            let mut list = list.to_vec();
            list.drain(which..which + skip);
            list
        };
        prop_assert_eq!(others(&before.trades, 1), others(&after.trades, 2), "nobody else notices");
    }

    /// A trap others fell into: "one broken meter blocking all".
    #[test]
    fn trap_one_broken_meter_blocking_all(trades in contracts(), meters in meters(), broken in 0..USERS) {
        let mut told = readings(&meters);
        told.remove(broken);
        let allocation = allocate(&trades, &told);
        for (trade, dealt) in trades.iter().zip(&allocation.trades) {
            let touched = [&trade.buyer, &trade.seller].contains(&&participant(broken));
            prop_assert_eq!(dealt.is_none(), touched);
        }
        let waits = |n: usize| {
            let both = |trade: &&Trade| [&trade.buyer, &trade.seller].contains(&&participant(n));
            trades.iter().filter(both).any(|trade| [&trade.buyer, &trade.seller].contains(&&participant(broken)))
        };
        for n in (0..USERS).filter(|n| *n != broken) {
            prop_assert_eq!(allocation.places.contains_key(&place(n)), !waits(n));
        }
    }
}

proptest! {
    /// A trap others fell into: "a flat imbalance price that can be gamed". Whoever contracts more than it can do never earns by it,
    /// at any prices with F ≤ p and p + τ ≤ R.
    #[test]
    fn trap_a_flat_imbalance_price(
        metered_wh in 0..1_000_u64, more in 1..1_000_u64, price in 395_000..620_000_i64, sells in any::<bool>(),
    ) {
        let net = |q: u64| {
            let mut trade = if sells { trade(0, 0, 1, q) } else { trade(0, 1, 0, q) };
            trade.price = Price::new(price).unwrap();
            let other = if sells { metered(0, q, 0) } else { metered(0, 0, q) };
            let mine = if sells { metered(1, 0, metered_wh) } else { metered(1, metered_wh, 0) };
            let (money, ..) = at_once(&[trade], &[other, mine]).totals();
            money.iter().filter(|((account, _), _)| *account == Account::Participant(participant(1))).map(|(_, n)| n).sum::<i128>()
        };
        prop_assert!(net(metered_wh + more) <= net(metered_wh), "over-contracting");
    }
}
