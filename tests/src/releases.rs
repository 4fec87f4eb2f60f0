//! Which build of the chaincode each organisation's service is.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Result;
use tempfile::TempDir;

use crate::{Node, ORGANISATIONS, World};

/// The variable that names the folder with one file per organisation.
pub const BUILDS: &str = "DER_E2E_BUILDS";
/// The key that only the planted build writes.
pub const PLANTED_KEY: &str = "planted-difference";

/// A build of the chaincode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// Knows schema 1 only.
    First,
    /// This one.
    Current,
    /// This one, writing one key more when a slot is opened.
    Planted,
}

/// The builds of a network's services. Dropping it removes the files.
pub struct Releases {
    folder: TempDir,
}

impl Releases {
    /// All services of one build, by the program `der-of-releases`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn all(build: Build, program: &Path) -> Result<Self> {
        let releases = Self {
            folder: tempfile::tempdir()?,
        };
        for organisation in ORGANISATIONS {
            releases.choose(organisation, build)?;
        }
        let script = format!(
            "#!/bin/sh\n{BUILDS}='{}' exec '{}' \"$@\"\n",
            releases.folder.path().display(),
            program.display()
        );
        fs::write(releases.program(), script)?;
        fs::set_permissions(releases.program(), fs::Permissions::from_mode(0o700))?;
        Ok(releases)
    }

    /// The `der` to start a [`World`] with.
    #[must_use]
    pub fn program(&self) -> PathBuf {
        self.folder.path().join("der")
    }

    fn choose(&self, organisation: &str, build: Build) -> Result<()> {
        let name = match build {
            Build::First => "first",
            Build::Current => "current",
            Build::Planted => "planted",
        };
        Ok(fs::write(self.folder.path().join(organisation), name)?)
    }

    /// Replaces an organisation's service by one of another build; it serves when this returns.
    ///
    /// # Errors
    /// When the service does not come up.
    pub fn replace(&self, world: &mut World, organisation: &str, build: Build) -> Result<()> {
        self.choose(organisation, build)?;
        world.restart(&Node::service(organisation))
    }
}
