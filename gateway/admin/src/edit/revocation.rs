use bytes::Bytes;
use fabric_msp::{Certificate, Msp, RevocationList};
use fabric_protos::{common::ConfigGroup, msp::FabricMspConfig};

use super::{msps, set_msp};
use crate::{AdminError, ChannelConfig};

/// Puts a revocation list, PEM or DER, into the MSP whose authority has signed it. Lists that are there stay, except
/// those of the same authority that name nothing more than the new one: what was revoked once stays revoked.
///
/// # Errors
/// When the list has no authority key identifier, with which Fabric would refuse every identity of the MSP, or is not
/// signed by an authority of the channel.
pub fn revoke(config: &ChannelConfig, list: &[u8]) -> Result<ConfigGroup, AdminError> {
    let read = RevocationList::read(list).map_err(|error| {
        AdminError::refused(
            error.to_string(),
            "let the organisation's certificate authority write it; fabric-cryptogen revoke does it right",
        )
    })?;
    let owner = owner(config, &read)?;
    let mut changed = owner.to_config();
    if changed.revocation_list.iter().any(|held| held == list) {
        return Ok(config.root().clone());
    }
    changed
        .revocation_list
        .retain(|held| !RevocationList::read(held).is_ok_and(|held| is_superseded(&held, &read)));
    changed.revocation_list.push(Bytes::copy_from_slice(list));
    let changed = Msp::from_config(&changed)
        .map_err(|error| AdminError::refused(error.to_string(), "the list would make the MSP unsound"))?;
    let mut root = config.root().clone();
    set_msp(&mut root, &changed)?;
    Ok(root)
}

fn owner(config: &ChannelConfig, list: &RevocationList) -> Result<Msp, AdminError> {
    let signed = |config: &FabricMspConfig| {
        let authorities = config.root_certs.iter().chain(&config.intermediate_certs);
        let mut read = authorities.filter_map(|pem| Certificate::from_pem(pem).ok());
        read.any(|authority| list.is_signed_by(&authority))
    };
    let owner = msps(config)?.into_iter().find(|msp| signed(&msp.to_config()));
    owner.ok_or_else(|| {
        AdminError::refused(
            "the revocation list is not signed by any authority of the channel's organisations",
            "name the list that the organisation's own certificate authority has issued",
        )
    })
}

fn is_superseded(held: &RevocationList, by: &RevocationList) -> bool {
    held.authority_key_id() == by.authority_key_id() && held.serials().is_subset(by.serials())
}
