//! Typed identifiers. Their characters cannot hold a separator of any key, so no identifier reaches into another table.

use std::fmt;
use std::str::FromStr;

use serde::de;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest identifier in bytes.
pub const LONGEST: usize = 64;

/// An identifier with a character, or of a length, that is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad identifier: a {0} has 1 to 64 of the characters A-Z a-z 0-9 . _ - (and @ in an enrolment id)")]
pub struct IdError(&'static str);

impl IdError {
    /// The first words of every such error's text, by which a reader of the text knows it.
    pub const START: &'static str = "bad identifier: ";
}

fn valid(text: &str, also: Option<char>) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') || Some(c) == also;
    !text.is_empty() && text.len() <= LONGEST && text.chars().all(allowed)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $label:literal, $also:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks length and characters.
            ///
            /// # Errors
            /// [`IdError`] for anything but 1 to 64 allowed characters.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                if valid(&text, $also) { Ok(Self(text)) } else { Err(IdError($label)) }
            }

            /// The identifier's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}

id!(
    /// A market: one per channel.
    MarketId, "market id", None
);
id!(
    /// An organisation's membership service provider, such as `GridMSP`.
    MspId, "MSP id", None
);
id!(
    /// A user's enrolment id within its organisation, as its certificate says.
    EnrolmentId, "enrolment id", Some('@')
);
id!(
    /// A point of common coupling (PCC).
    PointId, "connection point id", None
);
id!(
    /// A plant on the energy chain.
    PlantId, "plant id", None
);
id!(
    /// A device of a user, unique among its owner's for ever.
    DeviceId, "device id", None
);
id!(
    /// A meter.
    MeterId, "meter id", None
);
id!(
    /// An order's id, chosen by its owner and unique among the owner's orders for ever.
    OrderId, "order id", None
);
id!(
    /// A contract: slot and rank in clearing.
    ContractId, "contract id", None
);
id!(
    /// A deposit or a withdrawal, chosen by its owner and unique among the owner's for ever.
    PaymentId, "payment id", None
);

/// A participant: (MSP id, enrolment id), written `MicrogridMSP:alice`. It outlives any certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantId {
    /// The organisation that vouches for the participant.
    pub msp: MspId,
    /// The id under which it enrolled.
    pub user: EnrolmentId,
}

impl ParticipantId {
    /// Joins the two parts.
    pub fn new(msp: MspId, user: EnrolmentId) -> Self {
        Self { msp, user }
    }
}

impl fmt::Display for ParticipantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.msp, self.user)
    }
}

impl FromStr for ParticipantId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (msp, user) = text.split_once(':').ok_or(IdError("participant id (MSP:enrolment)"))?;
        Ok(Self {
            msp: msp.parse()?,
            user: user.parse()?,
        })
    }
}

impl Serialize for ParticipantId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ParticipantId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn separators_and_controls_are_refused() {
        for text in [
            "",
            "a\0b",
            "a/b",
            "a:b",
            "a b",
            "é",
            "a\u{10ffff}",
            "a@b",
            &"x".repeat(65),
        ] {
            assert!(PointId::new(text).is_err(), "{text:?}");
        }
        assert!(EnrolmentId::new("User1@microgrid.example.com").is_ok());
        assert!("MicrogridMSP".parse::<ParticipantId>().is_err());
        assert!("MicrogridMSP:a:b".parse::<ParticipantId>().is_err());
    }

    #[test]
    fn the_error_begins_as_announced() {
        assert!(PointId::new("").unwrap_err().to_string().starts_with(IdError::START));
    }

    proptest! {
        #[test]
        fn a_participant_survives_its_text(msp in "[A-Za-z0-9._-]{1,64}", user in "[A-Za-z0-9._@-]{1,64}") {
            let id = ParticipantId::new(msp.parse().unwrap(), user.parse().unwrap());
            prop_assert_eq!(id.to_string().parse::<ParticipantId>(), Ok(id));
        }
    }
}
