//! One organisation's view of who belongs to it.
//!
//! Source: Fabric `msp/mspimpl.go`, `mspimplsetup.go`, `mspimplvalidate.go` at MSP version 3 (capability V3_0).

mod authorities;
mod error;
mod folder;
mod node_ous;
mod revocation;

use std::collections::{BTreeMap, BTreeSet};

use fabric_protos::msp::{FabricMspConfig, FabricOuIdentifier, MspConfig};
use prost::Message;

use self::{authorities::Authorities, node_ous::NodeOus};
pub use self::{error::MspError, revocation::RevocationList};
use crate::{Certificate, Identity, IdentityError, Principal, PrincipalRole};

/// Fabric's number for an X.509 MSP in `MspConfig`.
const FABRIC: i32 = 0;

/// What an identity is in its organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A client.
    Client,
    /// A peer.
    Peer,
    /// An administrator.
    Admin,
    /// An orderer.
    Orderer,
}

impl Role {
    /// The role's word, which is also the usual organisational unit.
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Peer => "peer",
            Self::Admin => "admin",
            Self::Orderer => "orderer",
        }
    }
}

/// What a valid identity was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Nothing when the MSP does not tell roles apart.
    role: Option<Role>,
    /// SHA-256 over the authorities from the issuer to the root.
    certifiers: [u8; 32],
}

/// One organisation's roots, intermediates, administrators, revocations and roles.
#[derive(Debug, Clone)]
pub struct Msp {
    id: String,
    config: FabricMspConfig,
    authorities: Authorities,
    admins: BTreeSet<[u8; 32]>,
    revocations: Vec<RevocationList>,
    units: BTreeMap<String, BTreeSet<[u8; 32]>>,
    node_ous: Option<NodeOus>,
}

