use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa};
use time::Duration;

use super::*;
use crate::{
    PrivateKey,
    forge::{Forge, ForgeKey, now},
};

fn refused_chain(result: Result<(), IdentityError>) -> String {
    match result {
        Err(IdentityError::Chain { reason, .. }) => reason,
        other => panic!("expected a broken chain, got {other:?}"),
    }
}

#[test]
fn each_unit_gives_its_role() {
    let forge = Forge::new("AMSP");
    let msp = forge.msp();
    for role in [Role::Client, Role::Peer, Role::Admin, Role::Orderer] {
        let identity = forge.issue("ann", &[role.word()]);
        assert_eq!(msp.role(&identity), Ok(role));
        for asked in [
            PrincipalRole::Client,
            PrincipalRole::Peer,
            PrincipalRole::Admin,
            PrincipalRole::Orderer,
        ] {
            let answer = msp.satisfies(&identity, &Principal::role("AMSP", asked));
            assert_eq!(answer.is_ok(), asked.word() == role.word());
        }
        assert!(
            msp.satisfies(&identity, &Principal::role("AMSP", PrincipalRole::Member))
                .is_ok()
        );
        assert!(
            msp.satisfies(&identity, &Principal::role("BMSP", PrincipalRole::Member))
                .is_err()
        );
    }
}

#[test]
fn exactly_one_role_is_demanded() {
    let forge = Forge::new("AMSP");
    let msp = forge.msp();
    for (units, found) in [(&["client", "peer"][..], 2), (&["sales"], 0), (&[], 0)] {
        let verdict = msp.validate(&forge.issue("ann", units));
        assert_eq!(
            verdict,
            Err(IdentityError::Role {
                subject: "ann".to_owned(),
                found
            })
        );
    }
    assert!(msp.validate(&forge.issue("ann", &["client", "sales"])).is_ok());
}

#[test]
fn another_authority_of_the_same_name_is_refused() {
    let msp = Forge::new("AMSP").msp();
    let reason = refused_chain(msp.validate(&Forge::new("AMSP").issue("eve", &["client"])));
    assert!(reason.contains("not made by this key"), "{reason}");
    let renamed = Forge::rooted("AMSP", "elsewhere", |_| {});
    let reason = refused_chain(msp.validate(&renamed.issue("eve", &["client"])));
    assert!(reason.contains("name of its issuer"), "{reason}");
}

#[test]
fn identities_of_other_msps_and_authorities_are_refused() {
    let forge = Forge::new("AMSP");
    let foreign = Forge::new("BMSP").issue("bob", &["client"]);
    assert!(matches!(
        forge.msp().validate(&foreign),
        Err(IdentityError::OtherMsp { .. })
    ));
    let root = Identity::new("AMSP", forge.pem.as_bytes()).unwrap();
    assert_eq!(
        forge.msp().validate(&root),
        Err(IdentityError::Authority("root".to_owned()))
    );
}

#[test]
fn an_expired_certificate_is_valid_and_says_that_it_has_expired() {
    let forge = Forge::new("AMSP");
    let old = forge.issue_as("old", &["client"], |params| {
        params.not_before = now() - Duration::minutes(30);
        params.not_after = now() - Duration::minutes(10);
    });
    assert!(forge.msp().validate(&old).is_ok());
    let end = old.certificate().not_after();
    assert!(!old.expired_at(end));
    assert!(old.expired_at(end + 1));
}

#[test]
fn a_certificate_older_than_its_authority_is_refused() {
    let forge = Forge::new("AMSP");
    let early = forge.issue_as("early", &["client"], |params| {
        params.not_before = now() - Duration::hours(2)
    });
    assert!(refused_chain(forge.msp().validate(&early)).contains("was not valid when"));
}

#[test]
fn revocation_names_only_its_own() {
    let forge = Forge::new("AMSP");
    let (ann, bob) = (forge.issue("ann", &["client"]), forge.issue("bob", &["client"]));
    let msp = forge.msp_with(&[("crls/crl.pem", &forge.revoke(&[&ann]))]);
    assert_eq!(msp.validate(&ann), Err(IdentityError::Revoked("ann".to_owned())));
    assert!(msp.validate(&bob).is_ok());
}

