//! Distinguished names.

use rcgen::{DistinguishedName, DnType, DnValue};
use x509_parser::{asn1_rs::Tag, prelude::FromDer, x509::X509Name};

/// The subject of an organisation's certificate.
pub(crate) fn subject(domain: &str, unit: Option<&str>, common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, domain);
    if let Some(unit) = unit {
        name.push(DnType::OrganizationalUnitName, unit);
    }
    name.push(DnType::CommonName, common_name);
    name
}

/// Reads a name from DER so that writing it again gives the same bytes.
pub(crate) fn from_der(der: &[u8]) -> Result<DistinguishedName, String> {
    let (_, parsed) = X509Name::from_der(der).map_err(|error| error.to_string())?;
    let mut name = DistinguishedName::new();
    for part in parsed.iter_rdn() {
        let mut values = part.iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err("a part of its subject holds several values".to_owned());
        };
        let oid: Vec<u64> = value
            .attr_type()
            .iter()
            .ok_or("its subject holds an unreadable type")?
            .collect();
        let kind = DnType::from_oid(&oid);
        if name.get(&kind).is_some() {
            return Err(format!("its subject holds {} twice", value.attr_type().to_id_string()));
        }
        let text = value.as_str().map_err(|error| error.to_string())?;
        name.push(kind, string(value.attr_value().header.tag(), text)?);
    }
    Ok(name)
}

fn string(tag: Tag, text: &str) -> Result<DnValue, String> {
    match tag {
        Tag::Utf8String => Ok(DnValue::Utf8String(text.to_owned())),
        Tag::PrintableString => text
            .try_into()
            .map(DnValue::PrintableString)
            .map_err(|error| format!("{error}")),
        other => Err(format!("its subject holds a string of type {other}")),
    }
}
