//! The grid as the market sees it: points, their room, and how far they are apart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::PointId;
use crate::tariff::Standing;
use crate::units::{Distance, Energy, Power};

/// Points that one matrix may hold.
pub const MATRIX_LIMIT: usize = 64;
/// Points that a matrix may hold whose rows come in several transactions.
pub const GOVERNED_MATRIX_LIMIT: usize = 1_000;

/// A connection point (PCC) on the grid chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Which.
    pub point: PointId,
    /// Exchange capacity M, W.
    pub capacity_w: Power,
    /// Supply area.
    pub area: PointId,
    /// Voltage level, 0 the lowest.
    pub level: u8,
}

impl Point {
    /// What a tariff asks.
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            level: self.level,
            area: self.area.as_str(),
        }
    }
}

/// Room left at a point in a slot, import and export apart, gross.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Into the point.
    pub import: Energy,
    /// Out of the point.
    pub export: Energy,
}

/// Room that trades of a slot's earlier auctions use at a point, gross.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsedRoom {
    /// Where.
    pub point: PointId,
    /// Into the point.
    pub import_wh: Energy,
    /// Out of the point.
    pub export_wh: Energy,
}

/// Sums up the room that trades use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsedRooms(BTreeMap<PointId, (Energy, Energy)>);

impl UsedRooms {
    /// What is used already.
    pub fn after(used: &[UsedRoom]) -> Self {
        let at = |one: &UsedRoom| (one.point.clone(), (one.import_wh, one.export_wh));
        Self(used.iter().map(at).collect())
    }

    /// Counts a trade; within one point it uses none.
    pub fn add_trade(&mut self, seller: &PointId, buyer: &PointId, energy: Energy) {
        if seller == buyer {
            return;
        }
        let (import, _) = self.0.entry(buyer.clone()).or_insert((Energy::ZERO, Energy::ZERO));
        *import = import.capped(energy);
        let (_, export) = self.0.entry(seller.clone()).or_insert((Energy::ZERO, Energy::ZERO));
        *export = export.capped(energy);
    }

    /// By point.
    pub fn list(self) -> Vec<UsedRoom> {
        let one = |(point, (import_wh, export_wh))| UsedRoom {
            point,
            import_wh,
            export_wh,
        };
        self.0.into_iter().map(one).collect()
    }
}

/// Room at every point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rooms(BTreeMap<PointId, Room>);

impl Rooms {
    /// The whole room: ⌊M/4⌋ Wh each way.
    pub fn whole<'a>(points: impl IntoIterator<Item = &'a Point>) -> Self {
        let room = |point: &Point| Room {
            import: point.capacity_w.per_slot(),
            export: point.capacity_w.per_slot(),
        };
        Self(
            points
                .into_iter()
                .map(|point| (point.point.clone(), room(point)))
                .collect(),
        )
    }

    /// What trades of earlier auctions leave of the whole room.
    pub fn left<'a>(points: impl IntoIterator<Item = &'a Point>, used: &[UsedRoom]) -> Self {
        let mut rooms = Self::whole(points);
        for one in used {
            rooms.take_import(&one.point, one.import_wh);
            rooms.take_export(&one.point, one.export_wh);
        }
        rooms
    }

    /// What is left at a point; none at an unknown one.
    pub fn at(&self, point: &PointId) -> Room {
        self.0.get(point).copied().unwrap_or(Room {
            import: Energy::ZERO,
            export: Energy::ZERO,
        })
    }

    /// The largest trade from one point to another; within one point no room is needed.
    pub fn between(&self, seller: &PointId, buyer: &PointId) -> Energy {
        if seller == buyer {
            Energy::MOST
        } else {
            self.at(seller).export.min(self.at(buyer).import)
        }
    }

    /// Takes a trade's room.
    pub fn take_trade(&mut self, seller: &PointId, buyer: &PointId, energy: Energy) {
        if seller != buyer {
            self.take_export(seller, energy);
            self.take_import(buyer, energy);
        }
    }

    /// Takes export room.
    pub fn take_export(&mut self, point: &PointId, energy: Energy) {
        if let Some(room) = self.0.get_mut(point) {
            room.export = room.export.less(energy);
        }
    }

    /// Takes import room.
    pub fn take_import(&mut self, point: &PointId, energy: Energy) {
        if let Some(room) = self.0.get_mut(point) {
            room.import = room.import.less(energy);
        }
    }
}

