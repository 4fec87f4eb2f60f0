use fabric_msp::{Msp, Policy, SignaturePolicy};
use fabric_protos::{
    common::{ConfigGroup, OrdererAddresses},
    protos::{AnchorPeer, AnchorPeers},
};

use super::group_name;
use crate::{
    AdminError, ChannelConfig, NewOrganization,
    channel_config::{APPLICATION, ORDERER},
    consortium::bft_consenters,
    group::{self, ADMINS},
    new_organization::host_and_port,
};

/// Adds an organisation as a member. Its ordering node, if it brings one, comes by
/// [`add_consenter`](super::add_consenter): it must follow the channel first, and following needs membership.
///
/// # Errors
/// When the description's MSP is not sound, or another organisation has its name.
pub fn add_organization(config: &ChannelConfig, newcomer: &NewOrganization) -> Result<ConfigGroup, AdminError> {
    let msp = newcomer.verified_msp()?;
    let mut member = organization_group(&msp)?;
    let endorsement = format!("OR('{}.peer')", msp.id());
    set_signature_policy(&mut member, "Endorsement", &endorsement)?;
    group::set_value(&mut member, "AnchorPeers", &anchor_peers(&newcomer.anchor_peers)?);
    let mut root = config.root().clone();
    let application = group::below_mut(&mut root, APPLICATION)?;
    let present = group_name(application, msp.id())?.and_then(|name| application.groups.get(&name));
    if let Some(present) = present {
        if same_content(present, &member) {
            return Ok(root);
        }
        return Err(AdminError::refused(
            format!(
                "{} is in the channel already, with another MSP, policy or anchor peer",
                msp.id()
            ),
            "change it by `der org authorities` or `der org revoke`",
        ));
    }
    application.groups.insert(msp.id().to_owned(), member);
    Ok(root)
}

/// Removes an organisation from members and orderers.
///
/// # Errors
/// When it is in neither, owns a consenter, or would leave nobody.
pub fn remove_organization(config: &ChannelConfig, msp_id: &str) -> Result<ConfigGroup, AdminError> {
    if let Ok(consenters) = bft_consenters(config.orderer()?)
        && let Some(own) = consenters.consenter_mapping.iter().find(|each| each.msp_id == msp_id)
    {
        return Err(AdminError::refused(
            format!("{msp_id} owns the ordering node {}:{}", own.host, own.port),
            "replace or remove the node first: der org consenter replace, der org consenter remove",
        ));
    }
    let mut root = config.root().clone();
    let mut found = false;
    for place in [APPLICATION, ORDERER] {
        let place = group::below_mut(&mut root, place)?;
        if let Some(name) = group_name(place, msp_id)? {
            place.groups.remove(&name);
            found = true;
        }
        if place.groups.is_empty() {
            return Err(AdminError::refused(
                format!("without {msp_id} nobody would be left"),
                "a channel needs a member and an orderer",
            ));
        }
    }
    match found {
        true => Ok(root),
        false => Err(AdminError::Unknown(format!("MSP {msp_id}"))),
    }
}

/// An organisation's group as orderer.
pub(super) fn orderer_group(msp: &Msp, endpoints: Vec<String>) -> Result<ConfigGroup, AdminError> {
    let mut orderer = organization_group(msp)?;
    group::set_value(&mut orderer, "Endpoints", &OrdererAddresses { addresses: endpoints });
    Ok(orderer)
}

/// The part that members and orderers have in common. Policies as `network/fabric` writes them for the founders.
fn organization_group(msp: &Msp) -> Result<ConfigGroup, AdminError> {
    let id = msp.id();
    let mut made = ConfigGroup {
        mod_policy: ADMINS.to_owned(),
        ..ConfigGroup::default()
    };
    set_signature_policy(&mut made, "Readers", &format!("OR('{id}.member')"))?;
    set_signature_policy(&mut made, "Writers", &format!("OR('{id}.member')"))?;
    set_signature_policy(&mut made, ADMINS, &format!("OR('{id}.admin')"))?;
    group::set_value(&mut made, "MSP", &msp.to_msp_config());
    Ok(made)
}

fn set_signature_policy(group: &mut ConfigGroup, name: &str, text: &str) -> Result<(), AdminError> {
    let policy =
        SignaturePolicy::parse(text).map_err(|error| AdminError::malformed(format!("policy {text}"), error))?;
    group::set_policy(group, name, &Policy::Signature(policy));
    Ok(())
}

fn anchor_peers(addresses: &[String]) -> Result<AnchorPeers, AdminError> {
    let peer = |address: &String| {
        host_and_port(address).map(|(host, port)| AnchorPeer {
            host,
            port: port.into(),
        })
    };
    let anchor_peers = addresses.iter().map(peer).collect::<Result<_, _>>()?;
    Ok(AnchorPeers { anchor_peers })
}

/// Equal but for versions, which the channel counts.
fn same_content(present: &ConfigGroup, wanted: &ConfigGroup) -> bool {
    crate::update::compute(present, wanted).is_none()
}
