//! What a certificate is to say.

use std::{collections::BTreeMap, net::IpAddr};

use fabric_msp::{PublicKey, sha256};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, ExtendedKeyUsagePurpose, IsCa,
    KeyIdMethod, KeyUsagePurpose, SanType, SerialNumber,
};
use time::{Duration, OffsetDateTime};

use crate::CryptogenError;

/// A Fabric CA's attribute extension.
const ATTRIBUTES: [u64; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 1];

/// Clocks of other machines may be this far behind.
const BACKDATE: Duration = Duration::minutes(5);

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Signs certificates and revocation lists.
    Authority,
    /// Signs Fabric's messages.
    Identity,
    /// Serves and calls over TLS.
    Tls,
}

/// What a certificate is to say.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) purpose: Purpose,
    pub(crate) subject: DistinguishedName,
    pub(crate) hosts: Vec<String>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) days: u32,
}

impl Template {
    pub(crate) fn new(purpose: Purpose, subject: DistinguishedName, days: u32) -> Self {
        Self {
            purpose,
            subject,
            hosts: Vec::new(),
            attributes: BTreeMap::new(),
            days,
        }
    }

    /// The certificate's parameters for a key, valid from five minutes ago.
    pub(crate) fn params(&self, key: &PublicKey) -> Result<CertificateParams, CryptogenError> {
        let mut params = CertificateParams::default();
        params.serial_number = Some(serial()?);
        params.distinguished_name = self.subject.clone();
        params.not_before = now() - BACKDATE;
        params.not_after = params.not_before + Duration::days(i64::from(self.days));
        params.key_identifier_method = KeyIdMethod::PreSpecified(sha256(key.sec1()).to_vec());
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.is_ca = IsCa::ExplicitNoCa;
        params.subject_alt_names = self
            .hosts
            .iter()
            .map(|host| host_name(host))
            .collect::<Result<_, _>>()?;
        match self.purpose {
            Purpose::Authority => {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                params
                    .key_usages
                    .extend([KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign]);
            }
            Purpose::Identity => {}
            Purpose::Tls => {
                params.extended_key_usages =
                    vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
            }
        }
        if !self.attributes.is_empty() {
            // Raw JSON, as a Fabric CA writes it, with no DER around it.
            let json = serde_json::json!({ "attrs": self.attributes }).to_string();
            params
                .custom_extensions
                .push(CustomExtension::from_oid_content(&ATTRIBUTES, json.into_bytes()));
        }
        Ok(params)
    }
}

/// The present second: certificates know no smaller unit.
pub(crate) fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now)
}

fn host_name(host: &str) -> Result<SanType, CryptogenError> {
    match host.parse::<IpAddr>() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => Ok(SanType::DnsName(host.try_into()?)),
    }
}

/// 127 random bits, the first of them set, so that the number is positive and always of one length.
fn serial() -> Result<SerialNumber, CryptogenError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| CryptogenError::NoRandomness)?;
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    Ok(SerialNumber::from_slice(&bytes))
}
