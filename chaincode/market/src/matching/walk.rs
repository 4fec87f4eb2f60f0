//! What is still open while the pairs are walked.

use crate::eligibility::{Barrier, Link, Rules};
use crate::grid::{Point, Room, Rooms};
use crate::order::Order;
use crate::participant::Side;
use crate::pricing::Pricing;
use crate::units::Energy;

use super::Fill;
use super::entry::Entry;
use super::links::Links;

/// The walk's state: open energy of every order, room of every point.
pub(super) struct Walk<'a> {
    book: &'a [Order],
    rules: &'a Rules<'a>,
    pub(super) pricing: Pricing,
    open: Vec<Energy>,
    sites: Vec<Room>,
    links: &'a Links<'a>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(book: &'a [Order], rules: &'a Rules<'_>, links: &'a Links<'_>) -> Self {
        Self {
            book,
            rules,
            pricing: Pricing::of(book, rules, links),
            open: book.iter().map(|order| order.energy_wh).collect(),
            sites: sites(links, rules),
            links,
        }
    }

    /// The point of an order, by its place among the book's.
    pub(super) fn site_of(&self, place: u32) -> Option<usize> {
        self.links.site_of(place)
    }

    /// What lies between two points.
    pub(super) fn link(&self, buyer: usize, seller: usize) -> Result<Link, Barrier> {
        self.links.between(buyer, seller)
    }

    /// True for an offer that asks more than the uniform price, and for every order where nobody can trade.
    pub(super) fn is_beyond_price(&self, order: &Order) -> bool {
        match self.pricing {
            Pricing::Pairwise => false,
            Pricing::Uniform(price) => order.side == Side::Seller && order.price > price,
            Pricing::NoTrade => true,
        }
    }

    /// Whether two orders of a lane may trade: different owners, and the conditions of those that have some.
    pub(super) fn admits(&self, bid: &Entry, offer: &Entry) -> bool {
        if !bid.picky && !offer.picky {
            return bid.owner != offer.owner;
        }
        self.links.pair(self.book, self.rules, bid.place, offer.place).is_ok()
    }

    /// What is open of an order, by its place in the book.
    pub(super) fn open(&self, place: u32) -> Energy {
        let open = usize::try_from(place).ok().and_then(|place| self.open.get(place));
        open.copied().unwrap_or(Energy::ZERO)
    }

    pub(super) fn is_open(&self, place: u32) -> bool {
        !self.open(place).is_zero()
    }

    /// True for an open order that may take a trade of at most so much. Open energies only fall: an order whose minimum no
    /// counterpart can meet never trades again.
    pub(super) fn is_open_below(&self, place: u32, most: Energy) -> bool {
        let open = self.open(place);
        let order = usize::try_from(place).ok().and_then(|place| self.book.get(place));
        !open.is_zero() && order.is_some_and(|order| order.min_wh.min(open) <= most)
    }

    /// The largest trade that the room between two points allows; within one point no room is needed.
    pub(super) fn room(&self, buyer: usize, seller: usize) -> Energy {
        if buyer == seller {
            return Energy::MOST;
        }
        let (to, from) = (self.sites.get(buyer), self.sites.get(seller));
        to.zip(from)
            .map_or(Energy::ZERO, |(to, from)| to.import.min(from.export))
    }

    /// What may still come into a point.
    pub(super) fn imports(&self, buyer: usize) -> Energy {
        self.sites.get(buyer).map_or(Energy::ZERO, |site| site.import)
    }

    fn take_room(&mut self, buyer: usize, seller: usize, energy: Energy) {
        if buyer == seller {
            return;
        }
        if let Some(to) = self.sites.get_mut(buyer) {
            to.import = to.import.less(energy);
        }
        if let Some(from) = self.sites.get_mut(seller) {
            from.export = from.export.less(energy);
        }
    }

    /// min(open, open, rooms), or nothing below either side's minimum per contract.
    pub(super) fn fill(&mut self, bid: u32, offer: u32) -> Option<Fill> {
        let (at, from) = (usize::try_from(bid).ok()?, usize::try_from(offer).ok()?);
        let (open_bid, open_offer) = (*self.open.get(at)?, *self.open.get(from)?);
        if open_bid.is_zero() || open_offer.is_zero() {
            return None;
        }
        let (buyer, seller) = (self.site_of(bid)?, self.site_of(offer)?);
        let (one, other) = (self.book.get(at)?, self.book.get(from)?);
        let energy = open_bid.min(open_offer).min(self.room(buyer, seller));
        let least = one.min_wh.min(open_bid).max(other.min_wh.min(open_offer));
        if energy.is_zero() || energy < least {
            return None;
        }
        let tariff = self.link(buyer, seller).ok()?.tariff;
        let price = self.pricing.price(self.rules, one, other, tariff)?;
        self.take_room(buyer, seller, energy);
        *self.open.get_mut(at)? = open_bid.less(energy);
        *self.open.get_mut(from)? = open_offer.less(energy);
        Some(Fill {
            bid,
            offer,
            energy_wh: energy,
            price,
            tariff,
        })
    }
}

/// The room at each point of a book when its walk begins; none at an unknown point.
fn sites(links: &Links<'_>, rules: &Rules<'_>) -> Vec<Room> {
    let none = Room {
        import: Energy::ZERO,
        export: Energy::ZERO,
    };
    let rooms = Rooms::left(links.points.iter().filter_map(|point| *point), rules.used);
    let room = |point: &Option<&Point>| point.map_or(none, |point| rooms.at(&point.point));
    links.points.iter().map(room).collect()
}