/// A version of the distance matrix, in mΩ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distances {
    /// The points, in the order of rows and columns.
    pub points: Vec<PointId>,
    /// The rows.
    pub rows: Vec<Vec<Distance>>,
    /// D_ref of the whole matrix, where these are a part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_mohm: Option<Distance>,
}

impl Distances {
    /// True for a square, symmetric matrix over different points with 1 on its diagonal.
    pub fn is_well_formed(&self) -> bool {
        self.is_well_formed_up_to(MATRIX_LIMIT)
    }

    /// As [`Distances::is_well_formed`], with another bound on the number of points.
    pub fn is_well_formed_up_to(&self, limit: usize) -> bool {
        let size = self.points.len();
        let mut sorted = self.points.clone();
        sorted.sort();
        sorted.dedup();
        let square = self.rows.len() == size && self.rows.iter().all(|row| row.len() == size);
        let bounded = size > 0 && size <= limit && sorted.len() == size;
        let entry = |i: usize, j: usize| self.rows.get(i).and_then(|row| row.get(j));
        let symmetric = (0..size).all(|i| (0..i).all(|j| entry(i, j) == entry(j, i)));
        square && bounded && symmetric && (0..size).all(|i| entry(i, i) == Some(&Distance::SAME_POINT))
    }

    /// D(i, j); 1 within one point, none for a pair that the matrix does not hold.
    pub fn between(&self, one: &PointId, other: &PointId) -> Option<Distance> {
        if one == other {
            return Some(Distance::SAME_POINT);
        }
        self.at(self.place(one)?, self.place(other)?)
    }

    /// Row and column of a point; none for one that the matrix does not hold.
    pub fn place(&self, point: &PointId) -> Option<usize> {
        self.points.iter().position(|known| known == point)
    }

    /// The entry of a row and a column.
    pub fn at(&self, row: usize, column: usize) -> Option<Distance> {
        self.rows.get(row)?.get(column).copied()
    }

    /// D_ref: the lower median of the entries i < j, 1 if there are none.
    pub fn reference(&self) -> Distance {
        if let Some(reference) = self.reference_mohm {
            return reference;
        }
        let above_diagonal =
            |(i, row): (usize, &Vec<Distance>)| row.get(i.saturating_add(1)..).unwrap_or_default().to_vec();
        let mut entries: Vec<Distance> = self.rows.iter().enumerate().flat_map(above_diagonal).collect();
        entries.sort();
        let middle = entries.len().saturating_sub(1).div_euclid(2);
        entries.get(middle).copied().unwrap_or(Distance::SAME_POINT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(names: &[&str], rows: &[&[u32]]) -> Distances {
        Distances {
            points: names.iter().map(|name| PointId::new(*name).unwrap()).collect(),
            rows: rows
                .iter()
                .map(|row| row.iter().map(|d| Distance::new(*d).unwrap()).collect())
                .collect(),
            reference_mohm: None,
        }
    }

    #[test]
    fn the_reference_is_the_lower_median() {
        assert_eq!(
            matrix(&["a", "b", "c"], &[&[1, 9, 4], &[9, 1, 7], &[4, 7, 1]])
                .reference()
                .get(),
            7
        );
        let four = matrix(
            &["a", "b", "c", "d"],
            &[&[1, 2, 3, 4], &[2, 1, 5, 6], &[3, 5, 1, 7], &[4, 6, 7, 1]],
        );
        assert_eq!(four.reference().get(), 4, "six entries: the third");
        assert_eq!(Distances::default().reference(), Distance::SAME_POINT);
    }

    #[test]
    fn a_matrix_must_be_square_symmetric_and_over_different_points() {
        assert!(matrix(&["a", "b"], &[&[1, 9], &[9, 1]]).is_well_formed());
        assert!(!matrix(&["a", "b"], &[&[1, 9], &[8, 1]]).is_well_formed());
        assert!(!matrix(&["a", "b"], &[&[2, 9], &[9, 1]]).is_well_formed());
        assert!(!matrix(&["a", "a"], &[&[1, 9], &[9, 1]]).is_well_formed());
        assert!(!matrix(&["a", "b"], &[&[1, 9]]).is_well_formed());
        assert!(!Distances::default().is_well_formed());
    }
}
