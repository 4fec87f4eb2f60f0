//! Roles told apart by organisational units.

use fabric_protos::msp::{FabricNodeOUs, FabricOuIdentifier};

use super::{MspError, Role};
use crate::IdentityError;

/// The units that name roles, each perhaps bound to one chain of authorities.
#[derive(Debug, Clone)]
pub(super) struct NodeOus {
    units: Vec<NodeOu>,
}

#[derive(Debug, Clone)]
struct NodeOu {
    role: Role,
    unit: String,
    certifiers: Option<[u8; 32]>,
}

impl NodeOus {
    /// Reads the configuration; nothing when it names no role at all.
    pub(super) fn read(
        ous: &FabricNodeOUs,
        certifiers: impl Fn(&FabricOuIdentifier) -> Result<Option<[u8; 32]>, MspError>,
    ) -> Result<Option<Self>, MspError> {
        let named = [
            (Role::Client, &ous.client_ou_identifier),
            (Role::Peer, &ous.peer_ou_identifier),
            (Role::Admin, &ous.admin_ou_identifier),
            (Role::Orderer, &ous.orderer_ou_identifier),
        ];
        let mut units = Vec::new();
        for (role, identifier) in named {
            if let Some(identifier) = identifier {
                let unit = identifier.organizational_unit_identifier.clone();
                units.push(NodeOu {
                    role,
                    unit,
                    certifiers: certifiers(identifier)?,
                });
            }
        }
        Ok((!units.is_empty()).then_some(Self { units }))
    }

    /// The one role that the units name.
    pub(super) fn role(&self, subject: &str, units: &[String], chain: &[u8; 32]) -> Result<Role, IdentityError> {
        let named: Vec<&NodeOu> = units
            .iter()
            .filter_map(|unit| self.units.iter().find(|known| known.unit == *unit))
            .collect();
        if let Some(foreign) = named
            .iter()
            .find(|known| known.certifiers.is_some_and(|bound| bound != *chain))
        {
            return Err(IdentityError::Certifier(foreign.unit.clone()));
        }
        match named.as_slice() {
            [one] => Ok(one.role),
            other => Err(IdentityError::Role {
                subject: subject.to_owned(),
                found: other.len(),
            }),
        }
    }

    /// Whether one of the units names the role, whoever certifies it.
    pub(super) fn names(&self, units: &[String], role: Role) -> bool {
        self.units
            .iter()
            .any(|known| known.role == role && units.contains(&known.unit))
    }

    /// Whether administrators can be told by a unit.
    pub(super) fn knows_admins(&self) -> bool {
        self.units.iter().any(|known| known.role == Role::Admin)
    }
}
