use fabric_admin::{AdminError, ChannelConfig, Consensus, Review, Tolerance, UpdateFile, edit, update};
use fabric_msp::{Policy, SignaturePolicy};
use fabric_protos::common::Orderers;
use prost::Message;

use crate::material::{FOUNDERS, NEWCOMER, admin, at_first, channel, described, endpoint, ordering_node};

fn mapping(config: &ChannelConfig) -> Orderers {
    Orderers::decode(config.orderer().unwrap().values["Orderers"].value.clone()).unwrap()
}

/// What SmartBFT demands of every configuration: a quorum of exactly these identities, in the mapping's order.
fn assert_consistent(config: &ChannelConfig) {
    let consenters = mapping(config).consenter_mapping;
    let policy = config.orderer().unwrap().policies["BlockValidation"]
        .policy
        .clone()
        .unwrap();
    let Policy::Signature(SignaturePolicy::OutOf { n, rules }) = Policy::from_wire(&policy).unwrap() else {
        panic!("a quorum of signatures was expected");
    };
    assert_eq!(n as usize, Tolerance::bft(consenters.len()).quorum);
    let expected: Vec<SignaturePolicy> = consenters
        .iter()
        .map(|one| {
            let identity = fabric_msp::Identity::new(&one.msp_id, &one.identity).unwrap();
            SignaturePolicy::SignedBy(fabric_msp::Principal::Identity(identity.serialized().clone()))
        })
        .collect();
    assert_eq!(rules, expected);
    let mut ids: Vec<u32> = consenters.iter().map(|one| one.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), consenters.len());
    let orderers = &config.orderer().unwrap().groups;
    assert!(
        consenters.iter().all(|one| orderers.contains_key(&one.msp_id)),
        "every node's organisation orders"
    );
    assert!(
        orderers
            .keys()
            .all(|name| consenters.iter().any(|one| one.msp_id == *name)),
        "and nobody else does"
    );
}

fn with_member() -> ChannelConfig {
    at_first(edit::add_organization(&channel(), &described(NEWCOMER, 0)).unwrap())
}

#[test]
fn a_fifth_consenter_comes_with_all_that_belongs_to_it_in_one_update() {
    let config = with_member();
    assert_consistent(&config);
    let root = edit::add_consenter(&config, &described(NEWCOMER, 0)).unwrap();
    let mut file = UpdateFile::new("energy", update::compute(config.root(), &root).unwrap());
    for founder in FOUNDERS.iter().take(3) {
        file.sign(&admin(founder)).unwrap();
    }
    let review = Review::of(&config, &file).unwrap();
    review.must_be_approved().unwrap();
    let policies: Vec<&str> = review.approvals.iter().map(|one| one.policy.as_str()).collect();
    assert_eq!(policies, ["/Channel/Orderer/Admins"]);
    assert_consistent(&review.after);
    let (before, after) = (Consensus::of(&config).unwrap(), Consensus::of(&review.after).unwrap());
    assert_eq!(before.tolerance, Tolerance { n: 4, f: 1, quorum: 3 });
    assert_eq!(after.tolerance, Tolerance { n: 5, f: 1, quorum: 4 });
    assert_eq!(after.consenters[4].id, Some(5));
    let told: Vec<String> = review.differences.iter().map(ToString::to_string).collect();
    assert!(
        told.iter()
            .any(|one| one.contains("consenter 5 of NorthMSP at 127.0.0.1:7450")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|one| one.contains("+ /Channel/Orderer/BlockValidation: policy OutOf(4, ")),
        "{told:?}"
    );
    assert!(
        told.iter().any(|one| one.contains("orderer endpoint 127.0.0.1:7450")),
        "{told:?}"
    );
}

#[test]
fn a_node_of_a_stranger_or_a_node_twice_is_refused() {
    let stranger = edit::add_consenter(&channel(), &described(NEWCOMER, 0)).unwrap_err();
    assert!(stranger.to_string().contains("is no member"), "{stranger}");
    let twice = edit::add_consenter(&channel(), &described("GridMSP", 0)).unwrap_err();
    assert!(twice.to_string().contains("already"), "{twice}");
}

#[test]
fn one_is_replaced_by_another_and_the_number_stays() {
    let config = with_member();
    let leaving = endpoint("EnergyMSP", 0);
    let after = at_first(edit::replace_consenter(&config, &leaving, &described(NEWCOMER, 0)).unwrap());
    assert_consistent(&after);
    assert_eq!(Consensus::of(&after).unwrap().tolerance.n, 4);
    assert!(!after.orderer().unwrap().groups.contains_key("EnergyMSP"));
    assert!(after.application().unwrap().groups.contains_key("EnergyMSP"));
    let own = at_first(edit::replace_consenter(&config, &leaving, &described("EnergyMSP", 1)).unwrap());
    assert_consistent(&own);
    let addresses: Vec<String> = Consensus::of(&own)
        .unwrap()
        .consenters
        .into_iter()
        .map(|one| one.address)
        .collect();
    assert_eq!(addresses.last(), Some(&endpoint("EnergyMSP", 1)));
    assert!(!addresses.contains(&leaving));
    let ids: Vec<u32> = mapping(&own).consenter_mapping.iter().map(|one| one.id).collect();
    assert_eq!(ids, [1, 2, 4, 5], "an id is never used again while others stand");
}

#[test]
fn removing_one_of_four_leaves_no_tolerance_and_the_last_one_stays() {
    let mut config = channel();
    for (gone, founder) in FOUNDERS.iter().take(3).enumerate() {
        config = at_first(edit::remove_consenter(&config, &endpoint(founder, 0)).unwrap());
        assert_consistent(&config);
        assert_eq!(Consensus::of(&config).unwrap().tolerance, Tolerance::bft(3 - gone));
    }
    let last = edit::remove_consenter(&config, &endpoint("MicrogridMSP", 0)).unwrap_err();
    assert!(last.to_string().contains("only consenter"), "{last}");
    let unknown = edit::remove_consenter(&config, "127.0.0.1:1").unwrap_err();
    assert!(matches!(unknown, AdminError::Unknown(_)));
}

#[test]
fn new_certificates_change_mapping_and_policy_and_foreign_ones_are_refused() {
    let config = channel();
    let address = endpoint("GridMSP", 0);
    let new = ordering_node("GridMSP", 1);
    let (identity, tls) = (new.identity.as_bytes(), new.tls_certificate.as_bytes());
    let after = at_first(edit::renew_consenter(&config, &address, Some(identity), Some(tls)).unwrap());
    assert_consistent(&after);
    let renewed = &mapping(&after).consenter_mapping[0];
    assert_eq!(
        (renewed.id, renewed.identity.as_ref(), renewed.client_tls_cert.as_ref()),
        (1, identity, tls)
    );
    let tls_only = at_first(edit::renew_consenter(&config, &address, None, Some(tls)).unwrap());
    let policy = |config: &ChannelConfig| config.orderer().unwrap().policies["BlockValidation"].clone();
    assert_eq!(policy(&tls_only), policy(&config));
    let foreign = ordering_node("EnergyMSP", 1);
    for (identity, tls) in [
        (Some(foreign.identity.as_bytes()), None),
        (None, Some(foreign.tls_certificate.as_bytes())),
    ] {
        let refused = edit::renew_consenter(&config, &address, identity, tls).unwrap_err();
        assert!(matches!(refused, AdminError::Refused { .. }), "{refused}");
    }
}
