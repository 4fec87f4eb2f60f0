//! From the organisations file to folders.

use std::{collections::BTreeMap, path::Path};

use crate::{
    Consortium, CryptogenError, Organisation, Report, Tree, User, Validity,
    holder::{Holder, Issuers, Kind},
};

/// Makes all material that the file names and the tree lacks. What is there is never touched: a second run changes
/// nothing, and an interrupted run is completed by the next.
///
/// # Errors
/// When a file cannot be read or written, or something has to be issued and its authority's key is not there.
pub fn generate(consortium: &Consortium, out: &Path) -> Result<Report, CryptogenError> {
    let tree = Tree::new(out);
    let mut report = Report::default();
    for organisation in &consortium.organisations {
        complete(&tree, organisation, consortium.validity, &mut report)?;
    }
    report.finish()
}

/// As [`generate`], for a tree that must be there already: a mistyped path does not start a second consortium.
///
/// # Errors
/// As [`generate`], and when `out` holds no organisation.
pub fn extend(consortium: &Consortium, out: &Path) -> Result<Report, CryptogenError> {
    if Tree::new(out).organisations()?.is_empty() {
        return Err(CryptogenError::NoOrganisation(out.to_owned()));
    }
    generate(consortium, out)
}

/// Adds one user to an organisation of the tree, given by MSP id or domain. The certificate holds for
/// [`Validity::default`]'s days.
///
/// # Errors
/// When the organisation is unknown, the name illegal or taken, or the authority's key is not there.
pub fn add_user(
    out: &Path,
    organisation: &str,
    name: &str,
    attributes: BTreeMap<String, String>,
) -> Result<Report, CryptogenError> {
    let tree = Tree::new(out);
    let (_, domain) = tree.find(organisation)?;
    let user = User {
        name: name.to_owned(),
        attributes,
    };
    user.check()?;
    let holder = client(&tree, &domain, &user);
    if holder.folder.exists() {
        return Err(CryptogenError::UserExists(holder.common_name));
    }
    let mut report = Report::default();
    Issuers::open(&tree, &domain)?.complete(&holder, Validity::default().certificate_days, &mut report)?;
    report.finish()
}

fn complete(
    tree: &Tree,
    organisation: &Organisation,
    validity: Validity,
    report: &mut Report,
) -> Result<(), CryptogenError> {
    let Organisation { msp_id, domain, .. } = organisation;
    let issuers = Issuers::open_or_create(tree, msp_id, domain, validity.authority_days, report)?;
    issuers.write_msp(&tree.msp(domain), report)?;
    holders(tree, organisation)
        .iter()
        .try_for_each(|holder| issuers.complete(holder, validity.certificate_days, report))
}

fn holders(tree: &Tree, organisation: &Organisation) -> Vec<Holder> {
    let domain = &organisation.domain;
    let node = |kind: Kind, name: &String| Holder {
        folder: match kind {
            Kind::Orderer => tree.orderer(domain, name),
            Kind::Chaincode => tree.chaincode(domain, name),
            Kind::Peer | Kind::Client | Kind::Admin => tree.peer(domain, name),
        },
        kind,
        common_name: format!("{name}.{domain}"),
        hosts: hosts(name, organisation),
        attributes: BTreeMap::new(),
    };
    let peers = organisation.peers.iter().map(|name| node(Kind::Peer, name));
    let orderers = organisation.orderers.iter().map(|name| node(Kind::Orderer, name));
    let chaincodes = organisation.chaincodes.iter().map(|name| node(Kind::Chaincode, name));
    let users = organisation.users.iter().map(|user| client(tree, domain, user));
    peers
        .chain(orderers)
        .chain(chaincodes)
        .chain([admin(tree, domain)])
        .chain(users)
        .collect()
}

/// The full name first, then the short one, then what the organisation adds, each once.
fn hosts(name: &str, organisation: &Organisation) -> Vec<String> {
    let mut hosts = vec![format!("{name}.{}", organisation.domain), name.to_owned()];
    for host in &organisation.hosts {
        if !hosts.contains(host) {
            hosts.push(host.clone());
        }
    }
    hosts
}

fn client(tree: &Tree, domain: &str, user: &User) -> Holder {
    person(
        tree,
        domain,
        &user.name,
        Kind::Client,
        "client",
        user.attributes.clone(),
    )
}

fn admin(tree: &Tree, domain: &str) -> Holder {
    person(tree, domain, "Admin", Kind::Admin, "admin", BTreeMap::new())
}

fn person(
    tree: &Tree,
    domain: &str,
    name: &str,
    kind: Kind,
    role: &str,
    mut attributes: BTreeMap<String, String>,
) -> Holder {
    for (key, value) in [("hf.EnrollmentID", name), ("hf.Affiliation", domain), ("hf.Type", role)] {
        attributes.insert(key.to_owned(), value.to_owned());
    }
    Holder {
        folder: tree.user(domain, name),
        kind,
        common_name: format!("{name}@{domain}"),
        hosts: Vec::new(),
        attributes,
    }
}
