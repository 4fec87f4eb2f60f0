use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::grid::{Distances, Point};
use crate::id::{OrderId, ParticipantId, PointId};
use crate::merit::Merits;
use crate::paper;
use crate::parameters::{Parameters, PriceMode, Weights};
use crate::participant::{Side, Source};
use crate::slot::Slot;
use crate::units::{Distance, Power};

const POINTS: [&str; 3] = ["p0", "p1", "p2"];

static NONE: Merits = Merits::new();

struct World {
    parameters: Parameters,
    distances: Distances,
    points: Vec<Point>,
}

impl World {
    fn new(capacity_w: u64) -> Self {
        let d = |v: u32| Distance::new(v).unwrap();
        let id = |name: &str| PointId::new(name).unwrap();
        Self {
            parameters: paper::parameters().unwrap(),
            distances: Distances {
                points: POINTS.map(id).to_vec(),
                rows: vec![
                    vec![d(1), d(10), d(40)],
                    vec![d(10), d(1), d(25)],
                    vec![d(40), d(25), d(1)],
                ],
                reference_mohm: None,
            },
            points: POINTS
                .map(|name| Point {
                    point: id(name),
                    capacity_w: Power::new(capacity_w).unwrap(),
                    area: id("a"),
                    level: 0,
                })
                .to_vec(),
        }
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            slot: Slot::new(7).unwrap(),
            parameters: &self.parameters,
            distances: &self.distances,
            points: &self.points,
            merits: &NONE,
            used: &[],
            book_limit: 14,
        }
    }
}

fn order(user: u8, order: u8, side: Side, point: usize, energy: u64, min: u64, price: i64) -> Order {
    Order {
        participant: format!("M:u{user}").parse::<ParticipantId>().unwrap(),
        order: OrderId::new(format!("o{order}")).unwrap(),
        side,
        point: PointId::new(POINTS[point]).unwrap(),
        energy_wh: Energy::new(energy).unwrap(),
        min_wh: Energy::new(min).unwrap(),
        price: Price::new(price).unwrap(),
        source: Source::Photovoltaic,
        filters: None,
    }
}

/// The rule written down again, without the engine's types: every pair, its score as a tuple, one at a time the best left.
fn oracle(book: &[Order], world: &World) -> Vec<(usize, usize, u64, i64)> {
    let tie = |o: &Order| {
        let mut bytes = 7_u64.to_be_bytes().to_vec();
        bytes.extend(o.participant.to_string().bytes());
        Sha256::digest(bytes).to_vec()
    };
    let place = |o: &Order| POINTS.iter().position(|p| *p == o.point.as_str()).unwrap();
    let mut pairs = Vec::new();
    for (i, bid) in book.iter().enumerate() {
        for (j, offer) in book.iter().enumerate() {
            let distance = i128::from(world.distances.rows[place(bid)][place(offer)].get());
            let tau = (2_000 * distance).clamp(0, 1_000_000);
            let gap = i128::from(bid.price.get() - offer.price.get());
            let sides = bid.side == Side::Buyer && offer.side == Side::Seller && bid.participant != offer.participant;
            if sides && gap >= tau && distance <= 1_000 {
                let weights = world.parameters.weights;
                let closeness = i128::from(weights.distance) * (1_000_000 * 25 / (distance + 25));
                let score = closeness + i128::from(weights.price) * (1_000_000 * 20_000 / (gap + 20_000));
                let price = i128::from(offer.price.get()) + (gap - tau) / 2;
                let rank = (-score, tie(offer), tie(bid), offer.order.clone(), bid.order.clone());
                pairs.push((rank, i, j, i64::try_from(price).unwrap()));
            }
        }
    }
    pairs.sort();
    let room = world.points[0].capacity_w.get() / 4;
    let (mut import, mut export) = ([room; 3], [room; 3]);
    let mut open: Vec<u64> = book.iter().map(|o| o.energy_wh.get()).collect();
    let mut fills = Vec::new();
    for (_, i, j, price) in pairs {
        let (bid, offer) = (&book[i], &book[j]);
        let (at, from) = (place(bid), place(offer));
        let mut x = open[i].min(open[j]);
        if at != from {
            x = x.min(import[at]).min(export[from]);
        }
        if x == 0 || x < bid.min_wh.get().min(open[i]) || x < offer.min_wh.get().min(open[j]) {
            continue;
        }
        open[i] -= x;
        open[j] -= x;
        if at != from {
            import[at] -= x;
            export[from] -= x;
        }
        fills.push((i, j, x, price));
    }
    fills
}

