//! Generated trees, as fabric-msp and the command line see them.
#![expect(clippy::unwrap_used, reason = "test code outside the test functions themselves")]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use fabric_cryptogen::{
    Consortium, CryptogenError, Renewal, Tree, add_user, extend, generate, inspect, renew, revoke, tree::msp_files,
};
use fabric_msp::{Certificate, Identity, IdentityError, Msp, PrivateKey, Role, SigningIdentity};
use tempfile::TempDir;

const DOMAIN: &str = "grid.der.example";

fn consortium() -> Consortium {
    Consortium::from_toml(include_str!("../consortium.toml")).unwrap()
}

fn material() -> (TempDir, Tree) {
    let folder = tempfile::tempdir().unwrap();
    generate(&consortium(), folder.path()).unwrap();
    let tree = Tree::new(folder.path());
    (folder, tree)
}

fn msp(tree: &Tree, msp_id: &str, domain: &str) -> Msp {
    Msp::from_folder(msp_id, msp_files(&tree.msp(domain)).unwrap()).unwrap()
}

fn signer(msp_id: &str, holder: &Path) -> SigningIdentity {
    SigningIdentity::from_files(msp_id, msp_files(&holder.join("msp")).unwrap()).unwrap()
}

/// Every file of a folder with its contents.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

#[test]
fn every_identity_validates_in_its_role_and_nowhere_else() {
    let (_folder, tree) = material();
    let organisations = tree.organisations().unwrap();
    assert_eq!(organisations.len(), 4);
    for organisation in consortium().organisations {
        let (msp_id, domain) = (&organisation.msp_id, &organisation.domain);
        let own = msp(&tree, msp_id, domain);
        let users = organisation
            .users
            .iter()
            .map(|user| (tree.user(domain, &user.name), Role::Client));
        let nodes = [
            (tree.peer(domain, "peer0"), Role::Peer),
            (tree.orderer(domain, "orderer0"), Role::Orderer),
            (tree.user(domain, "Admin"), Role::Admin),
        ];
        for (holder, role) in users.chain(nodes) {
            let signer = signer(msp_id, &holder);
            assert_eq!(own.role(signer.identity()), Ok(role), "{}", holder.display());
            let local = Msp::from_folder(msp_id, msp_files(&holder.join("msp")).unwrap()).unwrap();
            assert_eq!(local.role(signer.identity()), Ok(role), "{}", holder.display());
            for (other_id, other_domain) in organisations.iter().filter(|(other, _)| other != msp_id) {
                let pem = signer.identity().certificate().pem();
                let claimed = Identity::new(other_id, pem.as_bytes()).unwrap();
                let verdict = msp(&tree, other_id, other_domain).validate(&claimed);
                assert!(matches!(verdict, Err(IdentityError::Chain { .. })), "{verdict:?}");
            }
        }
    }
}

#[test]
fn users_carry_their_attributes_and_nodes_their_names() {
    let (_folder, tree) = material();
    let operator = signer("GridMSP", &tree.user(DOMAIN, "operator"));
    let attributes = operator.identity().certificate().attributes().unwrap();
    assert_eq!(
        attributes.iter().collect::<Vec<_>>(),
        [
            ("der.role", "grid"),
            ("hf.Affiliation", DOMAIN),
            ("hf.EnrollmentID", "operator"),
            ("hf.Type", "client"),
        ]
    );
    assert_eq!(operator.identity().enrollment_id().unwrap(), "operator");
    let nodes = [
        tree.peer(DOMAIN, "peer0"),
        tree.orderer(DOMAIN, "orderer0"),
        tree.chaincode(DOMAIN, "market"),
    ];
    let authority = Certificate::from_pem(&fs::read(nodes[0].join("tls/ca.crt")).unwrap()).unwrap();
    for node in nodes {
        let certificate = Certificate::from_pem(&fs::read(node.join("tls/server.crt")).unwrap()).unwrap();
        let full = node.file_name().unwrap().to_str().unwrap();
        let short = full.split('.').next().unwrap();
        assert_eq!(certificate.alternative_names(), [full, short, "localhost", "127.0.0.1"]);
        assert_eq!(certificate.verify_signed_by(&authority), Ok(()));
        assert_eq!(certificate.authority_key_id(), authority.subject_key_id());
        let key = PrivateKey::from_pem(&fs::read_to_string(node.join("tls/server.key")).unwrap()).unwrap();
        assert_eq!(certificate.public_key(), Ok(key.public_key()));
        assert_eq!(
            certificate.subject_key_id(),
            Some(&fabric_msp::sha256(key.public_key().sec1())[..])
        );
    }
    assert!(tree.user(DOMAIN, "operator").join("tls/client.key").is_file());
}

