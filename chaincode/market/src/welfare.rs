//! Welfare mode: somebody proposes the fills, and duals that prove them the best. Nobody has to trust the solver.
//!
//! A direct kWh is worth `c = R − F − τ`, whatever was bid: R is what its buyer would pay the grid, F what its seller would get there.
//! Fills maximise Σ q·c over the feasible pairs with c ≥ 0 if there are duals y ≥ 0 of orders and rooms with `y_i + y_j + y_imp + y_exp ≥ c`
//! for every such pair, equality where q > 0, and y = 0 where an order or a room is not used up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::eligibility::{Barrier, Rules};
use crate::grid::{Room, Rooms};
use crate::id::PointId;
use crate::matching::{Fill, Links};
use crate::order::Order;
use crate::participant::Side;
use crate::pricing::Pricing;
use crate::slot::Auction;
use crate::units::{Energy, Money, Price};

/// Energy that one offer sells to one bid, by their places in the sorted book: bid, offer, Wh.
pub type WelfareFill = (u32, u32, Energy);

/// Duals of a proposal. Each counts in µyuan/kWh divided by `scale`, so that a dual that is a fraction is told exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duals {
    /// At least 1.
    pub scale: u32,
    /// Of each order, by its place in the sorted book.
    pub orders: Vec<u64>,
    /// Of points' rooms, in the order of the points; those that are not named are 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomDuals>,
}

/// Duals of one point's rooms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomDuals {
    /// Where.
    pub point: PointId,
    /// Into the point.
    pub import: u64,
    /// Out of the point.
    pub export: u64,
}

/// Fills with the duals that prove them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WelfareProposal {
    /// By bid, then offer.
    pub fills: Vec<WelfareFill>,
    /// The proof.
    pub duals: Duals,
}

/// What a proposal is worth once it is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The fills with prices and tariffs.
    pub fills: Vec<Fill>,
    /// Σ q·c.
    pub welfare: Money,
}

/// Why a proposal is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WelfareError {
    /// Lists of the wrong length or order, a scale of zero.
    #[error("the proposal is not well formed: one dual for each order, fills by bid and offer, points in their order")]
    Malformed,
    /// An order with a minimum per contract.
    #[error("the book has an order with a minimum per contract, which no such proof covers")]
    Minimum,
    /// A fill between orders that may not trade.
    #[error("fill {at}: {barrier}")]
    Infeasible {
        /// Which fill.
        at: usize,
        /// Why.
        barrier: Barrier,
    },
    /// A fill that is worth less than nothing.
    #[error("fill {0} is worth less than what the grid gives")]
    Worthless(usize),
    /// More than was ordered.
    #[error("the order at place {0} is filled beyond its energy")]
    Overfilled(usize),
    /// More than a room.
    #[error("the fills use more room than a connection point has")]
    NoRoom,
    /// A pair whose duals are too low.
    #[error("the duals of bid {bid} and offer {offer} are below what the pair is worth")]
    DualInfeasible {
        /// Place of the bid.
        bid: u32,
        /// Place of the offer.
        offer: u32,
    },
    /// A fill whose duals are too high.
    #[error("fill {0} is worth less than its duals")]
    NotTight(usize),
    /// A dual of what is not used up.
    #[error("a dual is above zero where energy or room is left")]
    Slack,
}

/// SHA-256(slot ‖ fills): slot and round big-endian, then each fill's two places and Wh, big-endian too. The smallest wins.
pub fn fills_hash(slot: Auction, fills: &[WelfareFill]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(slot.slot.get().to_be_bytes());
    hash.update([slot.round]);
    for (bid, offer, energy) in fills {
        hash.update(bid.to_be_bytes());
        hash.update(offer.to_be_bytes());
        hash.update(energy.get().to_be_bytes());
    }
    hash.finalize().into()
}

/// c = R − F − τ of a pair of a book, where the pair may trade.
///
/// # Errors
/// The [`Barrier`] between the two.
pub fn worth(
    book: &[Order],
    rules: &Rules<'_>,
    links: &Links<'_>,
    grid_prices: &[Price],
    bid: u32,
    offer: u32,
) -> Result<i64, Barrier> {
    let link = links.pair(book, rules, bid, offer)?;
    let price = |place: u32| usize::try_from(place).ok().and_then(|place| grid_prices.get(place));
    let (retail, feed_in) = price(bid).zip(price(offer)).ok_or(Barrier::NoTariff)?;
    let worth = retail.get().checked_sub(feed_in.get());
    worth
        .and_then(|worth| worth.checked_sub(link.tariff.get()))
        .ok_or(Barrier::NoTariff)
}

