//! The identities of the consortium: every key of both networks is in one folder.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Result;
use fabric_cryptogen::{Tree, tree::msp_files};
use fabric_msp::{Signer as _, SigningIdentity};

/// MSP ids and the first labels of the domains, in the order of the organisations file.
pub(crate) const ORGANISATIONS: [(&str, &str); 4] = [
    (GRID, "grid"),
    (REGULATOR, "regulator"),
    (ENERGY, "energy"),
    (MICROGRID, "microgrid"),
];
pub(crate) const GRID: &str = "GridMSP";
pub(crate) const REGULATOR: &str = "RegulatorMSP";
pub(crate) const ENERGY: &str = "EnergyMSP";
pub(crate) const MICROGRID: &str = "MicrogridMSP";

/// Users who sell or buy, in each of the two organisations that have such.
pub(crate) const PAIRS: usize = 28;

/// One who signs.
pub(crate) type Who = Arc<SigningIdentity>;

/// Everybody who signs proposals or endorsements.
pub(crate) struct People {
    pub(crate) operator: Who,
    pub(crate) clock: Who,
    pub(crate) meters: Who,
    pub(crate) regulator: Who,
    /// Sellers and buyers, one of each in turn.
    pub(crate) users: Vec<Who>,
    /// An identity of an authority that the channel does not know.
    pub(crate) stranger: Who,
    peers: BTreeMap<&'static str, Who>,
}

impl People {
    /// Reads the consortium's identities, and issues certificates to the users. `foreign` is another consortium's tree.
    pub(crate) fn gather(tree: &Tree, foreign: &Tree) -> Result<Self> {
        let mut users = Vec::with_capacity(PAIRS * 2);
        for number in 0..PAIRS {
            users.push(new_user(tree, ENERGY, "energy", &format!("seller{number}"))?);
            users.push(new_user(tree, MICROGRID, "microgrid", &format!("buyer{number}"))?);
        }
        let mut peers = BTreeMap::new();
        for (msp_id, label) in ORGANISATIONS {
            peers.insert(msp_id, read(msp_id, &tree.peer(&domain(label), "peer0"))?);
        }
        let user = |tree: &Tree, msp_id, label, name| read(msp_id, &tree.user(&domain(label), name));
        Ok(Self {
            operator: user(tree, GRID, "grid", "operator")?,
            clock: user(tree, GRID, "grid", "clock")?,
            meters: user(tree, GRID, "grid", "meters")?,
            regulator: user(tree, REGULATOR, "regulator", "regulator")?,
            stranger: user(foreign, GRID, "grid", "operator")?,
            users,
            peers,
        })
    }

    /// The peer of an organisation.
    pub(crate) fn peer(&self, msp_id: &str) -> Who {
        Arc::clone(&self.peers[msp_id])
    }
}

/// The market's name for a user.
pub(crate) fn participant(user: &SigningIdentity) -> Result<String> {
    Ok(format!("{}:{}", user.msp_id(), user.identity().enrollment_id()?))
}

pub(crate) fn domain(label: &str) -> String {
    format!("{label}.der.example")
}

fn new_user(tree: &Tree, msp_id: &str, label: &str, name: &str) -> Result<Who> {
    let attributes = BTreeMap::from([("der.role".to_owned(), "participant".to_owned())]);
    fabric_cryptogen::add_user(tree.root(), msp_id, name, attributes)?;
    read(msp_id, &tree.user(&domain(label), name))
}

fn read(msp_id: &str, holder: &std::path::Path) -> Result<Who> {
    let files = msp_files(&holder.join("msp"))?;
    Ok(Arc::new(SigningIdentity::from_files(msp_id, files)?))
}