#[test]
fn every_signature_has_low_s() {
    let (_folder, tree) = material();
    for (path, bytes) in contents(tree.root()) {
        if !bytes.starts_with(b"-----BEGIN CERTIFICATE") {
            continue;
        }
        let certificate = Certificate::from_pem(&bytes).unwrap();
        assert_eq!(
            certificate.canonical_hash(),
            &fabric_msp::sha256(certificate.der()),
            "{}",
            path.display()
        );
    }
}

#[test]
fn private_keys_are_for_their_owner_alone() {
    let (_folder, tree) = material();
    let mut keys = 0;
    for (path, bytes) in contents(tree.root()) {
        if !bytes.windows(11).any(|text| text == b"PRIVATE KEY") {
            continue;
        }
        keys += 1;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&path), mode(path.parent().unwrap())),
            (0o600, 0o700),
            "{}",
            path.display()
        );
    }
    // For each organisation two authorities, one chaincode pair, and two keys each for nodes, admin and users.
    let users: usize = consortium().organisations.iter().map(|one| one.users.len()).sum();
    assert_eq!(keys, 4 * (2 + 1 + 2 * 3) + 2 * users);
}

#[test]
fn a_second_run_changes_no_byte() {
    let (folder, tree) = material();
    let before = contents(tree.root());
    let report = generate(&consortium(), folder.path()).unwrap();
    assert_eq!((report.created.len(), report.replaced.len()), (0, 0));
    assert_eq!(contents(tree.root()), before);
}

#[test]
fn extending_only_adds() {
    let (folder, tree) = material();
    let before = contents(tree.root());
    let more = include_str!("../consortium.toml").to_owned()
        + "\n[[organisation.user]]\nname = 'consumer3'\n\n[[organisation]]\nmsp_id = 'CityMSP'\ndomain = 'city.example'\n";
    extend(&Consortium::from_toml(&more).unwrap(), folder.path()).unwrap();
    add_user(
        folder.path(),
        "GridMSP",
        "auditor",
        [("der.role".to_owned(), "audit".to_owned())].into(),
    )
    .unwrap();
    let after = contents(tree.root());
    assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
    let grid = msp(&tree, "GridMSP", DOMAIN);
    assert_eq!(
        grid.role(signer("GridMSP", &tree.user(DOMAIN, "auditor")).identity()),
        Ok(Role::Client)
    );
    let city = msp(&tree, "CityMSP", "city.example");
    assert_eq!(
        city.role(signer("CityMSP", &tree.user("city.example", "Admin")).identity()),
        Ok(Role::Admin)
    );
    let again = add_user(folder.path(), DOMAIN, "auditor", BTreeMap::new());
    assert!(matches!(again, Err(CryptogenError::UserExists(_))));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(
        extend(&consortium(), empty.path()),
        Err(CryptogenError::NoOrganisation(_))
    ));
}

#[test]
fn an_interrupted_run_is_completed() {
    let (folder, tree) = material();
    let peer = tree.peer(DOMAIN, "peer0");
    let key = fs::read(peer.join("msp/keystore/priv_sk")).unwrap();
    fs::remove_dir_all(peer.join("msp/signcerts")).unwrap();
    generate(&consortium(), folder.path()).unwrap();
    assert_eq!(fs::read(peer.join("msp/keystore/priv_sk")).unwrap(), key);
    assert_eq!(
        msp(&tree, "GridMSP", DOMAIN).role(signer("GridMSP", &peer).identity()),
        Ok(Role::Peer)
    );
}

#[test]
fn without_its_key_an_authority_issues_nothing_and_complete_material_stays_usable() {
    let (folder, tree) = material();
    fs::remove_file(tree.organisation(DOMAIN).join("ca/priv_sk")).unwrap();
    generate(&consortium(), folder.path()).unwrap();
    let error = add_user(folder.path(), "GridMSP", "auditor", BTreeMap::new()).unwrap_err();
    assert!(matches!(error, CryptogenError::NoAuthorityKey(_)), "{error}");
}

