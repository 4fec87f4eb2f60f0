//! Statements in whole fen that add up to exact books.

use serde::{Deserialize, Serialize};

use crate::journal::sum_of;
use crate::units::{Money, UnitError};

/// Nyuan in one fen.
pub const FEN: i128 = 10_000_000;

/// Exact amounts in whole fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rounded {
    /// Each amount in whole fen; they sum to the total.
    pub lines: Vec<Money>,
    /// The sum, rounded to fen half away from zero.
    pub total: Money,
    /// What the total leaves of the exact sum: at most half a fen. It opens the next statement.
    pub rest: Money,
}

/// Rounds a statement. Lines are floored; the fen that are left go to the largest remainders, then to the lowest line numbers.
///
/// The rest of the statement before is one of the amounts, usually the first.
///
/// # Errors
/// [`UnitError::Overflow`] beyond i128.
pub fn round(amounts: &[Money]) -> Result<Rounded, UnitError> {
    let exact = sum_of(amounts.iter().copied())?;
    let total = to_fen(exact)?;
    let mut floored: Vec<i128> = amounts.iter().map(|amount| amount.get().div_euclid(FEN)).collect();
    let given = floored.iter().try_fold(0_i128, |sum, fen| sum.checked_add(*fen));
    let left = given.and_then(|given| total.get().div_euclid(FEN).checked_sub(given));
    let left = usize::try_from(left.ok_or(UnitError::Overflow("fen of a statement"))?).unwrap_or(0);
    for place in by_remainder(amounts).into_iter().take(left) {
        if let Some(fen) = floored.get_mut(place) {
            *fen = fen.saturating_add(1);
        }
    }
    let money = |fen: i128| fen.checked_mul(FEN).map(Money::nyuan);
    let lines: Option<Vec<Money>> = floored.into_iter().map(money).collect();
    Ok(Rounded {
        lines: lines.ok_or(UnitError::Overflow("fen of a line"))?,
        total,
        rest: exact.minus(total)?,
    })
}

/// Places of the amounts, the largest remainder first, then in order.
fn by_remainder(amounts: &[Money]) -> Vec<usize> {
    let mut places: Vec<(i128, usize)> = amounts
        .iter()
        .enumerate()
        .map(|(place, amount)| (amount.get().rem_euclid(FEN), place))
        .collect();
    places.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    places.into_iter().map(|(_, place)| place).collect()
}

/// The nearest whole fen; a half goes away from zero.
///
/// # Errors
/// [`UnitError::Overflow`] beyond i128.
pub fn to_fen(exact: Money) -> Result<Money, UnitError> {
    let half = FEN.div_euclid(2);
    let away = match exact.get() {
        value if value < 0 => value.checked_sub(half),
        value => value.checked_add(half),
    };
    let away = away.ok_or(UnitError::Overflow("rounding to fen"))?;
    Ok(Money::nyuan(away.saturating_sub(away.checked_rem(FEN).unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(values: &[i128]) -> Vec<Money> {
        values.iter().copied().map(Money::nyuan).collect()
    }

    #[test]
    fn a_half_goes_away_from_zero() {
        for (exact, fen) in [
            (5_000_000, 1),
            (4_999_999, 0),
            (-5_000_000, -1),
            (-4_999_999, 0),
            (15_000_000, 2),
        ] {
            assert_eq!(to_fen(Money::nyuan(exact)), Ok(Money::nyuan(fen * FEN)), "{exact}");
        }
    }

    #[test]
    fn leftover_fen_go_by_remainder_then_by_line_number() {
        let rounded = round(&money(&[3_000_000, 8_000_000, 3_000_000, 6_000_000])).unwrap();
        assert_eq!(rounded.lines, money(&[0, FEN, 0, FEN]));
        let equal = round(&money(&[5_000_000, 5_000_000, 5_000_000])).unwrap();
        assert_eq!(equal.lines, money(&[FEN, FEN, 0]), "15 million are rounded to two fen");
        assert_eq!((equal.total.get(), equal.rest.get()), (2 * FEN, -5_000_000));
    }

    #[test]
    fn the_papers_statement_is_in_whole_fen_already() {
        let rounded = round(&money(&[-110_000_000_000, -4_000_000_000])).unwrap();
        assert_eq!((rounded.total.get(), rounded.rest), (-114_000_000_000, Money::ZERO));
    }

    #[test]
    fn the_rounding_remainder_is_carried_and_never_lost() {
        let third = Money::nyuan(3_333_333);
        let (mut rest, mut paid) = (Money::ZERO, Money::ZERO);
        for _ in 0..300 {
            let rounded = round(&[rest, third]).unwrap();
            rest = rounded.rest;
            paid = paid.plus(rounded.total).unwrap();
        }
        assert_eq!(paid.plus(rest), Ok(Money::nyuan(300 * 3_333_333)));
        assert_eq!(paid.get(), 100 * FEN, "a hundred fen were paid for 99.99999 fen");
    }

    proptest! {
        #[test]
        fn a_statement_adds_up_exactly(values in proptest::collection::vec(-1_000_000_000_000_i64..1_000_000_000_000, 0..60)) {
            let exact = money(&values.iter().map(|value| i128::from(*value)).collect::<Vec<_>>());
            let rounded = round(&exact).unwrap();
            prop_assert_eq!(sum_of(rounded.lines.iter().copied()), Ok(rounded.total));
            prop_assert_eq!(rounded.total.plus(rounded.rest), sum_of(exact.iter().copied()));
            prop_assert!(rounded.rest.get().abs() * 2 <= FEN);
            for (line, exact) in rounded.lines.iter().zip(&exact) {
                prop_assert_eq!(line.get().rem_euclid(FEN), 0);
                prop_assert!((line.get() - exact.get()).abs() < FEN, "a line is less than one fen from its amount");
            }
        }

        #[test]
        fn rounding_differences_between_parties_sum_to_what_is_carried(values in proptest::collection::vec(any::<i32>(), 2..20)) {
            let mut amounts: Vec<i128> = values.iter().map(|value| i128::from(*value)).collect();
            amounts.push(-amounts.iter().sum::<i128>());
            let rounded: Vec<Rounded> = amounts.iter().map(|amount| round(&money(&[*amount])).unwrap()).collect();
            let sum = |part: fn(&Rounded) -> Money| rounded.iter().map(|one| part(one).get()).sum::<i128>();
            prop_assert_eq!(sum(|one| one.total) + sum(|one| one.rest), 0);
        }
    }
}
