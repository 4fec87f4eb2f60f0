//! The same identity with a later end.

use std::path::Path;

use fabric_msp::{Certificate, PrivateKey};

use crate::{
    CryptogenError, Report, Tree, Validity,
    authority::{Authority, certificate_at},
    holder::{self, Issuers},
    name,
    store::Access,
    template::{Purpose, Template},
};

/// How to renew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewal {
    /// Whether a new key replaces the old one.
    pub new_key: bool,
    /// How long the new certificates hold, in days.
    pub days: u32,
}

impl Default for Renewal {
    fn default() -> Self {
        Self {
            new_key: false,
            days: Validity::default().certificate_days,
        }
    }
}

/// Issues a holder's certificates anew: subject, names, attributes and, unless asked otherwise, key stay; serial
/// number and validity change. `holder` is a folder with `msp/` or `tls/`, such as
/// `peerOrganizations/grid.example/peers/peer0.grid.example`, relative to the tree or not. The old certificates stay
/// valid until they expire or are revoked.
///
/// # Errors
/// When the folder holds no certificate, or one that the organisation's authorities have not issued.
pub fn renew(out: &Path, holder: &Path, how: Renewal) -> Result<Report, CryptogenError> {
    let tree = Tree::new(out);
    let folder = if holder.starts_with(out) {
        holder.to_owned()
    } else {
        out.join(holder)
    };
    let domain = domain_of(out, &folder).ok_or_else(|| CryptogenError::NotAHolder(folder.clone()))?;
    let issuers = Issuers::open(&tree, &domain)?;
    let mut drafts = Vec::new();
    for (path, key, purpose) in holder::certificates(&folder)? {
        let authority = if purpose == Purpose::Identity {
            &issuers.identities
        } else {
            &issuers.tls
        };
        drafts.push((draft(authority, &path, purpose, how)?, path, key));
    }
    // Everything that can fail for another reason than the disk has been done: now write.
    let mut report = Report::default();
    for ((certificate, new_key), path, key) in drafts {
        if let Some(new_key) = new_key {
            report.replace(&key, new_key.to_pem()?.as_bytes(), Access::Secret)?;
        }
        report.replace(&path, certificate.as_bytes(), Access::Public)?;
    }
    report.finish()
}

fn draft(
    authority: &Authority,
    path: &Path,
    purpose: Purpose,
    how: Renewal,
) -> Result<(String, Option<PrivateKey>), CryptogenError> {
    let old = certificate_at(path)?;
    if old.verify_signed_by(&authority.certificate).is_err() {
        return Err(CryptogenError::NotIssuedHere(path.to_owned()));
    }
    let fail = |reason: String| CryptogenError::Unrenewable {
        path: path.to_owned(),
        reason,
    };
    let template = template(&old, purpose, how.days).map_err(fail)?;
    if how.new_key {
        let key = PrivateKey::generate()?;
        return Ok((authority.issue(&template, key.public_key())?, Some(key)));
    }
    let key = old.public_key().map_err(|error| fail(error.to_string()))?;
    Ok((authority.issue(&template, key)?, None))
}

fn template(old: &Certificate, purpose: Purpose, days: u32) -> Result<Template, String> {
    let mut template = Template::new(purpose, name::from_der(old.subject())?, days);
    template.hosts = old.alternative_names().to_vec();
    let attributes = old.attributes().map_err(|error| error.to_string())?;
    template.attributes = attributes
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Ok(template)
}

/// The organisation beneath whose folder a holder lies.
fn domain_of(out: &Path, folder: &Path) -> Option<String> {
    let mut parts = folder.strip_prefix(out).ok()?.components();
    let top = parts.next()?.as_os_str();
    let domain = parts.next()?.as_os_str().to_str()?;
    (top == "peerOrganizations" && domain != "..").then(|| domain.to_owned())
}
