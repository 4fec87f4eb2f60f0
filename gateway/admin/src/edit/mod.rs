//! What can be changed in a channel: each function takes a configuration and gives the changed tree. Nothing is sent.

mod authorities;
mod block_validation;
mod consenter;
mod organization;
mod revocation;

pub use authorities::replace_authorities;
pub use consenter::{add_consenter, remove_consenter, renew_consenter, replace_consenter};
pub use organization::{add_organization, remove_organization};
pub use revocation::revoke;

use fabric_msp::Msp;
use fabric_protos::common::ConfigGroup;

use crate::{
    AdminError, ChannelConfig,
    channel_config::{APPLICATION, ORDERER, msp},
    group,
};

/// Writes one organisation's MSP wherever it stands: Fabric refuses a channel that holds two versions of one MSP.
fn set_msp(root: &mut ConfigGroup, changed: &Msp) -> Result<(), AdminError> {
    let mut found = false;
    for place in [APPLICATION, ORDERER] {
        for organization in group::below_mut(root, place)?.groups.values_mut() {
            if msp(organization)?.id() == changed.id() {
                group::set_value(organization, "MSP", &changed.to_msp_config());
                found = true;
            }
        }
    }
    found
        .then_some(())
        .ok_or_else(|| AdminError::Unknown(format!("MSP {}", changed.id())))
}

/// Every MSP of the channel, members' first.
fn msps(config: &ChannelConfig) -> Result<Vec<Msp>, AdminError> {
    let groups = [config.application()?, config.orderer()?].map(|group| group.groups.values());
    groups.into_iter().flatten().map(msp).collect()
}

/// The name of the group whose MSP is `msp_id`, beneath `place`.
fn group_name(place: &ConfigGroup, msp_id: &str) -> Result<Option<String>, AdminError> {
    for (name, organization) in &place.groups {
        if msp(organization)?.id() == msp_id {
            return Ok(Some(name.clone()));
        }
    }
    Ok(None)
}
