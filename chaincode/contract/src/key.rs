//! Keys: a table and its parts. Parts are made of typed values only, whose characters hold no separator.

use std::fmt;

use der_api::bytes::Digest;
use der_api::reply::{PaymentKind, Stage};
use der_api::version::Subject;
use der_market::billing::{BillingDay, Month};
use der_market::id::{
    ContractId, DeviceId, EnrolmentId, MeterId, MspId, OrderId, ParticipantId, PaymentId, PlantId, PointId, ProposalId,
};
use der_market::journal::Account;
use der_market::origin::OriginMonth;
use der_market::participant::Side;
use der_market::penalty::Offence;
use der_market::slot::{Auction, Slot};

/// A value that may stand in a key.
pub trait KeyPart {
    /// Adds its parts.
    fn push_parts(&self, parts: &mut Vec<String>);
}

macro_rules! text_part {
    ($($name:ty),*) => {
        $(impl KeyPart for $name {
            fn push_parts(&self, parts: &mut Vec<String>) {
                parts.push(self.to_string());
            }
        })*
    };
}
text_part!(
    ContractId,
    DeviceId,
    MeterId,
    MspId,
    OrderId,
    Month,
    OriginMonth,
    PaymentId,
    PlantId,
    PointId,
    ProposalId,
    Digest,
    Subject
);

impl KeyPart for Slot {
    fn push_parts(&self, parts: &mut Vec<String>) {
        parts.push(self.padded());
    }
}

impl KeyPart for Auction {
    fn push_parts(&self, parts: &mut Vec<String>) {
        parts.push(self.padded());
    }
}

impl KeyPart for ParticipantId {
    fn push_parts(&self, parts: &mut Vec<String>) {
        parts.extend([self.msp.to_string(), self.user.to_string()]);
    }
}

impl KeyPart for Account {
    fn push_parts(&self, parts: &mut Vec<String>) {
        match self {
            Self::Participant(id) => {
                parts.push("participant".to_owned());
                id.push_parts(parts);
            }
            Self::Grid | Self::Retail | Self::Deposits | Self::Rounding => parts.push(self.to_string()),
        }
    }
}

impl KeyPart for Side {
    fn push_parts(&self, parts: &mut Vec<String>) {
        parts.push(
            match self {
                Self::Buyer => "buyer",
                Self::Seller => "seller",
            }
            .to_owned(),
        );
    }
}

impl KeyPart for Offence {
    fn push_parts(&self, parts: &mut Vec<String>) {
        let (kind, contract) = match self {
            Self::Refused(contract) => ("refused", Some(contract)),
            Self::Expired(contract) => ("expired", Some(contract)),
            Self::Unrevealed => ("unrevealed", None),
        };
        parts.push(kind.to_owned());
        parts.extend(contract.map(ToString::to_string));
    }
}

impl KeyPart for Stage {
    fn push_parts(&self, parts: &mut Vec<String>) {
        let name = match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Revealed => "revealed",
            Self::Sealed => "sealed",
            Self::Matched => "matched",
            Self::Ended => "ended",
            Self::Planned => "planned",
            Self::Settled => "settled",
        };
        parts.push(name.to_owned());
    }
}

/// A version, a page or a day, padded so that keys sort as numbers do.
impl KeyPart for PaymentKind {
    fn push_parts(&self, parts: &mut Vec<String>) {
        parts.push(
            match self {
                Self::Deposit => "deposit",
                Self::Withdrawal => "withdrawal",
            }
            .to_owned(),
        );
    }
}

impl KeyPart for BillingDay {
    fn push_parts(&self, parts: &mut Vec<String>) {
        self.get().push_parts(parts);
    }
}

/// A version or a page, padded so that keys sort as numbers do.
impl KeyPart for u32 {
    fn push_parts(&self, parts: &mut Vec<String>) {
        parts.push(format!("{self:010}"));
    }
}

/// A row's key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    table: &'static str,
    parts: Vec<String>,
}

/// The beginning of the keys of one table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyPrefix {
    table: &'static str,
    parts: Vec<String>,
}

fn collect(parts: &[&dyn KeyPart]) -> Vec<String> {
    let mut collected = Vec::new();
    for part in parts {
        part.push_parts(&mut collected);
    }
    collected
}

impl Key {
    /// A key of a table by its parts as text.
    ///
    /// # Errors
    /// [`IdError`](der_market::id::IdError) for a part with a character that no typed part can hold.
    pub(crate) fn of_texts(table: &'static str, parts: Vec<String>) -> Result<Self, der_market::id::IdError> {
        for part in &parts {
            // An enrolment id has the widest set of characters of all parts.
            EnrolmentId::new(part.as_str())?;
        }
        Ok(Self { table, parts })
    }
}

impl KeyPrefix {
    /// The key of a composite key as a peer tells it; none where it does not begin with this prefix.
    pub fn key_of(&self, composite: &str) -> Option<Key> {
        let parts = composite.strip_prefix(&format!("\0{}\0", self.table))?;
        let parts: Vec<String> = parts.split_terminator('\0').map(str::to_owned).collect();
        parts.starts_with(&self.parts).then_some(Key {
            table: self.table,
            parts,
        })
    }
}

macro_rules! key_type {
    ($name:ident) => {
        impl $name {
            pub(crate) fn new(table: &'static str, parts: &[&dyn KeyPart]) -> Self {
                Self {
                    table,
                    parts: collect(parts),
                }
            }

            /// The table: Fabric's object type.
            pub fn table(&self) -> &'static str {
                self.table
            }

            /// The parts: Fabric's attributes.
            pub fn parts(&self) -> &[String] {
                &self.parts
            }

            /// Fabric's composite key: U+0000, then each of table and parts followed by U+0000.
            pub fn composite(&self) -> String {
                let mut key = format!("\0{}\0", self.table);
                for part in &self.parts {
                    key.push_str(part);
                    key.push('\0');
                }
                key
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", self.table, self.parts.join(", "))
            }
        }
    };
}
key_type!(Key);
key_type!(KeyPrefix);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_fabrics_composite_key() {
        let participant: ParticipantId = "M:alice".parse().unwrap();
        let key = Key::new("user", &[&participant, &Slot::new(7).unwrap()]);
        assert_eq!(key.composite(), "\0user\0M\0alice\u{0}0000000007\0");
        assert_eq!(format!("{key:?}"), "user(M, alice, 0000000007)");
        let prefix = KeyPrefix::new("user", &[&participant]);
        assert_eq!(prefix.key_of(&key.composite()), Some(key));
        assert_eq!(prefix.key_of("\0user\0M\0bob\0"), None);
        assert_eq!(KeyPrefix::new("users", &[]).key_of("\0user\0M\0bob\0"), None);
        assert!(Key::of_texts("user", vec!["M\0alice".to_owned()]).is_err());
    }

    proptest! {
        #[test]
        fn two_rows_never_share_a_key(a in "[a-z._-]{1,9}", b in "[a-z._-]{1,9}", c in "[a-z._-]{1,9}", d in "[a-z._-]{1,9}") {
            let key = |x: &str, y: &str| {
                Key::new("t", &[&PointId::new(x).unwrap(), &OrderId::new(y).unwrap()]).composite()
            };
            prop_assert_eq!(key(&a, &b) == key(&c, &d), (a, b) == (c, d));
        }
    }
}
