//! Sun, wind and habits of a day, in ppm of what there could be; as they are forecast, and as they are.

use super::dice::Dice;
use super::kind::Kind;

/// Quarters of an hour in a day.
const QUARTERS: u64 = 96;
/// The whole, ppm.
const WHOLE: u64 = 1_000_000;

/// How well a slot is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// The day before.
    DayAhead,
    /// An hour before.
    Intraday,
    /// Afterwards.
    Metered,
}

impl Outlook {
    /// How far off the forecast may be, ppm.
    const fn error(self) -> u64 {
        match self {
            Self::DayAhead => 150_000,
            Self::Intraday => 30_000,
            Self::Metered => 0,
        }
    }
}

/// The sky over a district, quarter by quarter.
#[derive(Debug, Clone)]
pub(super) struct Weather {
    clear: Vec<u64>,
    wind: Vec<u64>,
}

impl Weather {
    /// Clouds and wind drift from quarter to quarter.
    pub(super) fn of(seed: u64) -> Self {
        Self {
            clear: drift(Dice::new(seed, 1), 350_000, WHOLE),
            wind: drift(Dice::new(seed, 2), 50_000, 800_000),
        }
    }

    /// What a kind of member generates and consumes in a quarter, ppm of its power.
    pub(super) fn shares(&self, kind: Kind, quarter: u64) -> (u64, u64) {
        let at = |series: &[u64]| {
            usize::try_from(quarter)
                .ok()
                .and_then(|place| series.get(place))
                .copied()
                .unwrap_or(0)
        };
        let sun = part(sun(quarter), at(&self.clear));
        match kind {
            Kind::Home => (sun, home(quarter) / 6),
            Kind::Consumer => (0, home(quarter) / 2),
            Kind::Business => (0, if (32..76).contains(&quarter) { 600_000 } else { 120_000 }),
            Kind::Charger => (0, if (24..84).contains(&quarter) { 60_000 } else { 550_000 }),
            Kind::Store => match quarter {
                40..60 => (0, 700_000),
                72..88 => (800_000, 0),
                _ => (0, 0),
            },
            Kind::Solar => (sun, 2_000),
            Kind::Wind => (at(&self.wind), 2_000),
            Kind::Hydro => (750_000, 2_000),
            Kind::Thermal => (if (28..92).contains(&quarter) { 500_000 } else { 0 }, 2_000),
            Kind::Cogeneration => (
                if (24..36).contains(&quarter) || (68..88).contains(&quarter) {
                    800_000
                } else {
                    300_000
                },
                2_000,
            ),
        }
    }
}

/// So much of it, as far as it is known: the same for the same dice.
pub(super) fn known(share: u64, outlook: Outlook, dice: &mut Dice) -> u64 {
    let error = outlook.error();
    let factor = dice.between(WHOLE - error, WHOLE + error);
    part(share, factor).min(WHOLE)
}

/// Wh that a power gives in a quarter at a share of it.
pub(super) fn energy_wh(power_w: u64, share: u64) -> u64 {
    part(power_w, share) / 4
}

fn part(of: u64, share: u64) -> u64 {
    of.saturating_mul(share) / WHOLE
}

/// A parabola from six in the morning to seven in the evening.
fn sun(quarter: u64) -> u64 {
    let (rise, set) = (24, 76);
    if !(rise..set).contains(&quarter) {
        return 0;
    }
    4 * WHOLE * (quarter - rise) * (set - quarter) / ((set - rise) * (set - rise))
}

/// A household: up in the morning, back in the evening.
fn home(quarter: u64) -> u64 {
    match quarter / 4 {
        0..=5 => 250_000,
        6..=8 => 700_000,
        9..=16 => 400_000,
        17..=21 => 950_000,
        _ => 500_000,
    }
}

fn drift(mut dice: Dice, least: u64, most: u64) -> Vec<u64> {
    let mut now = dice.between(least, most);
    let step = (most - least) / 8;
    let next = |_| {
        now = dice.between(now.saturating_sub(step).max(least), (now + step).min(most));
        now
    };
    (0..QUARTERS).map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sun_shines_by_day_and_at_noon_the_most() {
        assert_eq!((sun(0), sun(95), sun(50)), (0, 0, WHOLE));
        assert!(sun(30) < sun(40) && sun(60) > sun(70));
    }

    #[test]
    fn a_seed_has_its_weather_and_shares_are_shares() {
        let (one, same) = (Weather::of(5), Weather::of(5));
        for (number, quarter) in (0..QUARTERS).enumerate() {
            let kind = Kind::of(number);
            assert_eq!(one.shares(kind, quarter), same.shares(kind, quarter));
            let (generates, consumes) = one.shares(kind, quarter);
            assert!(generates <= WHOLE && consumes <= WHOLE);
        }
        assert_ne!(one.clear, Weather::of(6).clear);
    }

    #[test]
    fn the_nearer_the_better_it_is_known() {
        for outlook in [Outlook::DayAhead, Outlook::Intraday, Outlook::Metered] {
            let off = (0..200)
                .map(|seed| known(500_000, outlook, &mut Dice::new(seed, 3)).abs_diff(500_000))
                .max();
            assert!(off.unwrap() <= outlook.error() / 2);
        }
    }
}
