//! Revocation lists.

use std::path::{Path, PathBuf};

use fabric_msp::{Certificate, pem};
use rcgen::{RevokedCertParams, SerialNumber};
use time::OffsetDateTime;
use x509_parser::{prelude::FromDer, revocation_list::CertificateRevocationList};

use crate::{
    CryptogenError, Report, Tree,
    authority::{Authority, certificate_at},
    holder,
    store::{self, Access},
    template::{Purpose, now},
};

/// Puts a certificate on its organisation's revocation list, `msp/crls/crl.pem`, with the next number. What stood on
/// the list stays on it; a certificate that is on it already changes nothing. `certificate` is a PEM file or a
/// holder's folder, relative to the tree or not. Fabric acts on the list once a channel's configuration holds it.
///
/// # Errors
/// When the organisation's authority has not issued the certificate, the list there is not its own, or its key is
/// not there.
pub fn revoke(out: &Path, organisation: &str, certificate: &Path) -> Result<Report, CryptogenError> {
    let tree = Tree::new(out);
    let (_, domain) = tree.find(organisation)?;
    let authority = Authority::open(&tree.organisation(&domain).join("ca"))?;
    let path = identity_file(out, certificate)?;
    let revoked = certificate_at(&path)?;
    if revoked.verify_signed_by(&authority.certificate).is_err() {
        return Err(CryptogenError::NotIssuedHere(path));
    }
    let list = tree.msp(&domain).join("crls/crl.pem");
    let (number, mut entries) = match list.exists() {
        true => read(&list, &authority.certificate)?,
        false => (0, Vec::new()),
    };
    let serial = SerialNumber::from_slice(revoked.serial());
    let mut report = Report::default();
    if entries.iter().any(|entry| entry.serial_number == serial) {
        report.kept += 1;
        return Ok(report);
    }
    entries.push(entry(serial, now()));
    report.replace(
        &list,
        authority.revocation_list(number + 1, entries)?.as_bytes(),
        Access::Public,
    )?;
    report.finish()
}

fn entry(serial_number: SerialNumber, revocation_time: OffsetDateTime) -> RevokedCertParams {
    RevokedCertParams {
        serial_number,
        revocation_time,
        reason_code: None,
        invalidity_date: None,
    }
}

fn identity_file(out: &Path, given: &Path) -> Result<PathBuf, CryptogenError> {
    let path = if given.exists() {
        given.to_owned()
    } else {
        out.join(given)
    };
    if !path.is_dir() {
        return Ok(path);
    }
    let found = holder::certificates(&path)?
        .into_iter()
        .find(|(_, _, purpose)| *purpose == Purpose::Identity);
    found.map(|(file, _, _)| file).ok_or(CryptogenError::NotAHolder(path))
}

/// The number and entries of the list that is there, which must be the authority's own.
fn read(path: &Path, authority: &Certificate) -> Result<(u64, Vec<RevokedCertParams>), CryptogenError> {
    let fail = |reason: String| CryptogenError::Crl {
        path: path.to_owned(),
        reason,
    };
    let der = pem::crl(&store::read(path)?).map_err(|error| fail(error.to_string()))?;
    let (_, list) = CertificateRevocationList::from_der(&der).map_err(|error| fail(error.to_string()))?;
    let key = authority.public_key().map_err(|error| fail(error.to_string()))?;
    key.verify(list.tbs_cert_list.as_ref(), &list.signature_value.data)
        .map_err(|error| fail(error.to_string()))?;
    let number = list
        .crl_number()
        .map_or(Ok(0), u64::try_from)
        .map_err(|_| fail("its number is too large".to_owned()))?;
    let entries = list.iter_revoked_certificates().map(|one| {
        let time = OffsetDateTime::from_unix_timestamp(one.revocation_date.timestamp());
        entry(
            SerialNumber::from_slice(&one.serial().to_bytes_be()),
            time.unwrap_or(OffsetDateTime::UNIX_EPOCH),
        )
    });
    Ok((number, entries.collect()))
}