#[test]
fn renewing_keeps_who_it_is() {
    let (folder, tree) = material();
    for (holder, new_key) in [
        (tree.user(DOMAIN, "operator"), false),
        (tree.user(DOMAIN, "retail"), true),
    ] {
        let before = signer("GridMSP", &holder);
        let how = Renewal { new_key, days: 30 };
        let report = renew(folder.path(), holder.strip_prefix(folder.path()).unwrap(), how).unwrap();
        assert_eq!(report.replaced.len(), if new_key { 4 } else { 2 });
        let after = signer("GridMSP", &holder);
        let (old, new) = (before.identity().certificate(), after.identity().certificate());
        assert_eq!((old.subject(), old.issuer()), (new.subject(), new.issuer()));
        assert_eq!(old.attributes(), new.attributes());
        assert_ne!(old.serial(), new.serial());
        assert_eq!(new.not_after() - new.not_before(), 30 * 86_400);
        assert_eq!(old.public_key() == new.public_key(), !new_key);
        assert_eq!(msp(&tree, "GridMSP", DOMAIN).role(after.identity()), Ok(Role::Client));
    }
    let peer = tree.peer(DOMAIN, "peer0");
    let names = |peer: &Path| {
        let bytes = fs::read(peer.join("tls/server.crt")).unwrap();
        Certificate::from_pem(&bytes).unwrap().alternative_names().to_vec()
    };
    let before = names(&peer);
    renew(folder.path(), &peer, Renewal::default()).unwrap();
    assert_eq!(names(&peer), before);
    for nowhere in [
        "",
        "peerOrganizations/..",
        "peerOrganizations/grid.der.example/msp",
        "/etc",
    ] {
        assert!(
            renew(folder.path(), Path::new(nowhere), Renewal::default()).is_err(),
            "{nowhere}"
        );
    }
}

#[test]
fn a_renewed_certificate_of_a_foreign_authority_is_refused() {
    let (folder, tree) = material();
    let holder = tree.user(DOMAIN, "operator");
    let (_other, foreign) = material();
    let name = "msp/signcerts/operator@grid.der.example-cert.pem";
    fs::copy(foreign.user(DOMAIN, "operator").join(name), holder.join(name)).unwrap();
    let before = contents(tree.root());
    let error = renew(folder.path(), &holder, Renewal::default()).unwrap_err();
    assert!(matches!(error, CryptogenError::NotIssuedHere(_)), "{error}");
    assert!(matches!(
        revoke(folder.path(), "GridMSP", &holder),
        Err(CryptogenError::NotIssuedHere(_))
    ));
    assert_eq!(contents(tree.root()), before);
}

#[test]
fn revocation_accumulates_and_spares_the_others() {
    let (folder, tree) = material();
    let [retail, meters, clock] = ["retail", "meters", "clock"].map(|name| tree.user(DOMAIN, name));
    let verdict = |holder: &Path| msp(&tree, "GridMSP", DOMAIN).validate(signer("GridMSP", holder).identity());
    revoke(folder.path(), "GridMSP", retail.strip_prefix(folder.path()).unwrap()).unwrap();
    assert!(matches!(verdict(&retail), Err(IdentityError::Revoked(_))));
    assert_eq!(verdict(&meters), Ok(()));
    revoke(folder.path(), DOMAIN, &meters).unwrap();
    let list = fs::read(tree.msp(DOMAIN).join("crls/crl.pem")).unwrap();
    assert_eq!(revoke(folder.path(), DOMAIN, &meters).unwrap().kept, 1);
    assert_eq!(
        fs::read(tree.msp(DOMAIN).join("crls/crl.pem")).unwrap(),
        list,
        "a second time changes nothing"
    );
    assert!(matches!(verdict(&retail), Err(IdentityError::Revoked(_))));
    assert!(matches!(verdict(&meters), Err(IdentityError::Revoked(_))));
    assert_eq!(verdict(&clock), Ok(()));
    let rows = inspect(folder.path()).unwrap();
    let revoked = rows
        .iter()
        .filter(|row| row.state == "revoked")
        .map(|row| row.subject.as_str());
    assert_eq!(
        revoked.collect::<Vec<_>>(),
        ["meters@grid.der.example", "retail@grid.der.example"]
    );
}

#[test]
fn the_command_line_generates_and_inspects() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("fabric-cryptogen").unwrap();
        command.args(args).arg("--out").arg(folder.path()).output().unwrap()
    };
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/consortium.toml");
    assert!(run(&["generate", "--organisations", file]).status.success());
    let user = [
        "user",
        "add",
        "--org",
        "EnergyMSP",
        "--name",
        "plant2",
        "--attribute",
        "der.role=participant",
    ];
    assert!(run(&user).status.success());
    let output = run(&["inspect", "--output", "json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let plant = rows
        .iter()
        .find(|row| row["subject"] == "plant2@energy.der.example" && row["role"] == "client")
        .unwrap();
    assert_eq!(
        (&plant["attributes"]["der.role"], &plant["state"]),
        (&"participant".into(), &"valid".into())
    );
    assert_eq!(plant["days_left"], 364);
    let table = run(&["inspect"]);
    assert!(
        String::from_utf8(table.stdout)
            .unwrap()
            .contains("plant2@energy.der.example")
    );
    let failed = run(&user);
    assert_eq!((failed.status.code(), failed.stdout.len()), (Some(1), 0));
    assert!(String::from_utf8(failed.stderr).unwrap().contains("exists already"));
    assert_eq!(run(&["conjure"]).status.code(), Some(2));
}
