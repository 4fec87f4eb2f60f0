//! The organisations file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::{Channel, CryptogenError};

/// All organisations of a consortium.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consortium {
    /// How long certificates hold.
    #[serde(default)]
    pub validity: Validity,
    /// The channel that they share; an organisation's own file has none.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// The organisations, in the order of the file.
    #[serde(rename = "organisation")]
    pub organisations: Vec<Organisation>,
}

/// How long certificates hold, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Validity {
    /// Certificates of authorities.
    pub authority_days: u32,
    /// All other certificates.
    pub certificate_days: u32,
}

impl Default for Validity {
    fn default() -> Self {
        Self {
            authority_days: 3650,
            certificate_days: 365,
        }
    }
}

/// One organisation: an authority for identities, one for TLS, and who holds their certificates.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// The name under which channels know it.
    pub msp_id: String,
    /// Its domain, which also names its folder.
    pub domain: String,
    /// Host names of its peers, without the domain.
    #[serde(default)]
    pub peers: Vec<String>,
    /// Host names of its orderers, without the domain.
    #[serde(default)]
    pub orderers: Vec<String>,
    /// Names of the chaincode services that it runs, without the domain.
    #[serde(default)]
    pub chaincodes: Vec<String>,
    /// Further names and addresses for the TLS certificates of all of these.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Its users, besides the administrator `Admin`, who is always there.
    #[serde(default, rename = "user")]
    pub users: Vec<User>,
}

/// A user of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name, which is also the enrolment id.
    pub name: String,
    /// Attributes for the certificate, besides `hf.EnrollmentID`, `hf.Affiliation` and `hf.Type`.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// No consortium comes near this many days.
const MAX_DAYS: u32 = 36_500;

impl Consortium {
    /// Reads and checks an organisations file.
    ///
    /// # Errors
    /// When the text is not TOML of this shape, or a name is illegal or stands twice.
    pub fn from_toml(text: &str) -> Result<Self, CryptogenError> {
        let consortium: Self = toml::from_str(text).map_err(|error| CryptogenError::Consortium(error.to_string()))?;
        consortium.check()?;
        Ok(consortium)
    }

    fn check(&self) -> Result<(), CryptogenError> {
        let Validity {
            authority_days,
            certificate_days,
        } = self.validity;
        if !(1..=MAX_DAYS).contains(&authority_days) || !(1..=MAX_DAYS).contains(&certificate_days) {
            return Err(CryptogenError::Consortium(format!(
                "validity must be 1 to {MAX_DAYS} days"
            )));
        }
        if let Some(channel) = &self.channel {
            legal("channel", &channel.name)?;
            legal("chaincode", &channel.chaincode)?;
        }
        unique("msp_id", self.organisations.iter().map(|one| &one.msp_id))?;
        unique("domain", self.organisations.iter().map(|one| &one.domain))?;
        self.organisations.iter().try_for_each(Organisation::check)
    }
}

impl Organisation {
    fn check(&self) -> Result<(), CryptogenError> {
        legal("msp_id", &self.msp_id)?;
        for name in [&self.domain]
            .into_iter()
            .chain(&self.peers)
            .chain(&self.orderers)
            .chain(&self.chaincodes)
        {
            legal("host name", name)?;
            if name.contains('_') || name.chars().any(|c| c.is_ascii_uppercase()) {
                return Err(CryptogenError::Consortium(format!(
                    "host name {name}: use small letters, digits, . and -"
                )));
            }
        }
        unique("peer", &self.peers)?;
        unique("orderer", &self.orderers)?;
        unique("chaincode", &self.chaincodes)?;
        unique("user", self.users.iter().map(|user| &user.name))?;
        self.users.iter().try_for_each(User::check)
    }
}

impl User {
    /// Checks the name and the attributes' names.
    ///
    /// # Errors
    /// When one of them is illegal.
    pub(crate) fn check(&self) -> Result<(), CryptogenError> {
        legal("user", &self.name)?;
        if self.name == "Admin" {
            return Err(CryptogenError::Consortium(
                "Admin is always made: leave it out of the users".to_owned(),
            ));
        }
        match self
            .attributes
            .keys()
            .find(|name| name.is_empty() || name.starts_with("hf."))
        {
            Some(name) => Err(CryptogenError::Consortium(format!(
                "attribute {name:?} of {} is reserved",
                self.name
            ))),
            None => Ok(()),
        }
    }
}

fn unique<'a>(what: &str, names: impl IntoIterator<Item = &'a String>) -> Result<(), CryptogenError> {
    let mut seen = BTreeSet::new();
    match names.into_iter().find(|name| !seen.insert(*name)) {
        Some(name) => Err(CryptogenError::Consortium(format!("{what} {name} stands twice"))),
        None => Ok(()),
    }
}

/// Names become folders, host names and parts of policies: nothing that means something to any of these.
fn legal(what: &str, name: &str) -> Result<(), CryptogenError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if first && name.len() <= 64 && name.chars().all(allowed) {
        return Ok(());
    }
    let rule = "use 1 to 64 letters, digits, '.', '-' or '_', the first a letter or digit";
    Err(CryptogenError::Consortium(format!("{what} {name:?}: {rule}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_file_is_acceptable() {
        let consortium = Consortium::from_toml(include_str!("../consortium.toml")).unwrap();
        let names: Vec<&str> = consortium.organisations.iter().map(|one| one.msp_id.as_str()).collect();
        assert_eq!(names, ["GridMSP", "RegulatorMSP", "EnergyMSP", "MicrogridMSP"]);
        for one in &consortium.organisations {
            assert_eq!(
                (&one.peers[..], &one.orderers[..]),
                (&["peer0".to_owned()][..], &["orderer0".to_owned()][..])
            );
            assert_eq!(one.hosts, ["localhost", "127.0.0.1"]);
        }
    }

    #[test]
    fn unsafe_names_and_doubles_are_refused() {
        let with = |msp: &str, domain: &str, user: &str| {
            format!("[[organisation]]\nmsp_id = '{msp}'\ndomain = '{domain}'\n[[organisation.user]]\nname = '{user}'\n")
        };
        assert!(Consortium::from_toml(&with("A", "a.example", "ann")).is_ok());
        for (msp, domain, user) in [
            ("", "a.example", "ann"),
            ("A", "../a", "ann"),
            ("A", "A.example", "ann"),
            ("A", "a.example", "../ann"),
            ("A", "a.example", ".ann"),
            ("A", "a.example", "an/n"),
            ("A", "a.example", "Admin"),
        ] {
            let error = Consortium::from_toml(&with(msp, domain, user)).unwrap_err();
            assert!(matches!(error, CryptogenError::Consortium(_)), "{msp} {domain} {user}");
        }
        let twice = with("A", "a.example", "ann") + &with("A", "b.example", "ann");
        assert!(Consortium::from_toml(&twice).unwrap_err().to_string().contains("twice"));
        assert!(Consortium::from_toml("organisations = 1").is_err());
        let reserved = with("A", "a.example", "ann") + "attributes = { 'hf.Type' = 'peer' }\n";
        assert!(
            Consortium::from_toml(&reserved)
                .unwrap_err()
                .to_string()
                .contains("reserved")
        );
    }
}
