//! What administrators do to the channel's configuration.

use bytes::Bytes;
use fabric_cryptogen::tree::msp_files;
use fabric_devnet::order::OrderError;
use fabric_msp::{Msp, Policy, SignaturePolicy, Signer, SigningIdentity};
use fabric_protos::common::{
    ChannelHeader, ConfigGroup, ConfigPolicy, ConfigSignature, ConfigUpdate, ConfigUpdateEnvelope, Envelope, Header,
    HeaderType, Payload, SignatureHeader,
};
use prost::Message;

use super::world::{ENERGY, World, domain};

impl World {
    /// Has the configuration changed by the members' administrators, and gives the block's number.
    pub async fn reconfigure(&self, change: impl FnOnce(&mut ConfigGroup)) -> Result<u64, OrderError> {
        let members = self.devnet().endpoints().iter();
        let admins: Vec<SigningIdentity> = members.map(|member| self.admin(&member.msp_id)).collect();
        let envelope = self.update(change, &admins.iter().collect::<Vec<_>>());
        let orderer = self.devnet().orderer();
        orderer.submit(envelope.encode_to_vec().into()).await?;
        orderer.cut().await?;
        Ok(self.devnet().channel().config_block())
    }

    /// An update whose read set is the present configuration; the first signer sends it.
    pub fn update(&self, change: impl FnOnce(&mut ConfigGroup), signers: &[&SigningIdentity]) -> Envelope {
        let current = self.devnet().channel().now().config().channel_group.clone().unwrap();
        let mut wanted = current.clone();
        change(&mut wanted);
        let update = ConfigUpdate {
            channel_id: "energy".to_owned(),
            read_set: Some(current),
            write_set: Some(wanted),
            ..ConfigUpdate::default()
        };
        let config_update = Bytes::from(update.encode_to_vec());
        let signatures = signers.iter().map(|signer| sign(signer, &config_update)).collect();
        envelope(
            signers[0],
            &ConfigUpdateEnvelope {
                config_update,
                signatures,
            },
        )
    }

    /// The MSP of an organisation's folder as it now is, with its list of revoked certificates.
    pub fn msp(&self, msp_id: &str) -> Msp {
        Msp::from_folder(msp_id, msp_files(&self.tree().msp(domain(msp_id))).unwrap()).unwrap()
    }

    /// Puts a user on its organisation's list, and the list into the channel's configuration.
    pub async fn revoke(&self, msp_id: &str, user: &str) -> u64 {
        let folder = self.tree().user(domain(msp_id), user);
        fabric_cryptogen::revoke(self.tree().root(), msp_id, &folder).unwrap();
        let msp = self.msp(msp_id);
        self.reconfigure(|root| set_msp(root, &msp)).await.unwrap()
    }
}

fn set_msp(root: &mut ConfigGroup, msp: &Msp) {
    for section in root.groups.values_mut() {
        if let Some(organisation) = section.groups.get_mut(msp.id()) {
            let value = organisation.values.get_mut("MSP").unwrap();
            value.value = msp.to_msp_config().encode_to_vec().into();
            value.version += 1;
        }
    }
}

/// Adds a member whose group is like the energy company's.
pub fn add_member(root: &mut ConfigGroup, msp: &Msp) {
    let application = root.groups.get_mut("Application").unwrap();
    let mut member = application.groups[ENERGY].clone();
    member.values.retain(|name, _| name == "MSP");
    member.values.get_mut("MSP").unwrap().value = msp.to_msp_config().encode_to_vec().into();
    for (name, role) in [
        ("Readers", "member"),
        ("Writers", "member"),
        ("Admins", "admin"),
        ("Endorsement", "peer"),
    ] {
        let policy = SignaturePolicy::parse(&format!("OR('{}.{role}')", msp.id())).unwrap();
        let policy = ConfigPolicy {
            version: 0,
            policy: Some(Policy::Signature(policy).to_wire()),
            mod_policy: "Admins".to_owned(),
        };
        member.policies.insert(name.to_owned(), policy);
    }
    application.groups.insert(msp.id().to_owned(), member);
    application.version += 1;
}

pub fn remove_member(root: &mut ConfigGroup, msp_id: &str) {
    let application = root.groups.get_mut("Application").unwrap();
    application.groups.remove(msp_id).unwrap();
    application.version += 1;
}

fn sign(signer: &SigningIdentity, config_update: &[u8]) -> ConfigSignature {
    let signature_header = Bytes::from(header(signer).encode_to_vec());
    let message = [signature_header.as_ref(), config_update].concat();
    ConfigSignature {
        signature: signer.sign(&message).unwrap().into(),
        signature_header,
    }
}

fn envelope(sender: &SigningIdentity, content: &ConfigUpdateEnvelope) -> Envelope {
    let channel_header = ChannelHeader {
        r#type: HeaderType::ConfigUpdate.into(),
        channel_id: "energy".to_owned(),
        ..ChannelHeader::default()
    };
    let header = Header {
        channel_header: channel_header.encode_to_vec().into(),
        signature_header: header(sender).encode_to_vec().into(),
    };
    let payload = Payload {
        header: Some(header),
        data: content.encode_to_vec().into(),
    };
    let payload = Bytes::from(payload.encode_to_vec());
    let signature = sender.sign(&payload).unwrap().into();
    Envelope { payload, signature }
}

fn header(signer: &SigningIdentity) -> SignatureHeader {
    SignatureHeader {
        creator: signer.serialized_identity(),
        nonce: Bytes::from_static(b"administration's nonce!!"),
    }
}
