//! Whom a policy asks for.

use std::fmt;

use bytes::Bytes;
use fabric_protos::common as wire;
use prost::Message;

use crate::PolicyError;

/// The roles that a principal may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalRole {
    /// Any valid identity of the MSP.
    Member,
    /// An administrator, by list or by organisational unit.
    Admin,
    /// A client, by organisational unit.
    Client,
    /// A peer, by organisational unit.
    Peer,
    /// An orderer, by organisational unit.
    Orderer,
}

/// Whom a policy asks for. Source: fabric-protos `msp/msp_principal.proto`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// Anyone with a role in an MSP.
    Role {
        /// The MSP's name.
        msp_id: String,
        /// The role.
        role: PrincipalRole,
    },
    /// Exactly one identity, by its serialised bytes.
    Identity(Bytes),
    /// Anyone with an organisational unit that the given chain of authorities certifies.
    OrganizationalUnit {
        /// The MSP's name.
        msp_id: String,
        /// The unit's name.
        unit: String,
        /// SHA-256 over the certificates from the issuer to the root.
        certifiers: Bytes,
    },
    /// Someone who satisfies all of these at once.
    Combined(Vec<Principal>),
}

impl PrincipalRole {
    const ALL: [Self; 5] = [Self::Member, Self::Admin, Self::Client, Self::Peer, Self::Orderer];

    /// The role's word in a policy, such as `peer`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Client => "client",
            Self::Peer => "peer",
            Self::Orderer => "orderer",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    fn to_wire(self) -> wire::msp_role::MspRoleType {
        use wire::msp_role::MspRoleType;
        match self {
            Self::Member => MspRoleType::Member,
            Self::Admin => MspRoleType::Admin,
            Self::Client => MspRoleType::Client,
            Self::Peer => MspRoleType::Peer,
            Self::Orderer => MspRoleType::Orderer,
        }
    }
}

impl Principal {
    /// Anyone with `role` in the MSP.
    pub fn role(msp_id: impl Into<String>, role: PrincipalRole) -> Self {
        Self::Role {
            msp_id: msp_id.into(),
            role,
        }
    }

    /// Reads `MSP.role`, such as `GridMSP.peer`.
    ///
    /// # Errors
    /// When the text is not of that form: letters, digits, `.` and `-`, a dot, a known role.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let bad = || PolicyError::Principal(text.to_owned());
        let (msp_id, word) = text.rsplit_once('.').ok_or_else(bad)?;
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if msp_id.is_empty() || !msp_id.chars().all(legal) {
            return Err(bad());
        }
        Ok(Self::role(msp_id, PrincipalRole::from_word(word).ok_or_else(bad)?))
    }

    /// The MSP that alone can answer this principal, when there is one.
    pub fn msp_id(&self) -> Option<String> {
        match self {
            Self::Role { msp_id, .. } | Self::OrganizationalUnit { msp_id, .. } => Some(msp_id.clone()),
            Self::Identity(bytes) => {
                let identity = fabric_protos::msp::SerializedIdentity::decode(bytes.as_ref());
                identity.ok().map(|identity| identity.mspid)
            }
            Self::Combined(parts) => parts.iter().find_map(Self::msp_id),
        }
    }

    /// The principal as Fabric's message.
    pub fn to_wire(&self) -> wire::MspPrincipal {
        use wire::msp_principal::Classification;
        let (classification, principal) = match self {
            Self::Role { msp_id, role } => {
                let role = wire::MspRole {
                    msp_identifier: msp_id.clone(),
                    role: role.to_wire().into(),
                };
                (Classification::Role, role.encode_to_vec().into())
            }
            Self::Identity(bytes) => (Classification::Identity, bytes.clone()),
            Self::OrganizationalUnit {
                msp_id,
                unit,
                certifiers,
            } => {
                let unit = wire::OrganizationUnit {
                    msp_identifier: msp_id.clone(),
                    organizational_unit_identifier: unit.clone(),
                    certifiers_identifier: certifiers.clone(),
                };
                (Classification::OrganizationUnit, unit.encode_to_vec().into())
            }
            Self::Combined(parts) => {
                let combined = wire::CombinedPrincipal {
                    principals: parts.iter().map(Self::to_wire).collect(),
                };
                (Classification::Combined, combined.encode_to_vec().into())
            }
        };
        wire::MspPrincipal {
            principal_classification: classification.into(),
            principal,
        }
    }

    /// Reads Fabric's message.
    ///
    /// # Errors
    /// When it is damaged, empty, nested too deeply, or asks for anonymity, which X.509 identities cannot give.
    pub fn from_wire(message: &wire::MspPrincipal) -> Result<Self, PolicyError> {
        Self::from_wire_at(message, 0)
    }

    fn from_wire_at(message: &wire::MspPrincipal, depth: usize) -> Result<Self, PolicyError> {
        use wire::msp_principal::Classification;
        let damaged = |error: prost::DecodeError| PolicyError::Damaged(error.to_string());
        let bytes = message.principal.as_ref();
        match Classification::try_from(message.principal_classification) {
            Ok(Classification::Role) => {
                let role = wire::MspRole::decode(bytes).map_err(damaged)?;
                let known = PrincipalRole::ALL
                    .into_iter()
                    .find(|known| i32::from(known.to_wire()) == role.role);
                let known = known.ok_or_else(|| PolicyError::Damaged(format!("unknown role {}", role.role)))?;
                Ok(Self::role(role.msp_identifier, known))
            }
            Ok(Classification::Identity) => Ok(Self::Identity(message.principal.clone())),
            Ok(Classification::OrganizationUnit) => {
                let unit = wire::OrganizationUnit::decode(bytes).map_err(damaged)?;
                Ok(Self::OrganizationalUnit {
                    msp_id: unit.msp_identifier,
                    unit: unit.organizational_unit_identifier,
                    certifiers: unit.certifiers_identifier,
                })
            }
            Ok(Classification::Combined) if depth < crate::policy::MAX_DEPTH => {
                let parts = wire::CombinedPrincipal::decode(bytes).map_err(damaged)?.principals;
                if parts.is_empty() {
                    return Err(PolicyError::Damaged("a combined principal without parts".to_owned()));
                }
                let parts = parts.iter().map(|part| Self::from_wire_at(part, depth + 1));
                Ok(Self::Combined(parts.collect::<Result<_, _>>()?))
            }
            Ok(Classification::Combined) => Err(PolicyError::TooDeep),
            Ok(Classification::Anonymity) => Err(PolicyError::Unsupported("an anonymity principal")),
            Err(_) => Err(PolicyError::Unsupported("a principal of an unknown class")),
        }
    }
}

/// Roles print as a policy writes them, `GridMSP.peer`; the others print as a description that no policy can hold.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role { msp_id, role } => write!(f, "{msp_id}.{}", role.word()),
            Self::Identity(bytes) => {
                let hash = hex::encode(crate::sha256(bytes));
                write!(f, "identity {}", hash.get(..16).unwrap_or_default())
            }
            Self::OrganizationalUnit { msp_id, unit, .. } => write!(f, "{msp_id} unit {unit}"),
            Self::Combined(parts) => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                write!(f, "all of ({})", parts.join(", "))
            }
        }
    }
}
