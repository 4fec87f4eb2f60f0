//! What an order asks of its counterpart, beyond price and energy.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::ParticipantId;
use crate::participant::{Side, Source};
use crate::units::{Distance, Price};

/// Partners that one order may name.
pub const PARTNERS_LIMIT: usize = 32;

/// Conditions that a counterpart must meet; what is not said is not asked. A pair trades only where both orders' conditions are met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filters {
    /// Energy types that a bid takes; empty for any. An offer names none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sources: BTreeSet<Source>,
    /// The only participants to trade with; empty for any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub partners: BTreeSet<ParticipantId>,
    /// The longest electrical distance, mΩ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_distance_mohm: Option<Distance>,
    /// p that both sides agreed on beforehand, at the seller's meter: the counterpart must name the same. For bilateral slots only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_price: Option<Price>,
}

/// Why filters are not well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FiltersError {
    /// Nothing is asked.
    #[error("filters that ask nothing are left out of the order")]
    Empty,
    /// Energy types in an offer.
    #[error("only a bid names energy types; an offer's is its owner's")]
    SourcesOfOffer,
    /// Too many partners.
    #[error("an order names at most {PARTNERS_LIMIT} partners")]
    TooManyPartners,
}

impl Filters {
    /// Checks what filters must satisfy on their own.
    ///
    /// # Errors
    /// [`FiltersError`] names the first rule that does not hold.
    pub fn validate(&self, side: Side) -> Result<(), FiltersError> {
        if *self == Self::default() {
            return Err(FiltersError::Empty);
        }
        if side == Side::Seller && !self.sources.is_empty() {
            return Err(FiltersError::SourcesOfOffer);
        }
        if self.partners.len() > PARTNERS_LIMIT {
            return Err(FiltersError::TooManyPartners);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_is_not_written() {
        let near = Filters {
            max_distance_mohm: Distance::new(20).ok(),
            ..Filters::default()
        };
        assert_eq!(serde_json::to_string(&near).unwrap(), r#"{"max_distance_mohm":20}"#);
        assert_eq!(
            serde_json::from_str::<Filters>(r#"{"max_distance_mohm":20}"#).unwrap(),
            near
        );
        assert_eq!(near.validate(Side::Seller), Ok(()));
    }

    #[test]
    fn malformed_filters_are_known() {
        let sun = Filters {
            sources: [Source::Photovoltaic].into(),
            ..Filters::default()
        };
        let crowd = Filters {
            partners: (0..=PARTNERS_LIMIT)
                .map(|n| format!("M:u{n}").parse().unwrap())
                .collect(),
            ..Filters::default()
        };
        assert_eq!(Filters::default().validate(Side::Buyer), Err(FiltersError::Empty));
        assert_eq!(sun.validate(Side::Seller), Err(FiltersError::SourcesOfOffer));
        assert_eq!(sun.validate(Side::Buyer), Ok(()));
        assert_eq!(crowd.validate(Side::Buyer), Err(FiltersError::TooManyPartners));
    }
}
