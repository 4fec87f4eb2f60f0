//! Double entry: every booking is a set of postings whose amounts sum to zero.

use std::fmt;
use std::str::FromStr;

use serde::de;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{IdError, ParticipantId};
use crate::units::{Money, UnitError};

/// Whose money. In JSON a string: `participant:MicrogridMSP:alice`, `grid`, `retail`, `deposits` or `rounding`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// A participant.
    Participant(ParticipantId),
    /// The grid company: network tariffs.
    Grid,
    /// Its electricity-selling company: grid supply and feed-in. The paper's company is grid and retail together.
    Retail,
    /// The other side of opening balances, deposits and withdrawals.
    Deposits,
    /// What statements in whole fen leave of exact books.
    Rounding,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Participant(id) => write!(f, "participant:{id}"),
            Self::Grid => f.write_str("grid"),
            Self::Retail => f.write_str("retail"),
            Self::Deposits => f.write_str("deposits"),
            Self::Rounding => f.write_str("rounding"),
        }
    }
}

impl FromStr for Account {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text {
            "grid" => Ok(Self::Grid),
            "retail" => Ok(Self::Retail),
            "deposits" => Ok(Self::Deposits),
            "rounding" => Ok(Self::Rounding),
            other => other
                .strip_prefix("participant:")
                .unwrap_or_default()
                .parse()
                .map(Self::Participant),
        }
    }
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The balance an account starts with.
    Opening,
    /// d · p: direct trade (DTSC).
    Energy,
    /// d · τ: network tariff of a direct trade.
    Tariff,
    /// u · R: power purchase from the grid (PPSC).
    GridSupply,
    /// v · F: surplus fed in (OGSC).
    FeedIn,
    /// Deviation from a contract beyond the allowance.
    Penalty,
    /// Money paid in, confirmed by the selling company.
    Deposit,
    /// Money paid out, confirmed by the selling company.
    Withdrawal,
    /// The regulator decided that a disputed line falls.
    Decision,
    /// What a statement in whole fen leaves of the exact sum.
    Rounding,
}

/// One side of a booking: positive when the account receives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posting {
    /// Whose.
    pub account: Account,
    /// Why.
    pub purpose: Purpose,
    /// How much, in nyuan.
    pub amount: Money,
}

/// A list of postings that was only ever extended by both sides at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    postings: Vec<Posting>,
}

impl Journal {
    /// Books `amount` from one account to another; nothing for a zero amount.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] where the opposite amount does not exist.
    pub fn transfer(&mut self, from: Account, to: Account, purpose: Purpose, amount: Money) -> Result<(), UnitError> {
        if amount == Money::ZERO {
            return Ok(());
        }
        self.postings.push(Posting {
            account: from,
            purpose,
            amount: amount.negated()?,
        });
        self.postings.push(Posting {
            account: to,
            purpose,
            amount,
        });
        Ok(())
    }

    /// The postings, in the order they were booked.
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    /// The net amount of one account.
    ///
    /// # Errors
    /// [`UnitError::Overflow`] beyond i128.
    pub fn net(&self, account: &Account) -> Result<Money, UnitError> {
        sum(self.postings.iter().filter(|p| p.account == *account))
    }
}

/// Sums postings; a whole booking sums to zero.
///
/// # Errors
/// [`UnitError::Overflow`] beyond i128.
pub fn sum<'a>(postings: impl IntoIterator<Item = &'a Posting>) -> Result<Money, UnitError> {
    sum_of(postings.into_iter().map(|posting| posting.amount))
}

/// Sums amounts.
///
/// # Errors
/// [`UnitError::Overflow`] beyond i128.
pub fn sum_of(amounts: impl IntoIterator<Item = Money>) -> Result<Money, UnitError> {
    amounts.into_iter().try_fold(Money::ZERO, Money::plus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_account_survives_its_text() {
        for text in [
            "grid",
            "retail",
            "deposits",
            "rounding",
            "participant:MicrogridMSP:alice",
        ] {
            assert_eq!(text.parse::<Account>().unwrap().to_string(), text);
        }
        assert!("participant:".parse::<Account>().is_err());
        assert!("company".parse::<Account>().is_err());
    }

    proptest! {
        #[test]
        fn every_journal_sums_to_zero(amounts in proptest::collection::vec(any::<i64>(), 0..50)) {
            let mut journal = Journal::default();
            for amount in amounts {
                journal.transfer(Account::Grid, Account::Retail, Purpose::Energy, Money::nyuan(i128::from(amount))).unwrap();
            }
            prop_assert_eq!(sum(journal.postings()), Ok(Money::ZERO));
        }
    }
}
