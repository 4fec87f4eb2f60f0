//! The simplex method in whole numbers (Edmonds' integer pivoting): no rounding, so that what it finds can be proved.
//!
//! Maximises c·q over q ≥ 0 with A·q ≤ b, b ≥ 0, where a column of A is 1 in a few rows and 0 elsewhere. The inverse of the basis is kept
//! as whole numbers over one common denominator. Ties of the ratio test are broken lexicographically, so that it always ends.

use std::cmp::Ordering;

use super::Unsolved;

/// A variable: it is 1 in these rows.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) worth: i64,
    pub(super) rows: Vec<usize>,
}

/// An optimum with its proof; numbers are over `scale`.
#[derive(Debug)]
pub(super) struct Optimum {
    pub(super) scale: i128,
    /// Of the columns that are not zero.
    pub(super) values: Vec<(usize, i128)>,
    /// Of each row.
    pub(super) duals: Vec<i128>,
}

/// Columns that are looked at before the best of them enters.
const BLOCK: usize = 4_096;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Variable {
    Slack(usize),
    Column(usize),
}

struct Tableau<'a> {
    columns: &'a [Column],
    scale: i128,
    /// scale · B⁻¹, by rows.
    inverse: Vec<Vec<i128>>,
    /// scale · B⁻¹ · b.
    right: Vec<i128>,
    basis: Vec<Variable>,
    /// scale · c_B · B⁻¹.
    duals: Vec<i128>,
    next: usize,
}

/// Solves it.
pub(super) fn maximise(columns: &[Column], bounds: &[u64]) -> Result<Optimum, Unsolved> {
    let rows = bounds.len();
    let unit = |row| (0..rows).map(move |column| i128::from(row == column)).collect();
    let mut tableau = Tableau {
        columns,
        scale: 1,
        inverse: (0..rows).map(unit).collect(),
        right: bounds.iter().map(|bound| i128::from(*bound)).collect(),
        basis: (0..rows).map(Variable::Slack).collect(),
        duals: vec![0; rows],
        next: 0,
    };
    while let Some((entering, gain)) = tableau.entering()? {
        let direction = tableau.direction(entering)?;
        let leaving = tableau.leaving(&direction).ok_or(Unsolved::TooLarge)?;
        tableau.pivot(entering, gain, &direction, leaving)?;
    }
    Ok(tableau.optimum())
}

fn times(one: i128, other: i128) -> Result<i128, Unsolved> {
    one.checked_mul(other).ok_or(Unsolved::TooLarge)
}

impl Tableau<'_> {
    /// A variable that raises the objective, with by how much, scaled; none at the optimum.
    fn entering(&mut self) -> Result<Option<(Variable, i128)>, Unsolved> {
        let slack = self.duals.iter().enumerate().min_by_key(|(_, dual)| **dual);
        if let Some((row, dual)) = slack.filter(|(_, dual)| **dual < 0) {
            return Ok(Some((Variable::Slack(row), -dual)));
        }
        let mut best: Option<(usize, i128)> = None;
        for seen in 0..self.columns.len() {
            if seen % BLOCK == 0 && best.is_some() {
                break;
            }
            let place = (self.next + seen) % self.columns.len();
            let gain = self.gain(place)?;
            if gain > best.map_or(0, |(_, gain)| gain) {
                best = Some((place, gain));
            }
        }
        self.next = best.map_or(0, |(place, _)| place + 1);
        Ok(best.map(|(place, gain)| (Variable::Column(place), gain)))
    }

    fn gain(&self, place: usize) -> Result<i128, Unsolved> {
        let column = &self.columns[place];
        let covered: i128 = column.rows.iter().map(|row| self.duals[*row]).sum();
        Ok(times(self.scale, i128::from(column.worth))? - covered)
    }

    /// scale · B⁻¹ · column.
    fn direction(&self, entering: Variable) -> Result<Vec<i128>, Unsolved> {
        let row_of = |row: &Vec<i128>| match entering {
            Variable::Slack(place) => row[place],
            Variable::Column(place) => self.columns[place].rows.iter().map(|at| row[*at]).sum(),
        };
        Ok(self.inverse.iter().map(row_of).collect())
    }

    /// The row whose variable reaches zero first, the lexicographically smallest of equal ones.
    fn leaving(&self, direction: &[i128]) -> Option<usize> {
        let candidates = (0..direction.len()).filter(|row| direction[*row] > 0);
        candidates.reduce(|best, row| {
            if self.is_before(row, best, direction) {
                row
            } else {
                best
            }
        })
    }

    fn is_before(&self, one: usize, other: usize, direction: &[i128]) -> bool {
        let (by, to) = (direction[other], direction[one]);
        let right = (self.right[one].saturating_mul(by)).cmp(&self.right[other].saturating_mul(to));
        let rest = || {
            let pairs = self.inverse[one].iter().zip(&self.inverse[other]);
            let mut compared = pairs.map(|(mine, theirs)| mine.saturating_mul(by).cmp(&theirs.saturating_mul(to)));
            compared.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        };
        right.then_with(rest).is_lt()
    }

    fn pivot(&mut self, entering: Variable, gain: i128, direction: &[i128], leaving: usize) -> Result<(), Unsolved> {
        let (old, new) = (self.scale, direction[leaving]);
        let pivot_row = self.inverse[leaving].clone();
        let used: Vec<usize> = (0..pivot_row.len()).filter(|place| pivot_row[*place] != 0).collect();
        let pivot_right = self.right[leaving];
        for (row, factor) in direction.iter().enumerate() {
            if row == leaving || (*factor == 0 && new == old) {
                continue;
            }
            eliminate(&mut self.inverse[row], &pivot_row, &used, *factor, old, new)?;
            self.right[row] = (times(self.right[row], new)? - times(*factor, pivot_right)?) / old;
        }
        eliminate(&mut self.duals, &pivot_row, &used, -gain, old, new)?;
        self.basis[leaving] = entering;
        self.scale = new;
        Ok(())
    }

    fn optimum(self) -> Optimum {
        let value = |(variable, value): (&Variable, &i128)| match variable {
            Variable::Column(place) if *value != 0 => Some((*place, *value)),
            _ => None,
        };
        Optimum {
            scale: self.scale,
            values: self.basis.iter().zip(&self.right).filter_map(value).collect(),
            duals: self.duals,
        }
    }
}

/// (row · new − factor · pivot row) / old, which is exact.
fn eliminate(
    row: &mut [i128],
    pivot_row: &[i128],
    used: &[usize],
    factor: i128,
    old: i128,
    new: i128,
) -> Result<(), Unsolved> {
    if new != old {
        for value in row.iter_mut() {
            *value = times(*value, new)?;
        }
        for place in used {
            row[*place] -= times(factor, pivot_row[*place])?;
        }
        row.iter_mut().for_each(|value| *value /= old);
        return Ok(());
    }
    for place in used {
        row[*place] -= times(factor, pivot_row[*place])? / old;
    }
    Ok(())
}