fn told(fills: &[Fill]) -> Vec<(usize, usize, u64, i64)> {
    let told = |f: &Fill| (f.bid as usize, f.offer as usize, f.energy_wh.get(), f.price.get());
    fills.iter().map(told).collect()
}

fn books() -> impl Strategy<Value = Vec<Order>> {
    books_of(6, 100)
}

/// Few users and prices: most pairs share their score, and many their seller and buyer.
fn tied_books() -> impl Strategy<Value = Vec<Order>> {
    books_of(3, 2)
}

fn books_of(users: u8, prices: i64) -> impl Strategy<Value = Vec<Order>> {
    let one = (0..users, any::<bool>(), 0..3_usize, 1..500_u64, 0..=100_u64, 0..prices);
    proptest::collection::vec(one, 0..14).prop_map(|rows| {
        let build = |(n, (user, buys, point, energy, min, price)): (usize, (u8, bool, usize, u64, u64, i64))| {
            let (side, base) = if buys {
                (Side::Buyer, 520_000)
            } else {
                (Side::Seller, 480_000)
            };
            let number = u8::try_from(n).unwrap();
            order(
                user,
                number,
                side,
                point,
                energy,
                energy * min / 100,
                base + price * 1_000,
            )
        };
        let mut book: Vec<Order> = rows.into_iter().enumerate().map(build).collect();
        sort_book(&mut book);
        book
    })
}

#[test]
fn the_nearer_seller_is_first_and_the_midpoint_is_table_1() {
    let world = World::new(10_000_000);
    let mut book = vec![
        order(0, 0, Side::Buyer, 0, 200_000, 0, 590_000),
        order(1, 0, Side::Seller, 1, 150_000, 0, 530_000),
        order(2, 0, Side::Seller, 2, 150_000, 0, 505_000),
    ];
    sort_book(&mut book);
    let fills = match_book(&book, &world.rules());
    let short: Vec<_> = fills
        .iter()
        .map(|f| (f.offer, f.energy_wh.get(), f.price.get(), f.tariff.get()))
        .collect();
    assert_eq!(short, [(1, 150_000, 550_000, 20_000), (2, 50_000, 507_500, 80_000)]);
}

#[test]
fn price_modes_split_the_spread() {
    let mut world = World::new(10_000_000);
    let book = [
        order(0, 0, Side::Buyer, 0, 10, 0, 590_000),
        order(1, 0, Side::Seller, 1, 10, 0, 530_000),
    ];
    for (mode, price) in [
        (PriceMode::PayAsBid, 570_000),
        (PriceMode::PayAsOffer, 530_000),
        (PriceMode::Midpoint, 550_000),
    ] {
        world.parameters.price_mode = mode;
        assert_eq!(match_book(&book, &world.rules())[0].price.get(), price);
    }
}

#[test]
fn nobody_trades_with_itself_below_its_limit_or_out_of_reach() {
    let mut world = World::new(10_000_000);
    let own = [
        order(0, 0, Side::Buyer, 0, 10, 0, 590_000),
        order(0, 1, Side::Seller, 1, 10, 0, 530_000),
    ];
    assert!(match_book(&own, &world.rules()).is_empty());
    let dear = [
        order(0, 0, Side::Buyer, 0, 10, 0, 549_999),
        order(1, 1, Side::Seller, 1, 10, 0, 530_000),
    ];
    assert!(
        match_book(&dear, &world.rules()).is_empty(),
        "the tariff of 20000 does not fit between"
    );
    let far = [
        order(0, 0, Side::Buyer, 0, 10, 0, 590_000),
        order(1, 1, Side::Seller, 1, 10, 0, 530_000),
    ];
    world.parameters.reach_mohm = Distance::new(9).unwrap();
    assert!(match_book(&far, &world.rules()).is_empty());
}

#[test]
fn all_or_none_and_room_are_kept() {
    let world = World::new(400);
    let book = [
        order(0, 0, Side::Buyer, 0, 150, 150, 590_000),
        order(1, 0, Side::Seller, 1, 500, 0, 530_000),
    ];
    assert!(
        match_book(&book, &world.rules()).is_empty(),
        "room for 100 Wh, all or none of 150"
    );
    let book = [
        order(0, 0, Side::Buyer, 0, 150, 0, 590_000),
        order(1, 0, Side::Seller, 1, 500, 0, 530_000),
    ];
    assert_eq!(match_book(&book, &world.rules())[0].energy_wh.get(), 100);
}

