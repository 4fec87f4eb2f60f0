//! What is asked of the chaincodes.

use std::fmt;

use bytes::Bytes;
use fabric_protos::protos::ChaincodeInput;
use prost::Message as _;

/// Rows of the ledger; transactions go through them in turn.
pub(super) const ROWS: usize = 1_000;
/// Bytes of a value: an order of the market has about as many.
const VALUE: usize = 200;
/// Keys of one transaction of [`Call::ModifyAll`].
const KEYS: usize = 20;

/// One of the functions measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Put,
    Get,
    Modify,
    ModifyAll,
}

impl Call {
    pub(super) const ALL: [Self; 4] = [Self::Put, Self::Get, Self::Modify, Self::ModifyAll];

    /// The payload of the transaction of that number.
    pub(super) fn input(self, number: usize) -> Bytes {
        let key = |index: usize| row(number + index);
        let prefix = || Bytes::from(format!("{:08}", number % 100_000_000));
        let args = match self {
            Self::Put => vec!["put".into(), key(0), value()],
            Self::Get => vec!["get".into(), key(0)],
            Self::Modify => vec!["modify".into(), key(0), prefix()],
            Self::ModifyAll => ["modify_all".into(), prefix()]
                .into_iter()
                .chain((0..KEYS).map(key))
                .collect(),
        };
        let input = ChaincodeInput {
            args,
            ..ChaincodeInput::default()
        };
        input.encode_to_vec().into()
    }

    /// Bytes of the result, and writes handed over, of one such transaction.
    pub(super) const fn result(self) -> (usize, usize) {
        match self {
            Self::Put | Self::Modify => (0, 1),
            Self::Get => (VALUE, 0),
            Self::ModifyAll => (0, KEYS),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Put => "put",
            Self::Get => "get",
            Self::Modify => "read-modify-write",
            Self::ModifyAll => "read-modify-write of 20 keys",
        })
    }
}

pub(super) fn row(number: usize) -> Bytes {
    format!("order/{:010}", number % ROWS).into()
}

pub(super) fn value() -> Bytes {
    vec![b'v'; VALUE].into()
}
