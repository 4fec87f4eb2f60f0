//! Where everything of a local network lies, and what it is called.

use std::path::{Path, PathBuf};

use fabric_cryptogen::{Organisation, Tree};

/// The consortium's organisations file, as it is committed.
pub const CONSORTIUM: &str = include_str!("../../../../crypto-config/consortium.toml");
/// Name of the channel.
pub const CHANNEL: &str = "energy";
/// Name of the chaincode.
pub const CHAINCODE: &str = "market";
/// Name of the devnet's process.
pub const DEVNET: &str = "devnet";

/// The folder of a local network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// A network in `root`, an absolute path.
    #[must_use]
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Keys and certificates.
    #[must_use]
    pub fn crypto(&self) -> Tree {
        Tree::new(self.root.join("crypto"))
    }

    /// The ledger.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// One profile per user.
    #[must_use]
    pub fn profiles(&self) -> PathBuf {
        self.root.join("profiles")
    }

    /// The profile of an organisation's user.
    #[must_use]
    pub fn profile(&self, organisation: &Organisation, user: &str) -> PathBuf {
        self.profiles()
            .join(format!("{}-{}.toml", short(organisation), user.to_lowercase()))
    }

    /// Logs of the children.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The log of one child.
    #[must_use]
    pub fn log(&self, child: &str) -> PathBuf {
        self.logs().join(format!("{child}.log"))
    }

    /// The devnet's configuration.
    #[must_use]
    pub fn devnet_config(&self) -> PathBuf {
        self.root.join("devnet.toml")
    }
}

/// The first label of an organisation's domain: `grid` of `grid.der.example`.
pub(super) fn short(organisation: &Organisation) -> &str {
    organisation.domain.split('.').next().unwrap_or(&organisation.domain)
}

/// The name of an organisation's chaincode service.
pub(super) fn service(organisation: &Organisation) -> String {
    format!("chaincode-{}", short(organisation))
}

/// The package id that services register with: a label, and a hash that changes with the version.
pub(super) fn package_id() -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{CHAINCODE}_{version}:{}",
        hex::encode(fabric_msp::sha256(version.as_bytes()))
    )
}

#[cfg(test)]
mod tests {
    use fabric_cryptogen::Consortium;

    use super::{CONSORTIUM, Layout, service};

    #[test]
    fn the_committed_consortium_gives_each_user_a_profile_of_its_own() {
        let consortium = Consortium::from_toml(CONSORTIUM).unwrap();
        let layout = Layout::new("/net".into());
        let mut profiles: Vec<_> = consortium
            .organisations
            .iter()
            .flat_map(|one| one.users.iter().map(|user| layout.profile(one, &user.name)))
            .collect();
        assert!(
            profiles.contains(&"/net/profiles/microgrid-prosumer1.toml".into()),
            "{profiles:?}"
        );
        let all = profiles.len();
        profiles.sort();
        profiles.dedup();
        assert_eq!(profiles.len(), all);
        assert_eq!(service(&consortium.organisations[0]), "chaincode-grid");
    }
}
