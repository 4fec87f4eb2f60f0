use bytes::Bytes;
use fabric_msp::{Identity, Msp, Role};
use fabric_protos::common::{ConfigGroup, Consenter, OrdererAddresses};

use super::{block_validation::block_validation, group_name, organization::orderer_group};
use crate::{
    AdminError, ChannelConfig, Consensus, ConsensusKind, NewOrganization, OrderingNode,
    channel_config::{ORDERER, msp},
    consortium::{bft_consenters, endpoints},
    group::{self, ADMINS},
    new_organization::host_and_port,
    signed_by::any_signed,
};

/// Adds an organisation's ordering node to the consenters of a BFT channel, with all that belongs to it: its group
/// among the orderers, its endpoint, the mapping and `BlockValidation`.
///
/// # Errors
/// When the channel does not run BFT, the organisation is no member, brings no node, or the node is there already.
pub fn add_consenter(config: &ChannelConfig, newcomer: &NewOrganization) -> Result<ConfigGroup, AdminError> {
    let mut draft = Draft::of(config)?;
    draft.add(newcomer)?;
    draft.finish()
}

/// Puts an organisation's ordering node in the place of another, in one update: the number of consenters stays.
///
/// # Errors
/// As [`add_consenter`] and [`remove_consenter`].
pub fn replace_consenter(
    config: &ChannelConfig,
    leaving: &str,
    newcomer: &NewOrganization,
) -> Result<ConfigGroup, AdminError> {
    let mut draft = Draft::of(config)?;
    draft.add(newcomer)?;
    draft.remove(leaving)?;
    draft.finish()
}

/// Removes the consenter that listens at `address`. The organisation's orderer group goes with its last node, so that
/// nobody who orders nothing has a say in ordering.
///
/// # Errors
/// When the channel does not run BFT, no consenter listens there, or it is the only one.
pub fn remove_consenter(config: &ChannelConfig, address: &str) -> Result<ConfigGroup, AdminError> {
    let mut draft = Draft::of(config)?;
    draft.remove(address)?;
    draft.finish()
}

/// Gives a consenter new certificates: the one it signs blocks with, the one it shows and dials with, or both.
///
/// # Errors
/// When the channel does not run BFT, no consenter listens there, or its organisation has not issued a certificate.
pub fn renew_consenter(
    config: &ChannelConfig,
    address: &str,
    identity: Option<&[u8]>,
    tls: Option<&[u8]>,
) -> Result<ConfigGroup, AdminError> {
    let mut draft = Draft::of(config)?;
    draft.renew(address, identity, tls)?;
    draft.finish()
}

/// A tree in change and its consenters.
struct Draft {
    root: ConfigGroup,
    consenters: Vec<Consenter>,
}

impl Draft {
    fn of(config: &ChannelConfig) -> Result<Self, AdminError> {
        if Consensus::of(config)?.kind != ConsensusKind::Bft {
            return Err(AdminError::refused(
                "the channel orders by Raft",
                "this program changes the consenters of BFT channels; change Raft's with Fabric's own tools, one at a time",
            ));
        }
        Ok(Self {
            root: config.root().clone(),
            consenters: bft_consenters(config.orderer()?)?.consenter_mapping,
        })
    }

    fn orderer(&mut self) -> Result<&mut ConfigGroup, AdminError> {
        group::below_mut(&mut self.root, ORDERER)
    }

    fn position(&self, address: &str) -> Result<usize, AdminError> {
        let found = self.consenters.iter().position(|each| address_of(each) == address);
        found.ok_or_else(|| AdminError::Unknown(format!("the consenter {address}")))
    }

    fn add(&mut self, newcomer: &NewOrganization) -> Result<(), AdminError> {
        let node = newcomer.orderer.as_ref().ok_or_else(|| {
            AdminError::refused(
                format!("the description of {} names no ordering node", newcomer.msp_id),
                "describe it with --orderer, --orderer-identity and --orderer-tls",
            )
        })?;
        if self.consenters.iter().any(|each| address_of(each) == node.endpoint) {
            return Err(AdminError::refused(
                format!("a consenter at {} is in the channel already", node.endpoint),
                "new certificates come by `der org consenter renew`",
            ));
        }
        let msp = self.member(&newcomer.msp_id)?;
        let id = self.consenters.iter().map(|each| each.id).max().unwrap_or_default() + 1;
        self.consenters.push(consenter(id, &msp, node)?);
        self.add_endpoint(&msp, &node.endpoint)
    }

    /// The MSP as the channel holds it, which may be newer than the description.
    fn member(&self, msp_id: &str) -> Result<Msp, AdminError> {
        let application = group::below(&self.root, crate::channel_config::APPLICATION)?;
        let name = group_name(application, msp_id)?.ok_or_else(|| {
            AdminError::refused(
                format!("{msp_id} is no member of the channel"),
                "add the organisation first; then its ordering node can follow the channel",
            )
        })?;
        msp(group::below(application, &name)?)
    }

