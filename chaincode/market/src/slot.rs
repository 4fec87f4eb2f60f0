//! Delivery slots: quarters of an hour, counted from 1970 in UTC; and the auctions in which a slot is traded.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::units::{UnitError, unit};

/// Seconds in a slot.
pub const SECONDS: u64 = 900;

unit!(
    /// A delivery slot: ⌊UTC seconds / 900⌋, at most ten decimal digits, so that keys sort as numbers do.
    Slot, u64, "slot", 0, 9_999_999_999
);

impl Slot {
    /// Ten digits, for keys.
    pub fn padded(self) -> String {
        format!("{:010}", self.get())
    }
}

/// One book of a slot: round 0 is the day-ahead auction, or the only one; the later rounds are intraday auctions.
///
/// Round 0 is written as its slot, in JSON as a number; a later one as the text `slot.round`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Auction {
    /// When it delivers.
    pub slot: Slot,
    /// Which of the slot's auctions, below 100.
    pub round: u8,
}

/// Why a text names no auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an auction is a slot, or slot.round with a round from 1 to 99")]
pub struct BadAuction;

impl Auction {
    /// The latest round of a slot.
    pub const LAST_ROUND: u8 = 99;

    /// An auction of a slot.
    ///
    /// # Errors
    /// [`BadAuction`] for a round above [`Auction::LAST_ROUND`].
    pub fn new(slot: Slot, round: u8) -> Result<Self, BadAuction> {
        if round > Self::LAST_ROUND {
            return Err(BadAuction);
        }
        Ok(Self { slot, round })
    }

    /// True for the day-ahead auction, or the only one.
    pub fn is_day_ahead(self) -> bool {
        self.round == 0
    }

    /// The slot's auction before this one; none before the first.
    pub fn before(self) -> Option<Self> {
        let round = self.round.checked_sub(1)?;
        Some(Self { round, ..self })
    }

    /// Text for keys: sorts by slot, then by round; no auction's text begins another's key.
    pub fn padded(self) -> String {
        if self.is_day_ahead() {
            self.slot.padded()
        } else {
            format!("{}.{:02}", self.slot.padded(), self.round)
        }
    }
}

impl From<Slot> for Auction {
    fn from(slot: Slot) -> Self {
        Self { slot, round: 0 }
    }
}

impl fmt::Display for Auction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_day_ahead() {
            write!(f, "{}", self.slot)
        } else {
            write!(f, "{}.{}", self.slot, self.round)
        }
    }
}

impl FromStr for Auction {
    type Err = BadAuction;

    fn from_str(text: &str) -> Result<Self, BadAuction> {
        let (slot, round) = match text.split_once('.') {
            None => (text, 0),
            Some((slot, round)) if round.len() <= 2 && !round.starts_with(['0', '+']) => {
                (slot, round.parse().map_err(|_| BadAuction)?)
            }
            Some(_) => return Err(BadAuction),
        };
        if slot.is_empty() || !slot.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BadAuction);
        }
        let slot = slot.parse().map_err(|_| BadAuction)?;
        Self::new(Slot::new(slot).map_err(|_| BadAuction)?, round)
    }
}

impl Serialize for Auction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_day_ahead() {
            self.slot.serialize(serializer)
        } else {
            serializer.collect_str(self)
        }
    }
}

impl<'de> Deserialize<'de> for Auction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AuctionVisitor)
    }
}

/// Reads a number as a slot's bounds demand, and a text as a later round's.
struct AuctionVisitor;

impl AuctionVisitor {
    fn slot<E: de::Error>(value: Result<Slot, UnitError>) -> Result<Auction, E> {
        value.map(Auction::from).map_err(E::custom)
    }
}

impl Visitor<'_> for AuctionVisitor {
    type Value = Auction;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Slot::bounds().expecting(f)?;
        f.write_str(", or the text slot.round")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Auction, E> {
        Self::slot(Slot::new(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Auction, E> {
        Slot::bounds()
            .visit_i64(value)
            .and_then(|value| Self::slot(Slot::from_i128(value)))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Auction, E> {
        Slot::bounds()
            .visit_f64(value)
            .and_then(|value| Self::slot(Slot::from_i128(value)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Auction, E> {
        match text.parse::<Auction>() {
            Ok(auction) if !auction.is_day_ahead() => Ok(auction),
            _ => Err(E::custom(BadAuction)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_slots_sort_as_numbers() {
        let (early, late) = (Slot::new(99).unwrap(), Slot::new(1_000).unwrap());
        assert!(early.padded() < late.padded());
        assert!(Slot::new(10_000_000_000).is_err());
        assert!(serde_json::from_str::<Slot>("-1").is_err());
    }

    #[test]
    fn a_day_ahead_session_is_written_as_its_slot() {
        let slot = Slot::new(7).unwrap();
        let (first, third) = (Auction::from(slot), Auction::new(slot, 3).unwrap());
        assert_eq!(serde_json::to_string(&[first, third]).unwrap(), r#"[7,"7.3"]"#);
        assert_eq!(
            serde_json::from_str::<[Auction; 2]>(r#"[7,"7.3"]"#).unwrap(),
            [first, third]
        );
        assert_eq!(
            (first.padded().as_str(), third.padded().as_str()),
            ("0000000007", "0000000007.03")
        );
        assert_eq!("7.3".parse(), Ok(third));
    }

    #[test]
    fn every_auction_has_one_text() {
        for text in [
            "",
            ".",
            "7.",
            "7.0",
            "7.03",
            "7.100",
            "-7",
            "+7",
            "7.+3",
            "7.3.1",
            "99999999999",
        ] {
            assert_eq!(text.parse::<Auction>(), Err(BadAuction), "{text}");
        }
        for json in ["\"7\"", "-1", "1.5", "true", "10000000000", "\"7.0\""] {
            assert!(serde_json::from_str::<Auction>(json).is_err(), "{json}");
        }
        let negative = serde_json::from_str::<Auction>("-1").unwrap_err().to_string();
        assert!(negative.starts_with("negative quantity: slot"), "{negative}");
    }
}
