use fabric_msp::Msp;
use fabric_protos::common::ConfigGroup;

use super::{msps, set_msp};
use crate::{AdminError, ChannelConfig};

/// Replaces an organisation's authorities, TLS authorities, administrators and roles by those of its new MSP. The
/// revocation lists that the channel holds stay, beside those that the new MSP brings.
///
/// A certificate of a former authority is invalid from the update on: an organisation that changes its authority first
/// holds both, renews its certificates, and then drops the old one.
///
/// # Errors
/// When the organisation is not in the channel, or the MSP together with the lists is not sound.
pub fn replace_authorities(config: &ChannelConfig, new: &Msp) -> Result<ConfigGroup, AdminError> {
    let present = msps(config)?.into_iter().find(|msp| msp.id() == new.id());
    let present = present.ok_or_else(|| AdminError::Unknown(format!("MSP {}", new.id())))?;
    let mut wanted = new.to_config();
    let mut lists = present.to_config().revocation_list;
    lists.extend(
        wanted
            .revocation_list
            .iter()
            .filter(|list| !lists.contains(list))
            .cloned()
            .collect::<Vec<_>>(),
    );
    wanted.revocation_list = lists;
    let wanted =
        Msp::from_config(&wanted).map_err(|error| AdminError::refused(error.to_string(), "mend the new MSP folder"))?;
    let mut root = config.root().clone();
    set_msp(&mut root, &wanted)?;
    Ok(root)
}
