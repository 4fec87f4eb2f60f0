//! What governance keeps as versions, and the matrix whose rows come in several transactions.

use std::fmt;

use der_market::calendar::Calendar;
use der_market::grid::{Distances, GOVERNED_MATRIX_LIMIT};
use der_market::id::PointId;
use der_market::parameters::Parameters;
use der_market::schedule::Schedule;
use der_market::units::Distance;
use serde::{Deserialize, Serialize};

use crate::bytes::Digest;
use crate::codec;
use crate::error_code::{ApiError, ErrorCode};

/// What is kept as versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The rules: weights, tariff, band, caps and floors, and every part's own.
    Parameters,
    /// R and F by class, energy type and period.
    Schedule,
    /// Local days and tariff periods.
    Calendar,
    /// Electrical distances between connection points.
    Distances,
}

impl Subject {
    /// Every subject.
    pub const ALL: [Self; 4] = [Self::Parameters, Self::Schedule, Self::Calendar, Self::Distances];
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parameters => "parameters",
            Self::Schedule => "schedule",
            Self::Calendar => "calendar",
            Self::Distances => "distances",
        })
    }
}

/// A version as it is proposed and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "one is held at a time")]
pub enum Content {
    /// The rules.
    Parameters(Parameters),
    /// Prices.
    Schedule(Schedule),
    /// Days and periods.
    Calendar(Calendar),
    /// The head of a matrix; its rows come apart.
    Distances(MatrixHead),
}

impl Content {
    /// What it is a version of.
    pub const fn subject(&self) -> Subject {
        match self {
            Self::Parameters(_) => Subject::Parameters,
            Self::Schedule(_) => Subject::Schedule,
            Self::Calendar(_) => Subject::Calendar,
            Self::Distances(_) => Subject::Distances,
        }
    }

    /// SHA-256 of its JSON: whoever approves says what it approves.
    ///
    /// # Errors
    /// None in practice; see [`codec::encode`].
    pub fn digest(&self) -> Result<Digest, ApiError> {
        Ok(Digest::of(&codec::encode(self)?))
    }
}

/// A distance matrix by its points and the root of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixHead {
    /// The points, in the order of rows and columns.
    pub points: Vec<PointId>,
    /// SHA-256 of the JSON of points and row hashes; a row's hash is SHA-256 of its JSON.
    pub root: Digest,
}

impl MatrixHead {
    /// The head of a matrix.
    ///
    /// # Errors
    /// None in practice; see [`codec::encode`].
    pub fn of(matrix: &Distances) -> Result<Self, ApiError> {
        Ok(Self {
            points: matrix.points.clone(),
            root: root(matrix)?,
        })
    }

    /// Puts a matrix together from its rows: all hashes match the root, and the matrix is square, symmetric, 1 on its diagonal.
    ///
    /// # Errors
    /// [`ErrorCode::MatrixIncomplete`] where a row is missing or is not the root's; [`ErrorCode::DistancesInvalid`].
    pub fn assemble(&self, rows: Vec<Vec<Distance>>) -> Result<Distances, ApiError> {
        let matrix = Distances {
            points: self.points.clone(),
            rows,
            reference_mohm: None,
        };
        if root(&matrix)? != self.root {
            let detail = "the published rows do not hash to the root of the proposal";
            return Err(ApiError::new(ErrorCode::MatrixIncomplete, detail));
        }
        if !matrix.is_well_formed_up_to(GOVERNED_MATRIX_LIMIT) {
            return Err(ErrorCode::DistancesInvalid.into());
        }
        Ok(matrix)
    }
}

fn root(matrix: &Distances) -> Result<Digest, ApiError> {
    let hash = |row: &Vec<Distance>| Ok(Digest::of(&codec::encode(row)?));
    let hashes: Vec<Digest> = matrix.rows.iter().map(hash).collect::<Result<_, ApiError>>()?;
    Ok(Digest::of(&codec::encode(&(&matrix.points, hashes))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(far: u32) -> Distances {
        let mohm = |d| Distance::new(d).unwrap();
        Distances {
            points: ["a", "b"].map(|point| PointId::new(point).unwrap()).to_vec(),
            rows: vec![vec![mohm(1), mohm(far)], vec![mohm(9), mohm(1)]],
            reference_mohm: None,
        }
    }

    #[test]
    fn a_matrix_is_put_together_from_the_root_s_own_rows_only() {
        let whole = matrix(9);
        let head = MatrixHead::of(&whole).unwrap();
        assert_eq!(head.assemble(whole.rows.clone()), Ok(whole.clone()));
        let code = |rows| head.assemble(rows).unwrap_err().code;
        assert_eq!(code(whole.rows[..1].to_vec()), ErrorCode::MatrixIncomplete);
        assert_eq!(code(matrix(8).rows), ErrorCode::MatrixIncomplete);
        let mut swapped = whole.rows.clone();
        swapped.reverse();
        assert_eq!(code(swapped), ErrorCode::MatrixIncomplete);
        let crooked = MatrixHead::of(&matrix(8)).unwrap();
        assert_eq!(
            crooked.assemble(matrix(8).rows).unwrap_err().code,
            ErrorCode::DistancesInvalid
        );
    }

    #[test]
    fn a_content_tells_its_subject() {
        let content = Content::Distances(MatrixHead::of(&matrix(9)).unwrap());
        let json = String::from_utf8(codec::encode(&content).unwrap()).unwrap();
        assert!(
            json.starts_with(r#"{"distances":{"points":["a","b"],"root":""#),
            "{json}"
        );
        assert_eq!(
            (content.subject(), content.subject().to_string().as_str()),
            (Subject::Distances, "distances")
        );
    }
}