#[test]
fn a_book_beyond_its_limit_has_no_fills_and_the_proof_says_so() {
    let world = World::new(10_000_000);
    let book = [
        order(0, 0, Side::Buyer, 0, 10, 0, 590_000),
        order(1, 0, Side::Seller, 1, 10, 0, 530_000),
    ];
    let at = |book_limit| Rules {
        book_limit,
        ..world.rules()
    };
    let fills = match_book(&book, &at(2));
    assert_eq!(fills.len(), 1);
    assert!(match_book(&book, &at(1)).is_empty());
    assert_eq!(verify_fills(&book, &at(1), &[]), Ok(()));
    assert!(verify_fills(&book, &at(1), &fills).is_err());
}

/// Removes, changes or doubles one fill.
fn alter(fills: &mut Vec<Fill>, at: usize, change: u8) {
    let fill = fills[at];
    match change {
        0 => drop(fills.remove(at)),
        1 => fills[at].energy_wh = fill.energy_wh.less(Energy::new(1).unwrap()),
        2 => fills[at].price = Price::new(fill.price.get() + 1).unwrap(),
        3 => fills.insert(at, fill),
        _ => fills[at].tariff = Price::new(fill.tariff.get() + 1).unwrap(),
    }
}

proptest! {
    #[test]
    fn the_engine_equals_the_oracle(book in books(), capacity in 0..4_000_u64) {
        let world = World::new(capacity);
        prop_assert_eq!(told(&match_book(&book, &world.rules())), oracle(&book, &world));
    }

    #[test]
    fn ties_are_broken_as_the_oracle_breaks_them(book in tied_books(), capacity in 0..4_000_u64) {
        let world = World::new(capacity);
        prop_assert_eq!(told(&match_book(&book, &world.rules())), oracle(&book, &world));
    }

    #[test]
    fn the_size_of_a_band_plays_no_part(
        book in prop_oneof![books(), tied_books()],
        capacity in 0..4_000_u64,
        pairs in 0..3_usize,
        distance in 0..=100_u8,
    ) {
        let mut world = World::new(capacity);
        world.parameters.weights = Weights { distance, price: 100 - distance, cleanliness: 0, stability: 0, credit: 0 };
        let fills = match_in_bands(&book, &world.rules(), pairs);
        prop_assert_eq!(told(&fills), oracle(&book, &world));
    }

    #[test]
    fn nobody_gets_more_than_ordered_or_worse_than_its_limit(book in books()) {
        let world = World::new(2_000);
        let fills = match_book(&book, &world.rules());
        for (place, order) in book.iter().enumerate() {
            let mine = fills.iter().filter(|f| f.bid as usize == place || f.offer as usize == place);
            prop_assert!(mine.clone().map(|f| f.energy_wh.get()).sum::<u64>() <= order.energy_wh.get());
            for fill in mine {
                match order.side {
                    Side::Buyer => prop_assert!(fill.price.get() + fill.tariff.get() <= order.price.get()),
                    Side::Seller => prop_assert!(fill.price >= order.price),
                }
            }
        }
    }

    #[test]
    fn the_order_of_submission_plays_no_part(book in books(), seed in any::<u64>()) {
        let world = World::new(2_000);
        let mut shuffled = book.clone();
        shuffled.sort_by_key(|o| Sha256::digest([seed.to_be_bytes().as_slice(), o.order.as_str().as_bytes()].concat()).to_vec());
        sort_book(&mut shuffled);
        prop_assert_eq!(match_book(&shuffled, &world.rules()), match_book(&book, &world.rules()));
    }

    #[test]
    fn the_proof_accepts_the_engine_and_nothing_else(book in books(), at in any::<prop::sample::Index>(), change in 0..5_u8) {
        let world = World::new(2_000);
        let mut fills = match_book(&book, &world.rules());
        prop_assert_eq!(verify_fills(&book, &world.rules(), &fills), Ok(()));
        if fills.is_empty() {
            let (price, tariff) = (Price::ZERO, Price::ZERO);
            fills.push(Fill { bid: 0, offer: 1, energy_wh: Energy::new(1).unwrap(), price, tariff });
        } else {
            let at = at.index(fills.len());
            alter(&mut fills, at, change);
        }
        prop_assert!(verify_fills(&book, &world.rules(), &fills).is_err());
    }
}
