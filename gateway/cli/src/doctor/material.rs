//! A user's own files: keys, certificates, TLS roots.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fabric_doctor::{Calendar, Finding, add_folder, service_folder};

use crate::connection;
use crate::profile::{Profile, read_identity, read_pem};

/// The modes of the profile's keys.
pub(super) fn modes(profile: &Profile) -> Vec<Finding> {
    let clients = profile
        .endpoints
        .iter()
        .filter_map(|endpoint| endpoint.client_key.clone());
    let identity = read_identity(&profile.identity);
    let mut findings: Vec<Finding> = match &identity {
        Ok(files) => vec![mode(&files.key_file)],
        Err(_) => Vec::new(),
    };
    findings.extend(clients.map(|key| mode(&key)));
    findings.push(match connection::identity(profile) {
        Ok(identity) => {
            let name = identity.identity().certificate().subject_common_name();
            Finding::ok("identity", name.unwrap_or_default())
        }
        Err(failure) => Finding::fail(
            "identity",
            failure.to_string(),
            "Give the profile the MSP folder of one user.",
        ),
    });
    findings
}

fn mode(key: &Path) -> Finding {
    match fs::metadata(key) {
        Ok(about) => service_folder::private(key, about.permissions().mode() & 0o777),
        Err(error) => Finding::fail(
            key.display().to_string(),
            error.to_string(),
            "Name an existing key in the profile.",
        ),
    }
}

/// Adds the certificates that the profile names.
pub(super) fn read(profile: &Profile, calendar: &mut Calendar) -> Vec<Finding> {
    let advice = "Put a PEM certificate there, or correct the profile.";
    let mut findings = Vec::new();
    collect(profile, calendar, &mut |trouble| {
        findings.push(Finding::fail("certificate file", trouble, advice));
    });
    findings
}

/// Adds the certificates that a profile names to a calendar; what cannot be read, `trouble` is told.
pub fn collect(profile: &Profile, calendar: &mut Calendar, trouble: &mut dyn FnMut(String)) {
    if let Err(error) = add_folder(calendar, &profile.identity, trouble) {
        trouble(format!("{}: {error}", profile.identity.display()));
    }
    for endpoint in &profile.endpoints {
        for file in [Some(&endpoint.tls_roots), endpoint.client_cert.as_ref()]
            .into_iter()
            .flatten()
        {
            let pem = read_pem(file).map_err(|failure| failure.to_string());
            let added = pem.and_then(|pem| calendar.add_pem(&file.display().to_string(), &pem));
            if let Err(error) = added {
                trouble(format!("{}: {error}", file.display()));
            }
        }
    }
}
