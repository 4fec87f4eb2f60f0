//! The network tariff τ: paid by the buyer to the grid company, the seller untouched.

use serde::{Deserialize, Serialize};

use crate::units::{Distance, Price};

/// How τ is found for a pair of points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Tariff {
    /// clamp(round_half_up(numerator · D / denominator), least, most), D in mΩ.
    Distance {
        /// κ_num, µyuan/kWh.
        numerator: u32,
        /// κ_den, mΩ, above zero.
        denominator: u32,
        /// τ_min.
        least: Price,
        /// τ_max.
        most: Price,
    },
    /// fee\[buyer's level\]\[top level the pair crosses\], levels from the lowest voltage upward.
    Level {
        /// A square table, diagonal included.
        fees: Vec<Vec<Price>>,
    },
}

/// Where a point stands in the grid, as far as a tariff asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Voltage level, 0 the lowest.
    pub level: u8,
    /// Supply area.
    pub area: &'a str,
}

impl Tariff {
    /// True when every pair of points has exactly one non-negative fee.
    pub fn is_well_formed(&self) -> bool {
        match self {
            Self::Distance {
                denominator,
                least,
                most,
                ..
            } => *denominator > 0 && *least >= Price::ZERO && least <= most,
            Self::Level { fees } => {
                let square = !fees.is_empty() && fees.len() <= 8 && fees.iter().all(|row| row.len() == fees.len());
                square && fees.iter().flatten().all(|fee| *fee >= Price::ZERO)
            }
        }
    }

    /// τ for a buyer and a seller at this distance; none where the table has no such level.
    ///
    /// A pair in one supply area crosses the higher of its two levels; a pair in two areas crosses the level above. Out of a `saturated`
    /// area, whose generation exceeds its load, it crosses one level more, up to the highest of the table.
    pub fn between(
        &self,
        distance: Distance,
        buyer: Standing<'_>,
        seller: Standing<'_>,
        saturated: bool,
    ) -> Option<Price> {
        match self {
            Self::Distance {
                numerator,
                denominator,
                least,
                most,
            } => {
                let denominator = u64::from(*denominator);
                let product = u64::from(*numerator).checked_mul(u64::from(distance.get()))?;
                let rounded = product
                    .checked_add(denominator.div_euclid(2))?
                    .checked_div(denominator)?;
                let bounded = i64::try_from(rounded).ok()?.min(Price::MOST.get());
                Price::new(bounded).ok().map(|price| price.clamp(*least, *most))
            }
            Self::Level { fees } => {
                let highest = buyer.level.max(seller.level);
                let top = if buyer.area == seller.area {
                    highest
                } else {
                    highest.checked_add(1)?
                };
                let top = if saturated {
                    let last = u8::try_from(fees.len()).ok()?.checked_sub(1)?;
                    top.checked_add(1)?.min(last.max(top))
                } else {
                    top
                };
                fees.get(usize::from(buyer.level))?.get(usize::from(top)).copied()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: Standing<'_> = Standing {
        level: 0,
        area: "north",
    };

    fn price(value: i64) -> Price {
        Price::new(value).unwrap()
    }

    #[test]
    fn distance_rounds_half_up_and_is_clamped() {
        let tariff = Tariff::Distance {
            numerator: 5,
            denominator: 2,
            least: price(3),
            most: price(20),
        };
        let at = |d| {
            tariff
                .between(Distance::new(d).unwrap(), LOW, LOW, false)
                .unwrap()
                .get()
        };
        assert_eq!((at(1), at(2), at(3), at(1_000_000_000)), (3, 5, 8, 20));
    }

    #[test]
    fn a_pair_in_two_areas_pays_the_level_above() {
        let fees = vec![vec![price(10), price(20)], vec![price(15), price(25)]];
        let tariff = Tariff::Level { fees };
        let far = Standing {
            level: 0,
            area: "south",
        };
        assert_eq!(tariff.between(Distance::SAME_POINT, LOW, LOW, false), Some(price(10)));
        assert_eq!(tariff.between(Distance::SAME_POINT, LOW, far, false), Some(price(20)));
        let top = Standing {
            level: 1,
            area: "south",
        };
        assert_eq!(
            tariff.between(Distance::SAME_POINT, top, LOW, false),
            None,
            "nothing above the highest level"
        );
    }

    #[test]
    fn out_of_a_saturated_area_a_pair_pays_the_next_level_up() {
        let fees = vec![vec![price(10), price(20), price(30)]; 3];
        let tariff = Tariff::Level { fees };
        let at = |level, area, saturated| {
            let seller = Standing { level, area };
            tariff.between(Distance::SAME_POINT, LOW, seller, saturated)
        };
        assert_eq!(at(0, "north", false), Some(price(10)));
        assert_eq!(at(0, "north", true), Some(price(20)));
        assert_eq!(at(0, "south", true), Some(price(30)));
        assert_eq!(at(2, "north", true), Some(price(30)), "nothing above the highest level");
        assert_eq!(
            at(2, "south", true),
            None,
            "two areas of the highest level are not joined"
        );
    }

    #[test]
    fn malformed_tariffs_are_known() {
        let distance = |denominator, least, most| Tariff::Distance {
            numerator: 1,
            denominator,
            least,
            most,
        };
        assert!(!distance(0, price(0), price(1)).is_well_formed());
        assert!(!distance(1, price(2), price(1)).is_well_formed());
        assert!(!distance(1, price(-1), price(1)).is_well_formed());
        assert!(
            !Tariff::Level {
                fees: vec![vec![], vec![]]
            }
            .is_well_formed()
        );
    }
}
