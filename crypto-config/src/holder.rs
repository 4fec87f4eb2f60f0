//! Who holds certificates: a folder with an identity under `msp/` and a TLS pair under `tls/`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    CryptogenError, Report, Tree,
    authority::{Authority, KEY_FILE, certificate_at, key_at},
    name,
    store::{self, Access},
    template::{Purpose, Template},
    tree::MSP_ID,
};

/// An organisation's authorities, open for issuing.
pub(crate) struct Issuers {
    pub(crate) domain: String,
    pub(crate) identities: Authority,
    pub(crate) tls: Authority,
}

/// What kind of holder, which decides the names of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Peer,
    Orderer,
    Client,
    Admin,
    Chaincode,
}

impl Kind {
    /// The organisational unit, which is the role; a chaincode service has no identity.
    fn unit(self) -> Option<&'static str> {
        match self {
            Self::Peer => Some("peer"),
            Self::Orderer => Some("orderer"),
            Self::Client => Some("client"),
            Self::Admin => Some("admin"),
            Self::Chaincode => None,
        }
    }

    /// The stem of the TLS pair's names.
    fn tls_stem(self) -> &'static str {
        match self {
            Self::Client | Self::Admin => "client",
            Self::Peer | Self::Orderer | Self::Chaincode => "server",
        }
    }
}

/// A holder to be made complete.
pub(crate) struct Holder {
    pub(crate) folder: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) common_name: String,
    pub(crate) hosts: Vec<String>,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Issuers {
    /// The authorities of an organisation that is there.
    pub(crate) fn open(tree: &Tree, domain: &str) -> Result<Self, CryptogenError> {
        let folder = tree.organisation(domain);
        Ok(Self {
            domain: domain.to_owned(),
            identities: Authority::open(&folder.join("ca"))?,
            tls: Authority::open(&folder.join("tlsca"))?,
        })
    }

    /// The authorities of an organisation, made if they are not there.
    pub(crate) fn open_or_create(
        tree: &Tree,
        msp_id: &str,
        domain: &str,
        days: u32,
        report: &mut Report,
    ) -> Result<Self, CryptogenError> {
        let folder = tree.organisation(domain);
        report.add(&folder.join(MSP_ID), format!("{msp_id}\n").as_bytes(), Access::Public)?;
        let mut open = |kind: &str| {
            Authority::open_or_create(&folder.join(kind), domain, &format!("{kind}.{domain}"), days, report)
        };
        Ok(Self {
            domain: domain.to_owned(),
            identities: open("ca")?,
            tls: open("tlsca")?,
        })
    }

    /// The part of an MSP folder that is the same for everyone in the organisation.
    pub(crate) fn write_msp(&self, msp: &Path, report: &mut Report) -> Result<(), CryptogenError> {
        let domain = &self.domain;
        for (folder, authority, name) in [
            ("cacerts", &self.identities, format!("ca.{domain}")),
            ("tlscacerts", &self.tls, format!("tlsca.{domain}")),
        ] {
            let path = msp.join(folder).join(format!("{name}-cert.pem"));
            report.add(&path, authority.certificate.pem().as_bytes(), Access::Public)?;
        }
        report.add(&msp.join("config.yaml"), node_ous(domain).as_bytes(), Access::Public)
    }

    /// Gives the holder what it lacks. A certificate that is there is left alone, with or without its key.
    pub(crate) fn complete(&self, holder: &Holder, days: u32, report: &mut Report) -> Result<(), CryptogenError> {
        if let Some(unit) = holder.kind.unit() {
            let msp = holder.folder.join("msp");
            self.write_msp(&msp, report)?;
            let subject = name::subject(&self.domain, Some(unit), &holder.common_name);
            let mut template = Template::new(Purpose::Identity, subject, days);
            template.attributes = holder.attributes.clone();
            let path = msp.join("signcerts").join(format!("{}-cert.pem", holder.common_name));
            let key = msp.join("keystore").join(KEY_FILE);
            pair(&self.identities, &template, &path, &key, Access::Public, report)?;
        }
        let tls = holder.folder.join("tls");
        let stem = holder.kind.tls_stem();
        let mut template = Template::new(
            Purpose::Tls,
            name::subject(&self.domain, None, &holder.common_name),
            days,
        );
        template.hosts = holder.hosts.clone();
        let (path, key) = (tls.join(format!("{stem}.crt")), tls.join(format!("{stem}.key")));
        pair(&self.tls, &template, &path, &key, Access::Secret, report)?;
        report.add(
            &tls.join("ca.crt"),
            self.tls.certificate.pem().as_bytes(),
            Access::Secret,
        )
    }
}

/// Writes key, then certificate: an interrupted run leaves a key, which the next one certifies.
fn pair(
    authority: &Authority,
    template: &Template,
    path: &Path,
    key: &Path,
    access: Access,
    report: &mut Report,
) -> Result<(), CryptogenError> {
    if path.exists() {
        report.kept += 1 + usize::from(key.exists());
        return Ok(());
    }
    let key = key_at(key, report)?;
    report.add(path, authority.issue(template, key.public_key())?.as_bytes(), access)
}

/// The certificates in a holder's folder: path, key's path, and what for.
pub(crate) fn certificates(folder: &Path) -> Result<Vec<(PathBuf, PathBuf, Purpose)>, CryptogenError> {
    let mut found = Vec::new();
    for path in store::list(&folder.join("msp/signcerts"))? {
        found.push((path, folder.join("msp/keystore").join(KEY_FILE), Purpose::Identity));
    }
    for stem in ["server", "client"] {
        let path = folder.join("tls").join(format!("{stem}.crt"));
        if path.is_file() {
            let key = path.with_extension("key");
            found.push((path, key, Purpose::Tls));
        }
    }
    if found.is_empty() {
        return Err(CryptogenError::NotAHolder(folder.to_owned()));
    }
    // Reading them now means that nothing is changed when one is damaged.
    found
        .iter()
        .try_for_each(|(path, _, _)| certificate_at(path).map(|_| ()))?;
    Ok(found)
}

/// Binds each role to the organisation's authority, as Fabric's cryptogen does.
fn node_ous(domain: &str) -> String {
    let roles = [
        ("Client", "client"),
        ("Peer", "peer"),
        ("Admin", "admin"),
        ("Orderer", "orderer"),
    ];
    let entries = roles.map(|(role, unit)| {
        format!(
            "  {role}OUIdentifier:\n    Certificate: cacerts/ca.{domain}-cert.pem\n    \
             OrganizationalUnitIdentifier: {unit}\n"
        )
    });
    format!("NodeOUs:\n  Enable: true\n{}", entries.concat())
}
