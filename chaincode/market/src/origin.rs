//! Certificates of origin: one for each MWh of settled, metered energy of a plant.
//!
//! A plant's account counts what all its settled slots gave. As many certificates as whole MWh are out; the remainder is carried over. A
//! correction that takes energy away withdraws certificates that the owner still holds and has not claimed. What others hold or what is
//! claimed stays: it is a deficit, which later energy pays first.

use std::fmt;
use std::str::FromStr;

use serde::de;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::calendar::{BadDate, Date};

/// Wh of one certificate.
pub const CERTIFICATE_WH: u64 = 1_000_000;

/// Why an account refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// More than the holder has free.
    #[error("the holder has fewer certificates that are whole and not claimed")]
    TooFew,
    /// More than the holder's certificates hold unclaimed.
    #[error("the holder has less energy that is not claimed")]
    ClaimTooLarge,
    /// A sum beyond its bound.
    #[error("a sum beyond its bound")]
    Overflow,
}

/// A month of a plant's accruals, written `YYYY-MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginMonth {
    year: u32,
    month: u32,
}

impl OriginMonth {
    /// The month of a date.
    pub fn of(date: Date) -> Self {
        let (year, month, _) = date.parts();
        Self { year, month }
    }
}

impl fmt::Display for OriginMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for OriginMonth {
    type Err = BadDate;

    fn from_str(text: &str) -> Result<Self, BadDate> {
        format!("{text}-01").parse().map(Self::of)
    }
}

impl Serialize for OriginMonth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OriginMonth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A plant's account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Wh of all settled slots.
    pub accrued_wh: u64,
    /// Certificates that are out.
    pub issued: u64,
}

/// What one participant holds of a plant's certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Certificates.
    pub certificates: u64,
    /// Wh of them that it has claimed.
    pub claimed_wh: u64,
}

impl Origin {
    /// Replaces what some slots gave by what they give now, and issues to the owner or withdraws from it.
    ///
    /// # Errors
    /// [`OriginError::Overflow`] beyond the bounds.
    pub fn correct(&mut self, before_wh: u64, now_wh: u64, owner: &mut Holding) -> Result<(), OriginError> {
        let rest = self.accrued_wh.checked_sub(before_wh).ok_or(OriginError::Overflow)?;
        self.accrued_wh = rest.checked_add(now_wh).ok_or(OriginError::Overflow)?;
        let due = self.accrued_wh.div_euclid(CERTIFICATE_WH);
        if due >= self.issued {
            owner.certificates = owner
                .certificates
                .checked_add(due.saturating_sub(self.issued))
                .ok_or(OriginError::Overflow)?;
            self.issued = due;
        } else {
            let withdrawn = self.issued.saturating_sub(due).min(owner.free());
            owner.certificates = owner.certificates.saturating_sub(withdrawn);
            self.issued = self.issued.saturating_sub(withdrawn);
        }
        Ok(())
    }

    /// Wh that certificates stand for beyond what was accrued.
    pub fn deficit_wh(&self) -> u64 {
        self.issued
            .saturating_mul(CERTIFICATE_WH)
            .saturating_sub(self.accrued_wh)
    }
}

impl Holding {
    /// Certificates that are whole and unclaimed.
    pub fn free(&self) -> u64 {
        self.unclaimed_wh().div_euclid(CERTIFICATE_WH)
    }

    /// Wh that can still be claimed.
    pub fn unclaimed_wh(&self) -> u64 {
        self.certificates
            .saturating_mul(CERTIFICATE_WH)
            .saturating_sub(self.claimed_wh)
    }

    /// Moves whole, unclaimed certificates to another holder.
    ///
    /// # Errors
    /// [`OriginError::TooFew`] where it has fewer.
    pub fn transfer(&mut self, to: &mut Self, certificates: u64) -> Result<(), OriginError> {
        if certificates > self.free() {
            return Err(OriginError::TooFew);
        }
        self.certificates = self.certificates.saturating_sub(certificates);
        to.certificates = to.certificates.checked_add(certificates).ok_or(OriginError::Overflow)?;
        Ok(())
    }

    /// Claims energy, for ever.
    ///
    /// # Errors
    /// [`OriginError::ClaimTooLarge`] where less is unclaimed.
    pub fn claim(&mut self, wh: u64) -> Result<(), OriginError> {
        if wh > self.unclaimed_wh() {
            return Err(OriginError::ClaimTooLarge);
        }
        self.claimed_wh = self.claimed_wh.checked_add(wh).ok_or(OriginError::Overflow)?;
        Ok(())
    }
}

#[cfg(test)]
#[path = "origin_tests.rs"]
mod tests;