/// Checks a proposal: primal feasibility, dual feasibility of every pair, complementary slackness. `grid_prices` holds R of each bid's
/// owner and F of each offer's, by place in the sorted book.
///
/// # Errors
/// [`WelfareError`] names the first condition that does not hold.
pub fn prove(
    book: &[Order],
    rules: &Rules<'_>,
    grid_prices: &[Price],
    proposal: &WelfareProposal,
) -> Result<Proved, WelfareError> {
    let links = Links::of(book, rules);
    let proof = Proof {
        book,
        rules,
        grid_prices,
        links: &links,
        duals: &proposal.duals,
        rooms: room_duals(&proposal.duals)?,
    };
    proof.require_form(&proposal.fills)?;
    let used = proof.require_feasible(&proposal.fills)?;
    proof.require_slackness(&used)?;
    proof.require_dual_feasible()?;
    proof.priced(&proposal.fills)
}

fn room_duals(duals: &Duals) -> Result<BTreeMap<&PointId, (u64, u64)>, WelfareError> {
    let rooms: BTreeMap<_, _> = duals
        .rooms
        .iter()
        .map(|one| (&one.point, (one.import, one.export)))
        .collect();
    let sorted = duals.rooms.iter().map(|one| &one.point).eq(rooms.keys().copied());
    if sorted {
        Ok(rooms)
    } else {
        Err(WelfareError::Malformed)
    }
}

struct Proof<'a> {
    book: &'a [Order],
    rules: &'a Rules<'a>,
    grid_prices: &'a [Price],
    links: &'a Links<'a>,
    duals: &'a Duals,
    rooms: BTreeMap<&'a PointId, (u64, u64)>,
}

/// What the fills use.
struct Used {
    /// Of each order.
    orders: Vec<Energy>,
    /// What is left of the rooms.
    rooms: Rooms,
}

fn at<T>(list: &[T], place: u32) -> Option<&T> {
    list.get(usize::try_from(place).ok()?)
}

