//! How an enterprise describes itself before it joins: public material only.

use std::collections::BTreeMap;

use fabric_msp::{Certificate, Identity, Msp, Principal, PrincipalRole, Role};
use serde::{Deserialize, Serialize};

use crate::{AdminError, signed_by::any_signed};

/// The only shape of the description so far.
const FORMAT: u32 = 1;

/// The folders of an MSP that are public; nothing else of it is read.
const PUBLIC: [&str; 6] = [
    "cacerts",
    "intermediatecerts",
    "admincerts",
    "tlscacerts",
    "tlsintermediatecerts",
    "crls",
];

/// An organisation that wants to join, as its administrator hands it to the members: a JSON file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    format: u32,
    /// The MSP's name, which also names its groups.
    pub msp_id: String,
    /// The MSP folder's public files by name.
    pub msp: BTreeMap<String, String>,
    /// Peers that others find first, host and port.
    pub anchor_peers: Vec<String>,
    /// Its ordering node, if it brings one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orderer: Option<OrderingNode>,
}

/// An ordering node with the certificates that the channel is to expect of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderingNode {
    /// Where it listens, host and port.
    pub endpoint: String,
    /// PEM of the certificate with which it signs blocks.
    pub identity: String,
    /// PEM of the certificate that it shows and dials with.
    pub tls_certificate: String,
}

impl NewOrganization {
    /// Describes an organisation by its MSP folder's files, names relative to the folder.
    ///
    /// # Errors
    /// When a file holds a private key or no text.
    pub fn describe(
        msp_id: &str,
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
        anchor_peers: Vec<String>,
        orderer: Option<OrderingNode>,
    ) -> Result<Self, AdminError> {
        let mut msp = BTreeMap::new();
        for (name, bytes) in files {
            let text = String::from_utf8_lossy(&bytes);
            if name.starts_with("keystore/") || text.contains("PRIVATE KEY") {
                return Err(AdminError::refused(
                    format!("the MSP folder holds a private key: {name}"),
                    "name the organisation's public MSP folder, not that of a user or a node",
                ));
            }
            let public = name
                .split_once('/')
                .is_some_and(|(folder, file)| PUBLIC.contains(&folder) && !file.starts_with('.'));
            if public || name == "config.yaml" {
                let text = String::from_utf8(bytes)
                    .map_err(|_| AdminError::refused(format!("{name} is not text"), "store it as PEM"))?;
                msp.insert(name, text);
            }
        }
        Ok(Self {
            format: FORMAT,
            msp_id: msp_id.to_owned(),
            msp,
            anchor_peers,
            orderer,
        })
    }

    /// Reads a description.
    ///
    /// # Errors
    /// When it is not one, or of a later format.
    pub fn from_json(text: &str) -> Result<Self, AdminError> {
        let read: Self = serde_json::from_str(text)
            .map_err(|error| AdminError::malformed("the description of the organisation", error))?;
        if read.format != FORMAT {
            return Err(AdminError::malformed(
                "the description of the organisation",
                format!("format {} is unknown here", read.format),
            ));
        }
        Ok(read)
    }

    /// The description as its file holds it.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which no description should be able to cause.
    pub fn to_json(&self) -> Result<String, AdminError> {
        serde_json::to_string_pretty(self).map_err(|error| AdminError::malformed("the description", error))
    }

    /// The organisation's MSP.
    ///
    /// # Errors
    /// When it is not sound.
    pub fn verified_msp(&self) -> Result<Msp, AdminError> {
        let files = self.msp.iter();
        let files = files.map(|(name, text)| (name.clone(), text.clone().into_bytes()));
        Msp::from_folder(&self.msp_id, files)
            .map_err(|error| AdminError::refused(format!("the MSP of {}: {error}", self.msp_id), "mend the MSP folder"))
    }

    /// Checks everything that can be checked without a network; `now` in Unix seconds.
    ///
    /// # Errors
    /// When the name, the MSP, a certificate or an address would not do in a channel.
    pub fn check(&self, now: i64) -> Result<(), AdminError> {
        let msp = self.verified_msp()?;
        self.check_name()?;
        self.check_roles(&msp)?;
        for (name, pem) in certificates(&msp) {
            in_force(&name, &pem, now)?;
        }
        for address in &self.anchor_peers {
            host_and_port(address)?;
        }
        if self.anchor_peers.is_empty() {
            return Err(AdminError::refused(
                format!("{} names no anchor peer", self.msp_id),
                "other organisations' gateways find its peers by one: give --anchor HOST:PORT",
            ));
        }
        self.orderer.as_ref().map_or(Ok(()), |node| node.check(&msp, now))
    }

