//! What is still open while the pairs are walked.

use std::collections::BTreeMap;

use crate::eligibility::{Link, Rules, contract_price};
use crate::grid::Point;
use crate::id::PointId;
use crate::order::Order;
use crate::units::{Distance, Energy};

use super::Fill;

/// A point with the room that trades left it, import and export apart.
struct Site<'a> {
    point: Option<&'a Point>,
    import: Energy,
    export: Energy,
}

/// The walk's state: open energy of every order, room of every point.
pub(super) struct Walk<'a> {
    book: &'a [Order],
    rules: &'a Rules<'a>,
    open: Vec<Energy>,
    sites: Vec<Site<'a>>,
    /// Of each order, the place of its point.
    at: Vec<usize>,
    /// From each buyer's point (row) to each seller's.
    links: Vec<Option<Link>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(book: &'a [Order], rules: &'a Rules<'_>) -> Self {
        let mut ids: Vec<&PointId> = book.iter().map(|order| &order.point).collect();
        ids.sort_unstable();
        ids.dedup();
        let places: BTreeMap<&PointId, usize> = ids.iter().copied().zip(0..).collect();
        let sites: Vec<Site<'_>> = ids.iter().map(|id| Site::new(rules.point(id))).collect();
        let reference = rules.distances.reference();
        let buyers = sites.iter();
        let links = buyers.flat_map(|buyer| sites.iter().map(move |seller| link(rules, buyer, seller, reference)));
        Self {
            book,
            rules,
            open: book.iter().map(|order| order.energy_wh).collect(),
            at: book
                .iter()
                .filter_map(|order| places.get(&order.point).copied())
                .collect(),
            links: links.collect(),
            sites,
        }
    }

    /// The point of an order, by its place among the book's.
    pub(super) fn site_of(&self, place: u32) -> Option<usize> {
        self.at.get(usize::try_from(place).ok()?).copied()
    }

    /// What lies between two points; none where they may not trade.
    pub(super) fn link(&self, buyer: usize, seller: usize) -> Option<Link> {
        let row = buyer.checked_mul(self.sites.len())?;
        self.links.get(row.checked_add(seller)?).copied().flatten()
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
        let tariff = self.link(buyer, seller)?.tariff;
        let price = contract_price(self.rules.parameters, one.price, other.price, tariff)?;
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

impl<'a> Site<'a> {
    fn new(point: Option<&'a Point>) -> Self {
        let room = point.map_or(Energy::ZERO, |point| point.capacity_w.per_slot());
        Self {
            point,
            import: room,
            export: room,
        }
    }
}

fn link(rules: &Rules<'_>, buyer: &Site<'_>, seller: &Site<'_>, reference: Distance) -> Option<Link> {
    rules.link(buyer.point?, seller.point?, reference)
}