impl Msp {
    /// Reads an MSP folder's files, given as names relative to the folder and contents: `cacerts/`,
    /// `intermediatecerts/`, `admincerts/`, `tlscacerts/`, `tlsintermediatecerts/`, `crls/` and `config.yaml`.
    /// Other files are left alone, above all `keystore/`.
    ///
    /// # Errors
    /// When a file cannot be read or the MSP is not sound.
    pub fn from_folder(msp_id: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, MspError> {
        Self::from_config(&folder::read(msp_id, files)?)
    }

    /// Reads a channel configuration's MSP.
    ///
    /// # Errors
    /// When the MSP is not sound.
    pub fn from_config(config: &FabricMspConfig) -> Result<Self, MspError> {
        if config.name.is_empty() {
            return Err(MspError::NoName);
        }
        refuse_other_hashes(config)?;
        if config.root_certs.is_empty() {
            return Err(MspError::NoRoot(config.name.clone()));
        }
        let revocations = config.revocation_list.iter().map(|bytes| RevocationList::read(bytes));
        let revocations: Vec<RevocationList> = revocations.collect::<Result<_, _>>()?;
        let mut authorities = Authorities::read([
            ("cacerts", &config.root_certs),
            ("intermediatecerts", &config.intermediate_certs),
        ])?;
        authorities.check(|certificate, chain| revoked(&revocations, certificate, chain))?;
        let tls_groups = [
            ("tlscacerts", &config.tls_root_certs),
            ("tlsintermediatecerts", &config.tls_intermediate_certs),
        ];
        Authorities::read(tls_groups)?.check(|_, _| false)?;
        let mut msp = Self {
            id: config.name.clone(),
            config: FabricMspConfig {
                signing_identity: None,
                ..config.clone()
            },
            authorities,
            admins: BTreeSet::new(),
            revocations,
            units: BTreeMap::new(),
            node_ous: None,
        };
        msp.bind_units()?;
        msp.admit_admins()?;
        Ok(msp)
    }

    /// Reads a channel configuration's MSP from its outer message.
    ///
    /// # Errors
    /// When it is not an X.509 MSP or not sound.
    pub fn from_msp_config(config: &MspConfig) -> Result<Self, MspError> {
        if config.r#type != FABRIC {
            return Err(MspError::Unsupported(format!("an MSP of type {}", config.r#type)));
        }
        let inner = FabricMspConfig::decode(config.config.as_ref());
        Self::from_config(&inner.map_err(|error| MspError::Damaged(error.to_string()))?)
    }

    /// The MSP as a channel's configuration holds it, without any private key.
    pub fn to_config(&self) -> FabricMspConfig {
        self.config.clone()
    }

    /// As [`Self::to_config`], in its outer message.
    pub fn to_msp_config(&self) -> MspConfig {
        MspConfig {
            r#type: FABRIC,
            config: self.config.encode_to_vec().into(),
        }
    }

    /// The MSP's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the identity belongs to this MSP: chain, revocation, exactly one role. The chain is checked at one
    /// second after the certificate's own start; whether it has expired is [`Identity::expired_at`]'s question.
    ///
    /// # Errors
    /// When it does not, with the reason.
    pub fn validate(&self, identity: &Identity) -> Result<(), IdentityError> {
        self.standing(identity).map(|_| ())
    }

    /// The identity's role.
    ///
    /// # Errors
    /// When the identity is not valid, or the MSP does not tell roles apart.
    pub fn role(&self, identity: &Identity) -> Result<Role, IdentityError> {
        self.standing(identity)?
            .role
            .ok_or_else(|| IdentityError::NoRoles(self.id.clone()))
    }

    /// Whether the identity is valid and whom the principal asks for.
    ///
    /// # Errors
    /// When it is not, with the reason.
    pub fn satisfies(&self, identity: &Identity, principal: &Principal) -> Result<(), IdentityError> {
        self.answers(identity, &self.standing(identity), principal)
    }

    /// All that [`Self::validate`] finds out; costs a signature check for each certificate of the chain.
    pub(crate) fn standing(&self, identity: &Identity) -> Result<Standing, IdentityError> {
        self.must_own(identity.msp_id())?;
        let certificate = identity.certificate();
        if certificate.is_ca() {
            return Err(IdentityError::Authority(identity.subject()));
        }
        let chain = self
            .authorities
            .chain_of_identity(certificate)
            .map_err(|reason| IdentityError::Chain {
                subject: identity.subject(),
                msp_id: self.id.clone(),
                reason,
            })?;
        if revoked(&self.revocations, certificate, &chain) {
            return Err(IdentityError::Revoked(identity.subject()));
        }
        let certifiers = authorities::chain_hash(&chain);
        let units = certificate.organizational_units();
        let known = |unit: &String| self.units.get(unit).is_some_and(|bound| bound.contains(&certifiers));
        if !self.units.is_empty() && !units.iter().any(known) {
            return Err(IdentityError::Unit(identity.subject()));
        }
        let role = self
            .node_ous
            .as_ref()
            .map(|ous| ous.role(&identity.subject(), units, &certifiers))
            .transpose()?;
        Ok(Standing { role, certifiers })
    }

    /// Answers a principal for an identity whose standing is known. An administrator listed in the MSP is one even
    /// if its certificate would no longer validate: so Fabric decides.
    pub(crate) fn answers(
        &self,
        identity: &Identity,
        standing: &Result<Standing, IdentityError>,
        principal: &Principal,
    ) -> Result<(), IdentityError> {
        let valid = || standing.as_ref().map_err(Clone::clone);
        let answer = match principal {
            Principal::Role { msp_id, role } => {
                self.must_own(msp_id)?;
                match wanted(*role) {
                    None => valid().map(|_| true)?,
                    Some(Role::Admin) if self.lists_admin(identity) => true,
                    Some(role) => valid()?.role == Some(role),
                }
            }
            Principal::Identity(bytes) => {
                let asked = Identity::from_serialized(bytes)?;
                valid()?;
                asked.msp_id() == identity.msp_id()
                    && asked.certificate().canonical_hash() == identity.certificate().canonical_hash()
            }
            Principal::OrganizationalUnit {
                msp_id,
                unit,
                certifiers,
            } => {
                self.must_own(msp_id)?;
                let certified = valid()?.certifiers == certifiers.as_ref();
                certified && identity.certificate().organizational_units().contains(unit)
            }
            Principal::Combined(parts) => {
                parts
                    .iter()
                    .try_for_each(|part| self.answers(identity, standing, part))?;
                !parts.is_empty()
            }
        };
        if answer {
            Ok(())
        } else {
            Err(IdentityError::Unsatisfied(principal.to_string()))
        }
    }

    fn must_own(&self, msp_id: &str) -> Result<(), IdentityError> {
        if msp_id == self.id {
            return Ok(());
        }
        Err(IdentityError::OtherMsp {
            expected: self.id.clone(),
            found: msp_id.to_owned(),
        })
    }

    fn lists_admin(&self, identity: &Identity) -> bool {
        self.admins.contains(identity.certificate().canonical_hash())
    }

    fn bind_units(&mut self) -> Result<(), MspError> {
        for unit in &self.config.organizational_unit_identifiers {
            let certifiers = self.certifiers(unit)?;
            self.units
                .entry(unit.organizational_unit_identifier.clone())
                .or_default()
                .extend(certifiers);
        }
        if let Some(ous) = self.config.fabric_node_ous.as_ref().filter(|ous| ous.enable) {
            self.node_ous = NodeOus::read(ous, |unit| self.certifiers(unit))?;
        }
        Ok(())
    }

    /// The chain hash that a unit's certificate stands for; nothing when the unit is bound to no certificate.
    fn certifiers(&self, unit: &FabricOuIdentifier) -> Result<Option<[u8; 32]>, MspError> {
        if unit.certificate.is_empty() {
            return Ok(None);
        }
        let certificate = Certificate::from_pem(&unit.certificate).map_err(|source| MspError::Certificate {
            name: "organisational unit",
            source,
        })?;
        let hash = self.authorities.hash_from(&certificate);
        hash.map(Some)
            .ok_or_else(|| MspError::UnitCertificate(unit.organizational_unit_identifier.clone()))
    }

    fn admit_admins(&mut self) -> Result<(), MspError> {
        let by_unit = self.node_ous.as_ref().is_some_and(NodeOus::knows_admins);
        if self.config.admins.is_empty() && !by_unit {
            return Err(MspError::NoAdmin(self.id.clone()));
        }
        for pem in &self.config.admins {
            let identity = Identity::new(&self.id, pem).map_err(|error| MspError::Admin {
                subject: "unreadable".to_owned(),
                reason: error.to_string(),
            })?;
            self.check_admin(&identity).map_err(|reason| MspError::Admin {
                subject: identity.subject(),
                reason,
            })?;
            self.admins.insert(*identity.certificate().canonical_hash());
        }
        Ok(())
    }

    /// With roles, a listed administrator needs the unit of a client or an admin; without, a valid certificate.
    fn check_admin(&self, identity: &Identity) -> Result<(), String> {
        match &self.node_ous {
            None => self.validate(identity).map_err(|error| error.to_string()),
            Some(ous) => {
                self.authorities.chain_of_identity(identity.certificate())?;
                let units = identity.certificate().organizational_units();
                let fits = ous.names(units, Role::Client) || ous.names(units, Role::Admin);
                fits.then_some(())
                    .ok_or_else(|| "it carries neither the client nor the admin unit".to_owned())
            }
        }
    }
}

/// Whether a list that the issuer has signed names the certificate. `chain` starts with the issuer.
fn revoked(lists: &[RevocationList], certificate: &Certificate, chain: &[Certificate]) -> bool {
    chain
        .first()
        .is_some_and(|issuer| lists.iter().any(|list| list.revokes(certificate, issuer)))
}

fn wanted(role: PrincipalRole) -> Option<Role> {
    match role {
        PrincipalRole::Member => None,
        PrincipalRole::Admin => Some(Role::Admin),
        PrincipalRole::Client => Some(Role::Client),
        PrincipalRole::Peer => Some(Role::Peer),
        PrincipalRole::Orderer => Some(Role::Orderer),
    }
}

fn refuse_other_hashes(config: &FabricMspConfig) -> Result<(), MspError> {
    let Some(crypto) = &config.crypto_config else {
        return Ok(());
    };
    let family = crypto.signature_hash_family.as_str();
    let name = crypto.identity_identifier_hash_function.as_str();
    if matches!(family, "" | "SHA2") && matches!(name, "" | "SHA256") {
        return Ok(());
    }
    Err(MspError::Unsupported(format!(
        "hashing by {family} and {name}, other than SHA2 and SHA256,"
    )))
}

#[cfg(test)]
mod tests;