#[test]
fn a_list_signed_by_another_revokes_nobody() {
    let forge = Forge::new("AMSP");
    let ann = forge.issue("ann", &["client"]);
    let own_id = crate::Certificate::from_pem(forge.pem.as_bytes())
        .unwrap()
        .subject_key_id()
        .unwrap()
        .to_vec();
    let impostor = Forge::rooted("AMSP", "root", |params| {
        params.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(own_id);
    });
    let msp = forge.msp_with(&[("crls/crl.pem", &impostor.revoke(&[&ann]))]);
    assert!(msp.validate(&ann).is_ok());
}

#[test]
fn a_list_without_key_id_is_refused_at_load() {
    let list = include_bytes!("../../golden/crl_without_key_id.der");
    let forge = Forge::new("AMSP");
    let loaded = Msp::from_folder("AMSP", forge.folder(&[("crls/crl.der", list)]));
    assert_eq!(loaded.unwrap_err(), MspError::CrlWithoutKeyId);
}

#[test]
fn intermediates_issue_and_the_root_above_them_no_longer_does() {
    let root = Forge::new("AMSP");
    let below = root.intermediate("below");
    let msp = root.msp_with(&[("intermediatecerts/below.pem", below.pem.as_bytes())]);
    assert!(msp.validate(&below.issue("ann", &["client"])).is_ok());
    assert!(refused_chain(msp.validate(&root.issue("bob", &["client"]))).contains("may not issue"));
    assert!(
        root.msp().validate(&below.issue("ann", &["client"])).is_err(),
        "the intermediate is unknown"
    );
}

#[test]
fn a_revoked_intermediate_makes_the_msp_unsound() {
    let root = Forge::new("AMSP");
    let below = root.intermediate("below");
    let as_identity = Identity::new("AMSP", below.pem.as_bytes()).unwrap();
    let crl = root.revoke(&[&as_identity]);
    let files = root.folder(&[
        ("intermediatecerts/below.pem", below.pem.as_bytes()),
        ("crls/crl.pem", &crl),
    ]);
    let error = Msp::from_folder("AMSP", files).unwrap_err();
    assert!(
        matches!(error, MspError::Authority { ref reason, .. } if reason.contains("revoked")),
        "{error}"
    );
}

#[test]
fn path_length_binds() {
    let root = Forge::rooted("AMSP", "root", |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))
    });
    let below = root.intermediate("below");
    let files = root.folder(&[("intermediatecerts/below.pem", below.pem.as_bytes())]);
    assert!(
        Msp::from_folder("AMSP", files).is_ok(),
        "an intermediate directly beneath is within the limit"
    );
    let deeper = below.intermediate("deeper");
    let both: [(&str, &[u8]); 2] = [
        ("intermediatecerts/below.pem", below.pem.as_bytes()),
        ("intermediatecerts/deeper.pem", deeper.pem.as_bytes()),
    ];
    assert!(matches!(
        Msp::from_folder("AMSP", root.folder(&both)),
        Err(MspError::Authority { .. })
    ));
}

#[test]
fn what_is_no_authority_cannot_be_a_root() {
    let spoilt = Forge::rooted("AMSP", "root", |params: &mut CertificateParams| {
        params.is_ca = IsCa::ExplicitNoCa
    });
    let error = Msp::from_folder("AMSP", spoilt.folder(&[])).unwrap_err();
    assert!(error.to_string().contains("do not say CA"), "{error}");
    let none = Msp::from_folder("AMSP", Vec::new()).unwrap_err();
    assert_eq!(none, MspError::NoRoot("AMSP".to_owned()));
}

#[test]
fn critical_extensions_and_foreign_uses_are_refused() {
    let forge = Forge::new("AMSP");
    let unknown = forge.issue_as("ann", &["client"], |params| {
        let mut extension = CustomExtension::from_oid_content(&[1, 3, 9999, 1], vec![5, 0]);
        extension.set_criticality(true);
        params.custom_extensions.push(extension);
    });
    assert!(refused_chain(forge.msp().validate(&unknown)).contains("1.3.9999.1"));
    let mail = forge.issue_as("ann", &["client"], |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    });
    assert!(refused_chain(forge.msp().validate(&mail)).contains("extended key usage"));
}

