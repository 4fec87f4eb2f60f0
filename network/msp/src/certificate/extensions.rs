//! The extensions of a certificate that count here.

use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    oid_registry::asn1_rs::{Oid, oid},
};

use super::CertificateError;
use crate::{AttributeError, Attributes};

/// A Fabric CA's attributes.
const ATTRIBUTES: Oid<'static> = oid!(1.2.3.4.5.6.7.8.1);

#[derive(Default)]
pub(super) struct Extensions {
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) authority_key_id: Option<Vec<u8>>,
    pub(super) is_ca: bool,
    pub(super) path_length: Option<u32>,
    pub(super) signs_certificates: Option<bool>,
    pub(super) serves: Option<bool>,
    pub(super) name_constraints: bool,
    pub(super) unknown_critical: Option<String>,
    pub(super) alternative_names: Vec<String>,
    pub(super) attributes: Option<Result<Attributes, AttributeError>>,
}

impl Extensions {
    pub(super) fn read(parsed: &X509Certificate<'_>) -> Result<Self, CertificateError> {
        let mut out = Self::default();
        let mut seen = Vec::new();
        for extension in parsed.extensions() {
            if seen.contains(&&extension.oid) {
                return Err(CertificateError::DuplicateExtension(extension.oid.to_id_string()));
            }
            seen.push(&extension.oid);
            if extension.oid == ATTRIBUTES {
                out.attributes = Some(Attributes::from_json(extension.value));
                continue;
            }
            out.take(extension.parsed_extension(), &extension.oid, extension.critical)?;
        }
        Ok(out)
    }

    fn take(&mut self, extension: &ParsedExtension<'_>, oid: &Oid<'_>, critical: bool) -> Result<(), CertificateError> {
        match extension {
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            ParsedExtension::BasicConstraints(constraints) => {
                self.is_ca = constraints.ca;
                self.path_length = constraints.path_len_constraint;
            }
            ParsedExtension::KeyUsage(usage) => self.signs_certificates = Some(usage.key_cert_sign()),
            ParsedExtension::ExtendedKeyUsage(usage) => self.serves = Some(usage.any || usage.server_auth),
            ParsedExtension::SubjectAlternativeName(names) => {
                self.alternative_names = names.general_names.iter().filter_map(name_text).collect();
            }
            ParsedExtension::NameConstraints(_) => self.name_constraints = true,
            ParsedExtension::ParseError { error } => {
                return Err(CertificateError::Malformed(format!(
                    "extension {}: {error}",
                    oid.to_id_string()
                )));
            }
            _ if critical => self.unknown_critical = Some(oid.to_id_string()),
            _ => {}
        }
        Ok(())
    }
}

fn name_text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(v4) => Some(std::net::Ipv4Addr::from(v4).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes)
                .ok()
                .map(|v6| std::net::Ipv6Addr::from(v6).to_string()),
        },
        _ => None,
    }
}