impl Proof<'_> {
    fn require_form(&self, fills: &[WelfareFill]) -> Result<(), WelfareError> {
        let pairs = || fills.iter().map(|(bid, offer, _)| (*bid, *offer));
        let rising = pairs().zip(pairs().skip(1)).all(|(one, next)| one < next);
        let whole = self.duals.orders.len() == self.book.len() && self.grid_prices.len() == self.book.len();
        if !rising || !whole || self.duals.scale == 0 || fills.iter().any(|(.., energy)| energy.is_zero()) {
            return Err(WelfareError::Malformed);
        }
        if self.book.iter().any(|order| !order.min_wh.is_zero()) {
            return Err(WelfareError::Minimum);
        }
        Ok(())
    }

    fn worth(&self, bid: u32, offer: u32) -> Result<i64, Barrier> {
        worth(self.book, self.rules, self.links, self.grid_prices, bid, offer)
    }

    fn require_feasible(&self, fills: &[WelfareFill]) -> Result<Used, WelfareError> {
        let mut orders = vec![Energy::ZERO; self.book.len()];
        let mut rooms = Rooms::left(self.rules.points, self.rules.used);
        for (number, (bid, offer, energy)) in fills.iter().enumerate() {
            let (buys, sells) = self.sides(*bid, *offer).ok_or(WelfareError::Malformed)?;
            let worth = self.worth(*bid, *offer);
            let worth = worth.map_err(|barrier| WelfareError::Infeasible { at: number, barrier })?;
            if worth < 0 {
                return Err(WelfareError::Worthless(number));
            }
            for place in [*bid, *offer] {
                self.fill(&mut orders, place, *energy)?;
            }
            if rooms.between(&sells.point, &buys.point) < *energy {
                return Err(WelfareError::NoRoom);
            }
            rooms.take_trade(&sells.point, &buys.point, *energy);
            if self.cover(*bid, *offer) != Some(self.scaled(worth)) {
                return Err(WelfareError::NotTight(number));
            }
        }
        Ok(Used { orders, rooms })
    }

    /// A bid and an offer.
    fn sides(&self, bid: u32, offer: u32) -> Option<(&Order, &Order)> {
        let (buys, sells) = (at(self.book, bid)?, at(self.book, offer)?);
        (buys.side == Side::Buyer && sells.side == Side::Seller).then_some((buys, sells))
    }

    fn fill(&self, filled: &mut [Energy], place: u32, energy: Energy) -> Result<(), WelfareError> {
        let place = usize::try_from(place).map_err(|_| WelfareError::Malformed)?;
        let (order, sum) = self
            .book
            .get(place)
            .zip(filled.get_mut(place))
            .ok_or(WelfareError::Malformed)?;
        *sum = sum.plus(energy).map_err(|_| WelfareError::Overfilled(place))?;
        if *sum > order.energy_wh {
            return Err(WelfareError::Overfilled(place));
        }
        Ok(())
    }

    fn scaled(&self, worth: i64) -> i128 {
        i128::from(worth).saturating_mul(i128::from(self.duals.scale))
    }

    /// y_i + y_j, and y_imp + y_exp between two points.
    fn cover(&self, bid: u32, offer: u32) -> Option<i128> {
        let (buys, sells) = (at(self.book, bid)?, at(self.book, offer)?);
        let (import, export) = if buys.point == sells.point {
            (0, 0)
        } else {
            (self.room(&buys.point).0, self.room(&sells.point).1)
        };
        let parts = [
            *at(&self.duals.orders, bid)?,
            *at(&self.duals.orders, offer)?,
            import,
            export,
        ];
        Some(
            parts
                .into_iter()
                .fold(0, |sum: i128, part| sum.saturating_add(i128::from(part))),
        )
    }

    fn room(&self, point: &PointId) -> (u64, u64) {
        self.rooms.get(point).copied().unwrap_or((0, 0))
    }

    fn require_slackness(&self, used: &Used) -> Result<(), WelfareError> {
        let mut orders = self.book.iter().zip(&used.orders).zip(&self.duals.orders);
        let mut rooms = self.rooms.iter().map(|(point, duals)| (used.rooms.at(point), duals));
        let full = orders.all(|((order, filled), dual)| *dual == 0 || *filled == order.energy_wh);
        let empty = |left: Energy, dual: u64| dual == 0 || left.is_zero();
        let used_up =
            |(Room { import, export }, duals): (Room, &(u64, u64))| empty(import, duals.0) && empty(export, duals.1);
        if full && rooms.all(used_up) {
            return Ok(());
        }
        Err(WelfareError::Slack)
    }

    fn require_dual_feasible(&self) -> Result<(), WelfareError> {
        let of = |side: Side| (0_u32..).zip(self.book).filter(move |(_, order)| order.side == side);
        for (bid, _) in of(Side::Buyer) {
            for (offer, _) in of(Side::Seller) {
                let Some(worth) = self.worth(bid, offer).ok().filter(|worth| *worth >= 0) else {
                    continue;
                };
                if self.cover(bid, offer).is_none_or(|cover| cover < self.scaled(worth)) {
                    return Err(WelfareError::DualInfeasible { bid, offer });
                }
            }
        }
        Ok(())
    }

    /// The fills at the prices that the two limits give, and what they are worth together.
    fn priced(&self, fills: &[WelfareFill]) -> Result<Proved, WelfareError> {
        let mut welfare = 0_i128;
        let mut priced = Vec::with_capacity(fills.len());
        for (number, (bid, offer, energy)) in fills.iter().enumerate() {
            let (buys, sells) = self.sides(*bid, *offer).ok_or(WelfareError::Malformed)?;
            let infeasible = |barrier| WelfareError::Infeasible { at: number, barrier };
            let worth = self.worth(*bid, *offer).map_err(infeasible)?;
            let tariff = self
                .links
                .pair(self.book, self.rules, *bid, *offer)
                .map_err(infeasible)?
                .tariff;
            let price = Pricing::Pairwise.price(self.rules, buys, sells, tariff);
            priced.push(Fill {
                bid: *bid,
                offer: *offer,
                energy_wh: *energy,
                price: price.ok_or(infeasible(Barrier::Limits))?,
                tariff,
            });
            welfare = welfare.saturating_add(i128::from(energy.get()).saturating_mul(i128::from(worth)));
        }
        Ok(Proved {
            fills: priced,
            welfare: Money::nyuan(welfare),
        })
    }
}
