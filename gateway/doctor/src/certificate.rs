//! Certificates and revocation lists by the day on which they end.

use std::collections::HashSet;

use fabric_msp::{Certificate, sha256};
use rustls_pki_types::pem::{SectionKind, from_buf};
use serde::Serialize;
use time::OffsetDateTime;
use x509_parser::{prelude::FromDer, revocation_list::CertificateRevocationList};

const SECONDS_A_DAY: i64 = 86_400;

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It issues others.
    Authority,
    /// It names someone: an identity, or a TLS server or client.
    Holder,
    /// A list of revoked certificates.
    List,
}

/// How a certificate stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Ended.
    Expired,
    /// Ends within the days that were asked for.
    Soon,
    /// Begins later.
    Early,
    /// Holds.
    Valid,
    /// The dates in a revocation list do not count: Fabric acts on it for as long as the channel holds it.
    Undated,
}

impl Kind {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Holder => "holder",
            Self::List => "list",
        }
    }
}

impl Standing {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Soon => "soon",
            Self::Early => "early",
            Self::Valid => "valid",
            Self::Undated => "undated",
        }
    }
}

/// A certificate or list with its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dated {
    /// Whole days until it ends; negative when it has.
    pub days_left: i64,
    /// How it stands.
    pub standing: Standing,
    /// What it is for.
    pub kind: Kind,
    /// The subject's common name; of a list, its issuer's name.
    pub subject: String,
    /// Names and addresses of a TLS certificate.
    pub names: Vec<String>,
    /// The day of the end, in UTC.
    pub until: String,
    /// The last second, Unix time.
    pub not_after: i64,
    /// Where it was found: a file, an address, a place in the channel's configuration.
    pub source: String,
    /// At how many other places the same bytes were found.
    pub copies: usize,
}

/// Certificates as they are found, each once.
#[derive(Debug)]
pub struct Calendar {
    now: i64,
    warn_days: i64,
    seen: HashSet<[u8; 32]>,
    dated: Vec<([u8; 32], Dated)>,
}

impl Calendar {
    /// An empty calendar on the day of `now`, in Unix time, that warns so many days before an end.
    pub fn new(now: i64, warn_days: u32) -> Self {
        Self {
            now,
            warn_days: warn_days.into(),
            seen: HashSet::new(),
            dated: Vec::new(),
        }
    }

    /// Adds every certificate and list of a PEM text; other blocks, such as keys, are left alone.
    ///
    /// # Errors
    /// What is damaged. What came before it has been added.
    pub fn add_pem(&mut self, source: &str, pem: &[u8]) -> Result<(), String> {
        let mut rest = std::io::Cursor::new(pem);
        loop {
            match from_buf(&mut rest) {
                Ok(None) => return Ok(()),
                Ok(Some((SectionKind::Certificate, der))) => self.add_certificate(source, &der)?,
                Ok(Some((SectionKind::Crl, der))) => self.add_list(source, &der)?,
                Ok(Some(_)) => {}
                Err(error) => return Err(format!("damaged PEM: {error:?}")),
            }
        }
    }

    /// Adds a certificate.
    ///
    /// # Errors
    /// When it is none.
    pub fn add_certificate(&mut self, source: &str, der: &[u8]) -> Result<(), String> {
        let certificate = Certificate::from_der(der.to_vec()).map_err(|error| error.to_string())?;
        let (from, until) = (certificate.not_before(), certificate.not_after());
        let subject = certificate.subject_common_name().unwrap_or_default().to_owned();
        self.add(
            der,
            Dated {
                days_left: self.days(until),
                standing: self.standing(from, until),
                kind: if certificate.is_ca() {
                    Kind::Authority
                } else {
                    Kind::Holder
                },
                subject,
                names: certificate.alternative_names().to_vec(),
                until: day(until),
                not_after: until,
                source: source.to_owned(),
                copies: 0,
            },
        );
        Ok(())
    }

    fn add_list(&mut self, source: &str, der: &[u8]) -> Result<(), String> {
        let (_, list) = CertificateRevocationList::from_der(der).map_err(|error| error.to_string())?;
        let until = list.next_update().map_or(i64::MAX, |time| time.timestamp());
        let issuer = list.issuer().iter_common_name().next();
        let issuer = issuer.and_then(|name| name.as_str().ok()).unwrap_or_default();
        let revoked = list.iter_revoked_certificates().count();
        self.add(
            der,
            Dated {
                days_left: self.days(until),
                standing: Standing::Undated,
                kind: Kind::List,
                subject: format!("{issuer}, {revoked} revoked"),
                names: Vec::new(),
                until: day(until),
                not_after: until,
                source: source.to_owned(),
                copies: 0,
            },
        );
        Ok(())
    }

    fn add(&mut self, der: &[u8], dated: Dated) {
        let hash = sha256(der);
        if self.seen.insert(hash) {
            self.dated.push((hash, dated));
        } else if let Some((_, first)) = self.dated.iter_mut().find(|(known, _)| *known == hash) {
            first.copies += 1;
        }
    }

    fn days(&self, until: i64) -> i64 {
        until.saturating_sub(self.now).div_euclid(SECONDS_A_DAY)
    }

    fn standing(&self, from: i64, until: i64) -> Standing {
        match () {
            () if until < self.now => Standing::Expired,
            () if from > self.now => Standing::Early,
            () if self.days(until) < self.warn_days => Standing::Soon,
            () => Standing::Valid,
        }
    }

    /// What was found, the most urgent first.
    pub fn into_dated(self) -> Vec<Dated> {
        let mut dated: Vec<Dated> = self.dated.into_iter().map(|(_, dated)| dated).collect();
        dated.sort_by(|a, b| (a.not_after, &a.source).cmp(&(b.not_after, &b.source)));
        dated.sort_by_key(|dated| dated.kind == Kind::List);
        dated
    }
}

fn day(at: i64) -> String {
    OffsetDateTime::from_unix_timestamp(at).map_or_else(|_| "never".to_owned(), |time| time.date().to_string())
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};

    use super::*;

    fn pem(name: &str, year: i32, authority: bool) -> String {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 11);
        if authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn the_most_urgent_comes_first_and_the_same_bytes_once() {
        let now = date_time_ymd(2030, 1, 1).unix_timestamp();
        let mut calendar = Calendar::new(now, 30);
        let (late, soon, gone) = (
            pem("late", 2031, true),
            pem("soon", 2030, false),
            pem("gone", 2029, false),
        );
        calendar.add_pem("bundle", format!("{late}{soon}").as_bytes()).unwrap();
        calendar.add_pem("again", late.as_bytes()).unwrap();
        calendar.add_pem("old", gone.as_bytes()).unwrap();
        let dated = calendar.into_dated();
        let told: Vec<_> = dated
            .iter()
            .map(|one| (one.source.as_str(), one.standing, one.kind, one.copies))
            .collect();
        assert_eq!(
            told,
            [
                ("old", Standing::Expired, Kind::Holder, 0),
                ("bundle", Standing::Soon, Kind::Holder, 0),
                ("bundle", Standing::Valid, Kind::Authority, 1),
            ]
        );
        assert_eq!((dated[0].days_left, dated[1].days_left), (-355, 10));
    }

    #[test]
    fn keys_are_left_alone_and_damage_is_told() {
        let mut calendar = Calendar::new(0, 30);
        calendar
            .add_pem("key", KeyPair::generate().unwrap().serialize_pem().as_bytes())
            .unwrap();
        let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(calendar.add_pem("junk", junk.as_bytes()).is_err());
        assert!(calendar.into_dated().is_empty());
    }
}
