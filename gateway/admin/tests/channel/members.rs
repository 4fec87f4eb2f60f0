use fabric_admin::{AdminError, Consortium, NewOrganization, Review, UpdateFile, difference::Kind, edit, update};

use crate::material::{FOUNDERS, NEWCOMER, admin, at_first, channel, described, msp_folder, ordering_node};

/// Far from the ends of any certificate that the tests make.
fn now() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

#[test]
fn a_newcomer_becomes_a_member_by_three_of_four_signatures() {
    let config = channel();
    let root = edit::add_organization(&config, &described(NEWCOMER, 0)).unwrap();
    let change = update::compute(config.root(), &root).unwrap();
    let mut file = UpdateFile::new("energy", change);
    for (signed, founder) in FOUNDERS.iter().enumerate() {
        let review = Review::of(&config, &file).unwrap();
        let [members] = review.approvals.as_slice() else {
            panic!("only the members are asked: {:?}", review.approvals);
        };
        assert_eq!(
            (members.policy.as_str(), members.needed),
            ("/Channel/Application/Admins", 3)
        );
        assert_eq!(members.agreed.len(), signed);
        assert_eq!(review.must_be_approved().is_ok(), signed >= 3);
        file.sign(&admin(founder)).unwrap();
    }
    let review = Review::of(&config, &UpdateFile::from_bytes(&file.to_bytes()).unwrap()).unwrap();
    let after = Consortium::of(&review.after).unwrap();
    let north = after.organizations.iter().find(|one| one.msp_id == NEWCOMER).unwrap();
    assert!(north.application && !north.orderer);
    assert_eq!(north.policies["Endorsement"], "AND('NorthMSP.peer')");
    assert!(
        review
            .differences
            .iter()
            .all(|one| one.path.starts_with("/Channel/Application/NorthMSP"))
    );
    let again = edit::add_organization(&review.after, &described(NEWCOMER, 0)).unwrap();
    assert_eq!(
        update::compute(review.after.root(), &again),
        None,
        "adding again changes nothing"
    );
}

#[test]
fn clients_strangers_and_spoiled_signatures_do_not_count() {
    let config = channel();
    let root = edit::add_organization(&config, &described(NEWCOMER, 0)).unwrap();
    let mut file = UpdateFile::new("energy", update::compute(config.root(), &root).unwrap());
    file.sign(&crate::material::user("GridMSP", "ann")).unwrap();
    file.sign(&admin(NEWCOMER)).unwrap();
    assert!(file.sign(&admin("GridMSP")).unwrap());
    assert!(!file.sign(&admin("GridMSP")).unwrap(), "the same identity signs once");
    let review = Review::of(&config, &file).unwrap();
    let valid: Vec<bool> = review.signatures.iter().map(|signed| signed.valid).collect();
    assert_eq!(
        valid,
        [true, false, true],
        "a client's is valid and no administrator's: {:?}",
        review.signatures
    );
    assert_eq!(review.approvals[0].agreed, ["GridMSP"]);
    let mut bytes = file.to_bytes();
    let signature = file.signatures()[2].signature.clone();
    let place = bytes
        .windows(signature.len())
        .position(|window| window == signature)
        .unwrap();
    bytes[place + signature.len() - 1] ^= 1;
    let spoiled = Review::of(&config, &UpdateFile::from_bytes(&bytes).unwrap()).unwrap();
    assert!(spoiled.approvals[0].agreed.is_empty(), "{:?}", spoiled.signatures);
}

#[test]
fn who_leaves_is_gone_from_members_and_orderers_and_its_node_first() {
    let config = channel();
    let refused = edit::remove_organization(&config, "EnergyMSP").unwrap_err();
    assert!(
        refused.to_string().contains("owns the ordering node 127.0.0.1:7250"),
        "{refused}"
    );
    let three = edit::remove_consenter(&config, "127.0.0.1:7250").unwrap();
    let config = at_first(three);
    let root = edit::remove_organization(&config, "EnergyMSP").unwrap();
    let after = Consortium::of(&at_first(root)).unwrap();
    assert!(after.organizations.iter().all(|one| one.msp_id != "EnergyMSP"));
    assert_eq!(after.organizations.len(), 3);
    let unknown = edit::remove_organization(&config, "NobodyMSP").unwrap_err();
    assert!(matches!(unknown, AdminError::Unknown(_)));
}

#[test]
fn a_description_is_public_sound_and_reads_back() {
    let north = described(NEWCOMER, 0);
    north.check(now()).unwrap();
    let text = north.to_json().unwrap();
    assert!(!text.contains("PRIVATE"));
    assert_eq!(NewOrganization::from_json(&text).unwrap(), north);
    let with_key = msp_folder(NEWCOMER)
        .into_iter()
        .chain([("keystore/priv_sk".to_owned(), b"k".to_vec())]);
    let refused = NewOrganization::describe(NEWCOMER, with_key, Vec::new(), None).unwrap_err();
    assert!(refused.to_string().contains("private key"), "{refused}");
    assert!(NewOrganization::from_json(&text.replace("\"format\": 1", "\"format\": 2")).is_err());
}

#[test]
fn each_fault_of_a_description_is_named() {
    let says = |spoil: fn(&mut NewOrganization), words: &str| {
        let mut north = described(NEWCOMER, 0);
        spoil(&mut north);
        let error = north.check(now()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    says(|north| north.anchor_peers.clear(), "anchor peer");
    says(|north| north.anchor_peers = vec!["nowhere".to_owned()], "HOST:PORT");
    says(|north| drop(north.msp.remove("config.yaml")), "nor an admin unit");
    says(
        |north| north.msp.retain(|name, _| !name.starts_with("tlscacerts/")),
        "TLS root",
    );
    says(
        |north| north.msp.retain(|name, _| !name.starts_with("cacerts/")),
        "config.yaml",
    );
    says(|north| north.orderer = Some(ordering_node("GridMSP", 0)), "identity");
    says(
        |north| {
            let own = ordering_node(NEWCOMER, 0);
            north.orderer = Some(fabric_admin::OrderingNode {
                endpoint: "elsewhere.example:7050".to_owned(),
                ..own
            });
        },
        "does not name elsewhere.example",
    );
    let late = described(NEWCOMER, 0).check(now() + 40 * 24 * 3600).unwrap_err();
    assert!(late.to_string().contains("expired"), "{late}");
}

#[test]
fn a_removed_group_is_told_with_all_that_goes() {
    let config = channel();
    let with = at_first(edit::add_organization(&config, &described(NEWCOMER, 0)).unwrap());
    let told = fabric_admin::difference::differences(with.root(), config.root());
    assert!(
        told.iter()
            .any(|one| one.kind == Kind::Removed && one.what.contains("a group with all it holds"))
    );
    assert!(told.iter().any(|one| one.what == "MSP NorthMSP"), "{told:?}");
}
