//! What lies between the points of a book.

use std::collections::{BTreeMap, BTreeSet};

use crate::eligibility::{Barrier, Link, Rules};
use crate::grid::Point;
use crate::id::PointId;
use crate::order::Order;
use crate::participant::Side;
use crate::units::Price;

/// The points of a book's orders, and the link of every two of them.
pub struct Links<'a> {
    pub(super) points: Vec<Option<&'a Point>>,
    /// Of each order, the place of its point.
    at: Vec<usize>,
    /// From each buyer's point (row) to each seller's.
    table: Vec<Result<Link, Barrier>>,
}

impl<'a> Links<'a> {
    /// The links of a book.
    pub fn of(book: &[Order], rules: &Rules<'a>) -> Self {
        let ids: BTreeSet<&PointId> = book.iter().map(|order| &order.point).collect();
        let places: BTreeMap<&PointId, usize> = ids.iter().copied().zip(0..).collect();
        let points: Vec<Option<&Point>> = ids.iter().map(|id| rules.point(id)).collect();
        let reference = rules.distances.reference();
        let link = |buyer: Option<&Point>, seller: Option<&Point>| {
            let (buyer, seller) = buyer.zip(seller).ok_or(Barrier::NoDistance)?;
            rules.link(buyer, seller, reference)
        };
        let row = |buyer: &Option<&'a Point>| {
            let buyer = *buyer;
            points
                .iter()
                .map(move |seller| link(buyer, *seller))
                .collect::<Vec<_>>()
        };
        let table = points.iter().flat_map(row).collect();
        let at = book.iter().filter_map(|order| places.get(&order.point).copied());
        Self {
            at: at.collect(),
            table,
            points,
        }
    }

    /// The point of an order, by its place among the book's.
    pub(super) fn site_of(&self, place: u32) -> Option<usize> {
        self.at.get(usize::try_from(place).ok()?).copied()
    }

    /// What lies between two points, by their places.
    pub(super) fn between(&self, buyer: usize, seller: usize) -> Result<Link, Barrier> {
        let place = buyer
            .checked_mul(self.points.len())
            .and_then(|row| row.checked_add(seller));
        let link = place.and_then(|place| self.table.get(place));
        link.copied().unwrap_or(Err(Barrier::NoDistance))
    }

    /// What lies between two orders that may trade with each other, as far as the pair itself goes.
    ///
    /// # Errors
    /// The first [`Barrier`] between them.
    pub fn pair(&self, book: &[Order], rules: &Rules<'_>, bid: u32, offer: u32) -> Result<Link, Barrier> {
        let order = |place: u32| usize::try_from(place).ok().and_then(|place| book.get(place));
        let sites = self.site_of(bid).zip(self.site_of(offer));
        let ((buyer, seller), (bid, offer)) = sites.zip(order(bid).zip(order(offer))).ok_or(Barrier::NoDistance)?;
        let link = self.between(buyer, seller)?;
        rules.admit(bid, offer, link).map(|()| link)
    }

    /// τmin of each bid: the lowest tariff to any seller of the book that passes filters and D_max; none for an offer, and for a bid
    /// without such a seller.
    pub(crate) fn lowest_tariffs(&self, book: &[Order], rules: &Rules<'_>) -> Vec<Option<Price>> {
        let mut sellers: Vec<Vec<&Order>> = vec![Vec::new(); self.points.len()];
        for (order, site) in book.iter().zip(&self.at) {
            if let Some(there) = sellers.get_mut(*site).filter(|_| order.side == Side::Seller) {
                there.push(order);
            }
        }
        let nearest: Vec<Vec<(Link, usize)>> = (0..self.points.len()).map(|buyer| self.by_tariff(buyer)).collect();
        let lowest = |(order, site): (&Order, &usize)| {
            let links = nearest.get(*site).filter(|_| order.side == Side::Buyer)?;
            let reached = links.iter().find(|(link, seller)| {
                let there = sellers.get(*seller).map_or(&[][..], Vec::as_slice);
                there.iter().any(|offer| rules.conditions(order, offer, *link).is_ok())
            });
            reached.map(|(link, _)| link.tariff)
        };
        book.iter().zip(&self.at).map(lowest).collect()
    }

    /// The links from a buyer's point, the lowest tariff first.
    fn by_tariff(&self, buyer: usize) -> Vec<(Link, usize)> {
        let link = |seller| self.between(buyer, seller).ok().map(|link| (link, seller));
        let mut links: Vec<(Link, usize)> = (0..self.points.len()).filter_map(link).collect();
        links.sort_unstable_by_key(|(link, seller)| (link.tariff, *seller));
        links
    }
}
