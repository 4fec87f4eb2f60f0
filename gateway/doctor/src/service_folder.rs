//! The folder from which a peer takes the way to its chaincode service: `address`, `client.crt`, `client.key`, `ca.crt`.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use fabric_msp::{Certificate, PrivateKey};

use crate::{
    Calendar, Finding, Standing,
    dial::{DialError, Target, dial},
};

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// A service's address and the material to reach it.
struct Folder {
    path: PathBuf,
    target: Target,
}

/// Judges the folder, then dials the service with its client's pair, and without.
pub async fn judge(folder: &Path, mut calendar: Calendar, limit: Duration) -> Vec<Finding> {
    let read = match Folder::read(folder) {
        Ok(read) => read,
        Err(finding) => return vec![finding],
    };
    let mut findings = vec![read.modes(), read.pair()];
    findings.extend(read.dates(&mut calendar));
    findings.extend(read.reach(limit).await);
    findings
}

impl Folder {
    fn read(path: &Path) -> Result<Self, Finding> {
        let text = |name: &str| read(&path.join(name));
        let address = String::from_utf8_lossy(&text("address")?).trim().to_owned();
        let target = Target {
            address,
            server_name: None,
            roots: text("ca.crt")?,
            client: Some((text("client.crt")?, text("client.key")?)),
        };
        Ok(Self {
            path: path.to_owned(),
            target,
        })
    }

    fn modes(&self) -> Finding {
        let key = self.path.join("client.key");
        let mode = fs::metadata(&key).map_or(0, |about| about.permissions().mode() & 0o777);
        private(&key, mode)
    }

    /// The dialled name is the address's host: Fabric's peer knows no other for a chaincode.
    fn pair(&self) -> Finding {
        let check = self.path.join("client.crt").display().to_string();
        let (certificate, key) = self
            .target
            .client
            .as_ref()
            .map_or((&[][..], &[][..]), |(one, two)| (one, two));
        let certificate = Certificate::from_pem(certificate).map_err(|error| error.to_string());
        let key = PrivateKey::from_pem(&String::from_utf8_lossy(key)).map_err(|error| error.to_string());
        let advice = "Copy the peer's TLS certificate and the key that belongs to it, both of the same day.";
        match (certificate, key) {
            (Err(error), _) | (_, Err(error)) => Finding::fail(check, error, advice),
            (Ok(certificate), Ok(key)) if certificate.public_key().is_ok_and(|public| public == key.public_key()) => {
                Finding::ok(check, "belongs to client.key")
            }
            _ => Finding::fail(check, "it does not belong to client.key", advice),
        }
    }

    fn dates(&self, calendar: &mut Calendar) -> Vec<Finding> {
        let mut findings = Vec::new();
        let client = self
            .target
            .client
            .as_ref()
            .map_or(&[][..], |(certificate, _)| certificate);
        for (name, pem) in [("client.crt", client), ("ca.crt", &self.target.roots)] {
            let source = self.path.join(name).display().to_string();
            if let Err(error) = calendar.add_pem(&source, pem) {
                findings.push(Finding::fail(source, error, "Put a PEM certificate there."));
            }
        }
        let ended = std::mem::replace(calendar, Calendar::new(0, 0)).into_dated();
        findings.extend(ended.iter().filter_map(dated));
        findings
    }

    async fn reach(&self, limit: Duration) -> Vec<Finding> {
        let check = format!("chaincode service {}", self.target.address);
        let shown = match dial(&self.target, limit).await {
            Ok(shown) => shown,
            Err(error) => return vec![Finding::fail(check, error.to_string(), advice(&error))],
        };
        if let Some(fault) = shown.fault {
            let advice = "Issue the service a certificate of an authority in ca.crt, with the host of `address` among its names.";
            return vec![Finding::fail(
                check,
                format!("its certificate is not good: {fault}"),
                advice,
            )];
        }
        if let Some(refusal) = shown.refusal {
            let advice = "Let CHAINCODE_CLIENT_CA_CERT of the service name the authority of client.crt.";
            return vec![Finding::fail(
                check,
                format!("it refuses client.crt: {refusal}"),
                advice,
            )];
        }
        vec![
            Finding::ok(check.clone(), "answers by mutual TLS"),
            self.closed(check, limit).await,
        ]
    }

    /// Without a client's certificate the service must not answer.
    async fn closed(&self, check: String, limit: Duration) -> Finding {
        let stranger = Target {
            client: None,
            ..self.target.clone()
        };
        match dial(&stranger, limit).await {
            Ok(shown) if shown.refusal.is_none() => Finding::fail(
                check,
                "it talks to anyone, without a client's certificate",
                "Set CHAINCODE_CLIENT_CA_CERT of the service to the authority of its peer's TLS certificate.",
            ),
            _ => Finding::ok(check, "refuses whoever shows no certificate"),
        }
    }
}

fn advice(error: &DialError) -> &'static str {
    match error {
        DialError::Unreachable(..) => {
            "Start the service, or correct `address`; the peer tries again at the next invocation."
        }
        DialError::Handshake(..) => {
            "Start the service with CHAINCODE_TLS_CERT and CHAINCODE_TLS_KEY: plaintext is refused."
        }
        DialError::Target(_) => "Correct address, ca.crt, client.crt and client.key in this folder.",
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Finding> {
    let advice = "The folder holds address, client.crt, client.key and ca.crt; see network/fabric/README.md.";
    let failed = |why: String| Finding::fail(file.display().to_string(), why, advice);
    let size = fs::metadata(file).map_err(|error| failed(error.to_string()))?.len();
    if size > MAX_FILE {
        return Err(failed(format!("{size} bytes are more than the {MAX_FILE} it may have")));
    }
    fs::read(file).map_err(|error| failed(error.to_string()))
}

/// Judges the mode of a private key's file.
pub fn private(file: &Path, mode: u32) -> Finding {
    let check = file.display().to_string();
    match mode & 0o077 {
        0 => Finding::ok(check, format!("mode {mode:04o}")),
        _ => Finding::fail(
            check,
            format!("mode {mode:04o}: others may read this key"),
            "Run `chmod 600` on it.",
        ),
    }
}

/// A finding for a certificate that has ended, has not begun or ends soon.
pub fn dated(one: &crate::Dated) -> Option<Finding> {
    let check = format!("{} ({})", one.source, one.subject);
    let renew = "Renew it; docs/operations.md says how and what must be restarted.";
    match one.standing {
        Standing::Valid | Standing::Undated => None,
        Standing::Expired => Some(Finding::fail(
            check,
            format!("expired {} days ago", -one.days_left),
            renew,
        )),
        Standing::Early => Some(Finding::fail(
            check,
            "is not valid yet",
            "Compare this machine's clock with the issuer's.",
        )),
        Standing::Soon => Some(Finding::warn(
            check,
            format!("expires in {} days", one.days_left),
            renew,
        )),
    }
}
