//! The people of a running market: who runs it, by the profiles in a folder, and traders with keys of their own.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use der_client::day::{Staff, Trader};
use der_client::district::{Person, Population};
use der_client::sealed::SaltFile;
use fabric_cryptogen::Tree;
use fabric_msp::PrivateKey;

use crate::connection::connect;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::profile::{Overrides, Profile};

/// Where the people of a running market are found, and where new ones are kept.
#[derive(Debug, Clone)]
pub struct People {
    /// Folder with a profile for each player.
    pub profiles: PathBuf,
    /// Key material of the organisations, with their authorities' keys: new traders get their certificates here.
    pub crypto: PathBuf,
    /// Where meters' keys are kept.
    pub keys: PathBuf,
    /// What flags and environment change in any profile.
    pub overrides: Overrides,
}

impl People {
    /// Who runs the market. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// When a profile is missing or wrong.
    pub fn staff(&self) -> Result<Staff, Failure> {
        let client = |name| connect(&self.profile(name)?);
        Ok(Staff {
            grid: client("grid-operator")?,
            meters: client("grid-meters")?,
            clock: client("grid-clock")?,
            regulator: client("regulator-regulator")?,
        })
    }

    /// So many sellers and buyers. Who is not there yet gets a certificate and a meter key. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// When a profile or the organisations' key material is missing, or a key cannot be written.
    pub fn pairs(&self, count: usize) -> Result<Vec<(Trader, Trader)>, Failure> {
        (0..count)
            .map(|number| {
                let seller = self.trader("energy-plant1", &format!("seller{number}"))?;
                Ok((seller, self.trader("microgrid-prosumer1", &format!("buyer{number}"))?))
            })
            .collect()
    }

    /// The people of a district. Companies are the generation companies', everybody else is the microgrid's. Who is not there yet gets
    /// a certificate and a meter key. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// As [`People::pairs`].
    pub fn district(&self, population: &Population) -> Result<Vec<Trader>, Failure> {
        let like = |person: &Person| match person.kind.is_company() {
            true => "energy-plant1",
            false => "microgrid-prosumer1",
        };
        let people = population.people().iter();
        people.map(|person| self.trader(like(person), &person.name)).collect()
    }

    /// The traders' salts, beside the meters' keys.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn salts(&self) -> Result<SaltFile, Failure> {
        fs::create_dir_all(&self.keys).map_err(|error| Failure::usage(format!("{}: {error}", self.keys.display())))?;
        SaltFile::open(&self.keys.join("salts.jsonl")).map_err(Failure::usage)
    }

    fn profile(&self, name: &str) -> Result<Profile, Failure> {
        let file = self.profiles.join(format!("{name}.toml"));
        Ok(self.overrides.apply(Profile::read(&file)?))
    }

    /// A user with the endpoints of one that is there.
    fn trader(&self, like: &str, name: &str) -> Result<Trader, Failure> {
        let mut profile = self.profile(like)?;
        let tree = Tree::new(&self.crypto);
        let missing =
            |error| Failure::new(Exit::Usage, error).advise("Name the organisations' key material with --crypto DIR.");
        let (_, domain) = tree.find(&profile.msp_id).map_err(missing)?;
        let user = tree.user(&domain, name);
        if !user.exists() {
            let attributes = BTreeMap::from([("der.role".to_owned(), "participant".to_owned())]);
            fabric_cryptogen::add_user(tree.root(), &profile.msp_id, name, attributes).map_err(missing)?;
        }
        profile.identity = user.join("msp");
        Ok(Trader {
            client: connect(&profile)?,
            meter_key: self.meter_key(name)?,
        })
    }

    fn meter_key(&self, name: &str) -> Result<PrivateKey, Failure> {
        let file = self.keys.join(format!("meter-{name}.pem"));
        let wrong = |why: &dyn std::fmt::Display| Failure::usage(format!("{}: {why}", file.display()));
        match fs::read_to_string(&file) {
            Ok(pem) => PrivateKey::from_pem(&pem).map_err(|error| wrong(&error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = PrivateKey::generate().map_err(|error| wrong(&error))?;
                let pem = key.to_pem().map_err(|error| wrong(&error))?;
                fs::create_dir_all(&self.keys).map_err(|error| wrong(&error))?;
                write_secret(&file, pem.as_bytes()).map_err(|error| wrong(&error))?;
                Ok(key)
            }
            Err(error) => Err(wrong(&error)),
        }
    }
}

/// Whole or not at all: a key that is torn by a crash would lock its meter out.
fn write_secret(file: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = file.with_extension("new");
    let _left_by_a_crash = fs::remove_file(&fresh);
    let mut out = File::options().write(true).create_new(true).mode(0o600).open(&fresh)?;
    out.write_all(content)?;
    out.sync_all()?;
    fs::rename(fresh, file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{People, fs};
    use crate::args::Cli;

    #[test]
    fn a_meter_keeps_its_key_and_only_its_owner_reads_it() {
        use clap::Parser;
        let folder = tempfile::tempdir().unwrap();
        let people = People {
            profiles: folder.path().join("profiles"),
            crypto: folder.path().join("crypto"),
            keys: folder.path().join("keys"),
            overrides: Cli::parse_from(["der", "version"]).global.overrides(),
        };
        let first = people.meter_key("seller0").unwrap();
        let again = people.meter_key("seller0").unwrap();
        assert_eq!(first.public_key().sec1(), again.public_key().sec1());
        let file = folder.path().join("keys/meter-seller0.pem");
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
