//! Who lives in a district: from a seed, so that a run can be repeated.

use der_market::forecast::Forecast;
use der_market::units::{Energy, UnitError};

use super::dice::Dice;
use super::kind::Kind;
use super::weather::{Outlook, Weather, energy_wh, known};

/// A member before it has a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Its name, unique in the district.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The number of its connection point, from 0.
    pub point: usize,
    /// Power of what it has, W.
    pub power_w: u64,
    /// The lowest price at which it sells, µyuan/kWh.
    pub asks: i64,
    /// The highest price at which it buys, delivered, µyuan/kWh.
    pub bids: i64,
    number: u64,
}

/// Everybody in a district, and the sky above.
#[derive(Debug, Clone)]
pub struct Population {
    seed: u64,
    people: Vec<Person>,
    weather: Weather,
}

impl Population {
    /// So many members over so many connection points.
    #[must_use]
    pub fn of(seed: u64, members: usize, points: usize) -> Self {
        Self::of_kinds(seed, (0..members).map(Kind::of), points)
    }

    /// A member of each of these kinds.
    #[must_use]
    pub fn of_kinds(seed: u64, kinds: impl IntoIterator<Item = Kind>, points: usize) -> Self {
        let person = |(number, kind)| Person::of(seed, number, kind, points.max(1));
        Self {
            seed,
            people: kinds.into_iter().enumerate().map(person).collect(),
            weather: Weather::of(seed),
        }
    }

    /// Its members.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// What a member generates and consumes in a quarter of the day, as well as it is known then.
    ///
    /// # Errors
    /// None: no member's power exceeds the bound of energy.
    pub fn energy(&self, person: &Person, quarter: u64, outlook: Outlook) -> Result<Forecast, UnitError> {
        let (generates, consumes) = self.weather.shares(person.kind, quarter);
        let place = person.number * 1_000 + quarter;
        let mut dice = Dice::new(self.seed, (place << 2) + 3 + outlook as u64);
        let mut wh = |share| Energy::new(energy_wh(person.power_w, known(share, outlook, &mut dice)));
        Ok(Forecast {
            generation_wh: wh(generates)?,
            load_wh: wh(consumes)?,
        })
    }
}

impl Person {
    fn of(seed: u64, number: usize, kind: Kind, points: usize) -> Self {
        let number = u64::try_from(number).unwrap_or(u64::MAX >> 16);
        let mut dice = Dice::new(seed, (number << 2) + 2);
        let mut within = |(least, most)| dice.between(least, most);
        let price = |price: u64| i64::try_from(price).unwrap_or(0);
        Self {
            name: format!("member{number}"),
            kind,
            point: usize::try_from(number).unwrap_or(0) % points,
            power_w: within(kind.size_w()),
            asks: price(within(kind.asks())),
            bids: price(within(kind.bids())),
            number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_its_people_and_points_are_shared_evenly() {
        let (one, same, other) = (
            Population::of(1, 40, 4),
            Population::of(1, 40, 4),
            Population::of(2, 40, 4),
        );
        assert_eq!(one.people(), same.people());
        assert_ne!(one.people(), other.people());
        for point in 0..4 {
            assert_eq!(one.people().iter().filter(|person| person.point == point).count(), 10);
        }
    }

    #[test]
    fn a_day_has_supply_and_demand_in_most_of_its_quarters() {
        let district = Population::of(7, 200, 4);
        let sums = (0..96).map(|quarter| {
            let net = |person| district.energy(person, quarter, Outlook::Metered).unwrap().net();
            let nets: Vec<i64> = district.people().iter().map(net).collect();
            let side = |sign: i64| nets.iter().map(|net| (net * sign).max(0)).sum::<i64>();
            side(1).min(side(-1)) * 100 / side(1).max(side(-1)).max(1)
        });
        let balanced = sums.filter(|percent| *percent >= 20).count();
        assert!(balanced > 60, "{balanced}");
    }
}
