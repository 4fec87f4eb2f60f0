use fabric_admin::{AdminError, ChannelConfig, Review, UpdateFile, edit, update};
use fabric_msp::{Identity, IdentityError, Msp};
use fabric_protos::msp::{FabricMspConfig, MspConfig};
use prost::Message;

use crate::material::{admin, at_first, channel, msp, revoked, user};

/// The MSP as both groups of the channel hold it: they must agree, or Fabric refuses the channel.
fn held(config: &ChannelConfig, msp_id: &str) -> Msp {
    let groups = [config.application().unwrap(), config.orderer().unwrap()];
    let [member, orderer] = groups.map(|group| group.groups[msp_id].values["MSP"].value.clone());
    assert_eq!(member, orderer);
    Msp::from_msp_config(&MspConfig::decode(member).unwrap()).unwrap()
}

fn verdict(config: &ChannelConfig, name: &str) -> Result<(), IdentityError> {
    let identity: Identity = user("EnergyMSP", name).identity().clone();
    held(config, "EnergyMSP").validate(&identity)
}

#[test]
fn a_list_revokes_by_one_signature_of_its_own_organisation() {
    let config = channel();
    let root = edit::revoke(&config, &revoked("EnergyMSP", &["ann"])).unwrap();
    let mut file = UpdateFile::new("energy", update::compute(config.root(), &root).unwrap());
    file.sign(&admin("GridMSP")).unwrap();
    let review = Review::of(&config, &file).unwrap();
    let refused = review.must_be_approved().unwrap_err();
    assert!(
        matches!(refused, AdminError::Unsigned(_)),
        "another organisation's administrator cannot"
    );
    file.sign(&admin("EnergyMSP")).unwrap();
    let review = Review::of(&config, &file).unwrap();
    review.must_be_approved().unwrap();
    assert!(
        review
            .differences
            .iter()
            .all(|one| one.what.contains("with 1 certificates")),
        "{:?}",
        review.differences
    );
    assert!(matches!(verdict(&review.after, "ann"), Err(IdentityError::Revoked(_))));
    assert_eq!(verdict(&review.after, "bob"), Ok(()));
}

#[test]
fn what_was_revoked_once_stays_revoked() {
    let ann = revoked("EnergyMSP", &["ann"]);
    let once = at_first(edit::revoke(&channel(), &ann).unwrap());
    assert_eq!(
        edit::revoke(&once, &ann).unwrap(),
        *once.root(),
        "the same list again changes nothing"
    );
    let lists = |config: &ChannelConfig| held(config, "EnergyMSP").to_config().revocation_list.len();
    let other = at_first(edit::revoke(&once, &revoked("EnergyMSP", &["bob"])).unwrap());
    assert_eq!(lists(&other), 2, "a list that forgets ann stands beside hers");
    let both = at_first(edit::revoke(&other, &revoked("EnergyMSP", &["ann", "bob"])).unwrap());
    assert_eq!(lists(&both), 1, "a list that names both takes the place of two");
    for config in [&other, &both] {
        for name in ["ann", "bob"] {
            assert!(matches!(verdict(config, name), Err(IdentityError::Revoked(_))));
        }
    }
}

#[test]
fn a_list_of_a_stranger_and_no_list_at_all_are_refused() {
    let stranger = edit::revoke(&channel(), &revoked("NorthMSP", &["ann"])).unwrap_err();
    assert!(
        stranger.to_string().contains("not signed by any authority"),
        "{stranger}"
    );
    let mut spoiled = revoked("EnergyMSP", &["ann"]);
    let middle = spoiled.len() / 2;
    spoiled[middle] = if spoiled[middle] == b'A' { b'B' } else { b'A' };
    assert!(edit::revoke(&channel(), &spoiled).is_err());
    assert!(edit::revoke(&channel(), b"no list").is_err());
}

/// The key identifier's object number in the list is made unknown: Fabric would take the list and then refuse everyone.
#[test]
fn a_list_without_authority_key_identifier_is_refused() {
    let pem = revoked("EnergyMSP", &["ann"]);
    let mut der = fabric_msp::pem::crl(&pem).unwrap();
    let number = [0x06, 0x03, 0x55, 0x1d, 0x23];
    let place = der.windows(number.len()).position(|window| window == number).unwrap();
    der[place + 4] = 0x7f;
    let refused = edit::revoke(&channel(), &der).unwrap_err();
    assert!(refused.to_string().contains("authority key identifier"), "{refused}");
}

#[test]
fn new_authorities_keep_the_lists() {
    let config = at_first(edit::revoke(&channel(), &revoked("EnergyMSP", &["ann"])).unwrap());
    let both: FabricMspConfig = {
        let mut wanted = msp("EnergyMSP").to_config();
        wanted.tls_root_certs.extend(msp("NorthMSP").to_config().tls_root_certs);
        wanted
    };
    let new = Msp::from_config(&both).unwrap();
    let after = at_first(edit::replace_authorities(&config, &new).unwrap());
    assert_eq!(held(&after, "EnergyMSP").to_config().tls_root_certs.len(), 2);
    assert!(matches!(verdict(&after, "ann"), Err(IdentityError::Revoked(_))));
    let unknown = edit::replace_authorities(&config, &msp("NorthMSP")).unwrap_err();
    assert!(matches!(unknown, AdminError::Unknown(_)));
}