#[test]
fn a_high_s_certificate_is_the_same_identity_as_its_low_s_form() {
    let forge = Forge::new("AMSP");
    let msp = forge.msp();
    let high = forge.signing_high();
    let key = ForgeKey {
        key: PrivateKey::generate().unwrap(),
        high: false,
    };
    let pem = high.certify(&key, "ann", &["client"], |_| {});
    let ann = Identity::new("AMSP", pem.as_bytes()).unwrap();
    assert!(msp.validate(&ann).is_ok());
    let low = crate::Certificate::from_der(ann.certificate().canonical_der().clone()).unwrap();
    assert_ne!(low.der(), ann.certificate().der());
    assert_eq!(low.canonical_hash(), ann.certificate().canonical_hash());
    let low = Identity::new("AMSP", low.pem().as_bytes()).unwrap();
    assert!(msp.validate(&low).is_ok());
    assert!(
        msp.satisfies(&low, &Principal::Identity(ann.serialized().clone()))
            .is_ok()
    );
}

#[test]
fn listed_admins_are_admins() {
    let forge = Forge::new("AMSP");
    let ann = forge.issue("ann", &["client"]);
    let msp = forge.msp_with(&[("admincerts/ann.pem", ann.certificate().pem().as_bytes())]);
    assert!(
        msp.satisfies(&ann, &Principal::role("AMSP", PrincipalRole::Admin))
            .is_ok()
    );
    let peer = forge.issue("peer0", &["peer"]);
    let files = forge.folder(&[("admincerts/peer0.pem", peer.certificate().pem().as_bytes())]);
    assert!(matches!(Msp::from_folder("AMSP", files), Err(MspError::Admin { .. })));
}

#[test]
fn without_roles_an_admin_must_be_listed() {
    let forge = Forge::new("AMSP");
    let plain: Vec<_> = forge
        .folder(&[])
        .into_iter()
        .filter(|(name, _)| name != "config.yaml")
        .collect();
    assert_eq!(
        Msp::from_folder("AMSP", plain.clone()).unwrap_err(),
        MspError::NoAdmin("AMSP".to_owned())
    );
    let ann = forge.issue("ann", &[]);
    let listed = ("admincerts/ann.pem".to_owned(), ann.certificate().pem().into_bytes());
    let msp = Msp::from_folder("AMSP", plain.into_iter().chain([listed])).unwrap();
    assert!(msp.validate(&forge.issue("bob", &[])).is_ok());
    assert_eq!(msp.role(&ann), Err(IdentityError::NoRoles("AMSP".to_owned())));
}

#[test]
fn units_and_certifiers_are_compared() {
    let forge = Forge::new("AMSP");
    let msp = forge.msp();
    let ann = forge.issue("ann", &["client", "sales"]);
    let chain = crate::Certificate::from_pem(forge.pem.as_bytes()).unwrap();
    let certifiers = Bytes::copy_from_slice(&crate::sha256(chain.der()));
    let unit = |certifiers: Bytes| Principal::OrganizationalUnit {
        msp_id: "AMSP".to_owned(),
        unit: "sales".to_owned(),
        certifiers,
    };
    assert!(msp.satisfies(&ann, &unit(certifiers)).is_ok());
    assert!(msp.satisfies(&ann, &unit(Bytes::new())).is_err());
}

#[test]
fn the_channel_configuration_carries_the_whole_msp() {
    let forge = Forge::new("AMSP");
    let ann = forge.issue("ann", &["client"]);
    let msp = forge.msp_with(&[
        ("crls/crl.pem", &forge.revoke(&[&ann])),
        ("keystore/priv_sk", b"secret"),
    ]);
    let again = Msp::from_msp_config(&msp.to_msp_config()).unwrap();
    assert_eq!(again.to_config(), msp.to_config());
    assert_eq!(again.validate(&ann), Err(IdentityError::Revoked("ann".to_owned())));
    assert!(!msp.to_msp_config().config.windows(6).any(|bytes| bytes == b"secret"));
}