    fn check_name(&self) -> Result<(), AdminError> {
        let text = format!("{}.peer", self.msp_id);
        let expected = Principal::role(&self.msp_id, PrincipalRole::Peer);
        if Principal::parse(&text).is_ok_and(|principal| principal == expected) {
            return Ok(());
        }
        Err(AdminError::refused(
            format!("{:?} cannot name an MSP in a policy", self.msp_id),
            "use letters, digits, dots and dashes",
        ))
    }

    /// The channel's policies ask for peers and administrators: without NodeOUs nobody would be one.
    fn check_roles(&self, msp: &Msp) -> Result<(), AdminError> {
        let config = msp.to_config();
        let ous = config.fabric_node_ous.unwrap_or_default();
        let missing = [
            ("client", ous.client_ou_identifier.is_none()),
            ("peer", ous.peer_ou_identifier.is_none()),
            ("admin", ous.admin_ou_identifier.is_none()),
            ("orderer", ous.orderer_ou_identifier.is_none()),
        ];
        if let Some((role, _)) = missing.into_iter().find(|(_, missing)| *missing) {
            return Err(AdminError::refused(
                format!("the MSP of {} names no organisational unit for {role}", self.msp_id),
                "enable NodeOUs for client, peer, admin and orderer in its config.yaml",
            ));
        }
        if config.tls_root_certs.is_empty() {
            return Err(AdminError::refused(
                format!("the MSP of {} has no TLS root", self.msp_id),
                "put the TLS authority's certificate under tlscacerts/",
            ));
        }
        Ok(())
    }
}

impl OrderingNode {
    fn check(&self, msp: &Msp, now: i64) -> Result<(), AdminError> {
        let (host, _) = host_and_port(&self.endpoint)?;
        let wrong = |what: String| AdminError::refused(what, "name the node's own signing and TLS certificates");
        let identity = Identity::new(msp.id(), self.identity.as_bytes())
            .map_err(|error| wrong(format!("the ordering node's identity: {error}")))?;
        let role = msp
            .role(&identity)
            .map_err(|error| wrong(format!("the ordering node's identity: {error}")))?;
        if role != Role::Orderer {
            return Err(wrong(format!("the ordering node's identity is a {}'s", role.word())));
        }
        in_force("the ordering node's identity", self.identity.as_bytes(), now)?;
        let tls = in_force(
            "the ordering node's TLS certificate",
            self.tls_certificate.as_bytes(),
            now,
        )?;
        let config = msp.to_config();
        if !any_signed(config.tls_root_certs.iter().chain(&config.tls_intermediate_certs), &tls) {
            return Err(wrong(
                "the ordering node's TLS certificate was not issued by a TLS authority of its MSP".to_owned(),
            ));
        }
        if !tls.alternative_names().contains(&host) {
            return Err(wrong(format!(
                "the ordering node's TLS certificate does not name {host}"
            )));
        }
        Ok(())
    }
}

/// Every certificate of an MSP with words for it.
fn certificates(msp: &Msp) -> Vec<(String, bytes::Bytes)> {
    let config = msp.to_config();
    let groups = [
        ("authority", config.root_certs),
        ("intermediate authority", config.intermediate_certs),
        ("administrator", config.admins),
        ("TLS authority", config.tls_root_certs),
        ("TLS intermediate authority", config.tls_intermediate_certs),
    ];
    let named = groups
        .into_iter()
        .flat_map(|(kind, pems)| pems.into_iter().map(move |pem| (kind, pem)));
    named
        .map(|(kind, pem)| (format!("the {kind} of {}", msp.id()), pem))
        .collect()
}

/// The certificate, if `now` lies in its time.
fn in_force(name: &str, pem: &[u8], now: i64) -> Result<Certificate, AdminError> {
    let certificate = Certificate::from_pem(pem).map_err(|error| AdminError::malformed(name, error))?;
    if now > certificate.not_after() {
        return Err(AdminError::refused(format!("{name} has expired"), "renew it first"));
    }
    if now < certificate.not_before() {
        return Err(AdminError::refused(
            format!("{name} is not valid yet"),
            "check the clocks of the two machines",
        ));
    }
    Ok(certificate)
}

/// Splits `host:port`.
pub(crate) fn host_and_port(address: &str) -> Result<(String, u16), AdminError> {
    let split = address.rsplit_once(':');
    let split = split.and_then(|(host, port)| Some((host.to_owned(), port.parse::<u16>().ok()?)));
    split
        .filter(|(host, port)| !host.is_empty() && *port > 0)
        .ok_or_else(|| AdminError::refused(format!("{address:?} is no address"), "write HOST:PORT"))
}