    fn add_endpoint(&mut self, msp: &Msp, endpoint: &str) -> Result<(), AdminError> {
        let orderer = self.orderer()?;
        let Some(name) = group_name(orderer, msp.id())? else {
            let made = orderer_group(msp, vec![endpoint.to_owned()])?;
            orderer.groups.insert(msp.id().to_owned(), made);
            return Ok(());
        };
        let own = group::below_mut(orderer, &name)?;
        let mut addresses = endpoints(own)?;
        if !addresses.iter().any(|each| each == endpoint) {
            addresses.push(endpoint.to_owned());
            group::set_value(own, "Endpoints", &OrdererAddresses { addresses });
        }
        Ok(())
    }

    fn remove(&mut self, address: &str) -> Result<(), AdminError> {
        let leaving = self.consenters.remove(self.position(address)?);
        if self.consenters.is_empty() {
            return Err(AdminError::refused(
                format!("{address} is the only consenter"),
                "a channel without one never commits again",
            ));
        }
        let last_of_its_own = !self.consenters.iter().any(|each| each.msp_id == leaving.msp_id);
        let orderer = self.orderer()?;
        let Some(name) = group_name(orderer, &leaving.msp_id)? else {
            return Ok(());
        };
        if last_of_its_own {
            orderer.groups.remove(&name);
            return Ok(());
        }
        let own = group::below_mut(orderer, &name)?;
        let mut addresses = endpoints(own)?;
        addresses.retain(|each| each != address);
        group::set_value(own, "Endpoints", &OrdererAddresses { addresses });
        Ok(())
    }

    fn renew(&mut self, address: &str, identity: Option<&[u8]>, tls: Option<&[u8]>) -> Result<(), AdminError> {
        let position = self.position(address)?;
        let Some(msp_id) = self.consenters.get(position).map(|each| each.msp_id.clone()) else {
            return Err(AdminError::Unknown(address.to_owned()));
        };
        let orderer = self.orderer()?;
        let name = group_name(orderer, &msp_id)?.ok_or_else(|| AdminError::Unknown(format!("MSP {msp_id}")))?;
        let msp = msp(group::below(orderer, &name)?)?;
        let Some(consenter) = self.consenters.get_mut(position) else {
            return Err(AdminError::Unknown(address.to_owned()));
        };
        if let Some(pem) = identity {
            signs_blocks(&msp, pem)?;
            consenter.identity = Bytes::copy_from_slice(pem);
        }
        if let Some(pem) = tls {
            shows(&msp, pem)?;
            consenter.client_tls_cert = Bytes::copy_from_slice(pem);
            consenter.server_tls_cert = Bytes::copy_from_slice(pem);
        }
        Ok(())
    }

    /// Mapping and policy together: one without the other is refused by every consenter.
    fn finish(mut self) -> Result<ConfigGroup, AdminError> {
        let consenters = std::mem::take(&mut self.consenters);
        let policy = block_validation(&consenters);
        let orderer = self.orderer()?;
        let entry = orderer.policies.entry("BlockValidation".to_owned()).or_default();
        if entry.mod_policy.is_empty() {
            entry.mod_policy = ADMINS.to_owned();
        }
        entry.policy = Some(policy);
        let mapping = fabric_protos::common::Orderers {
            consenter_mapping: consenters,
        };
        group::set_value(orderer, "Orderers", &mapping);
        Ok(self.root)
    }
}

fn address_of(consenter: &Consenter) -> String {
    format!("{}:{}", consenter.host, consenter.port)
}

fn consenter(id: u32, msp: &Msp, node: &OrderingNode) -> Result<Consenter, AdminError> {
    signs_blocks(msp, node.identity.as_bytes())?;
    shows(msp, node.tls_certificate.as_bytes())?;
    let (host, port) = host_and_port(&node.endpoint)?;
    let tls = Bytes::copy_from_slice(node.tls_certificate.as_bytes());
    Ok(Consenter {
        id,
        host,
        port: port.into(),
        msp_id: msp.id().to_owned(),
        identity: Bytes::copy_from_slice(node.identity.as_bytes()),
        client_tls_cert: tls.clone(),
        server_tls_cert: tls,
    })
}

/// Refuses an identity that is no orderer of the MSP as the channel holds it.
fn signs_blocks(msp: &Msp, pem: &[u8]) -> Result<(), AdminError> {
    let role = Identity::new(msp.id(), pem).and_then(|identity| msp.role(&identity));
    let wrong = match role {
        Ok(Role::Orderer) => return Ok(()),
        Ok(other) => format!("it is a {}'s", other.word()),
        Err(error) => error.to_string(),
    };
    Err(AdminError::refused(
        format!("the ordering node's identity does not do for {}: {wrong}", msp.id()),
        "name the certificate under signcerts/ of the node's MSP folder",
    ))
}

/// Refuses a TLS certificate that the channel's MSP does not vouch for.
fn shows(msp: &Msp, pem: &[u8]) -> Result<(), AdminError> {
    let certificate = fabric_msp::Certificate::from_pem(pem)
        .map_err(|error| AdminError::malformed("the ordering node's TLS certificate", error))?;
    let config = msp.to_config();
    if any_signed(
        config.tls_root_certs.iter().chain(&config.tls_intermediate_certs),
        &certificate,
    ) {
        return Ok(());
    }
    Err(AdminError::refused(
        format!(
            "the ordering node's TLS certificate was not issued by a TLS authority of {}",
            msp.id()
        ),
        "name the certificate that the node shows; a new TLS authority comes first, by `der org authorities`",
    ))
}
