//! `der package`.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use tempfile::Builder;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::package;

const EXAMPLE: &str = "\
The package holds a label and a template; address, key and certificates of the service stay beside each peer. Every organisation gets
the same bytes and the same id, on every machine.

Examples:
  der package --out market_1.tar.gz
  der package --label market_2 --out market_2.tar.gz --output json";

/// Makes the package that every peer installs, and prints its id.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Package {
    /// Name and version of the chaincode, as peers list it.
    #[arg(long, value_name = "LABEL", default_value = "market_1")]
    label: String,
    /// Where the package goes; without it only the id is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Made {
    package_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
}

impl Package {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let package = package::Package::new(&self.label)
            .map_err(|error| Failure::usage(error).advise("Name it as `market_1`: chaincode, underscore, version."))?;
        if let Some(file) = &self.out {
            write(file, package.bytes()).map_err(|error| {
                Failure::usage(format!("cannot write {}: {error}", file.display()))
                    .advise("Name a file in a folder that exists and that you may write to.")
            })?;
        }
        global.output().result(&Made {
            package_id: package.id(),
            file: self.out,
        })?;
        Ok(Exit::Done)
    }
}

/// The file appears whole or not at all.
fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let public = Permissions::from_mode(0o644);
    let mut draft = Builder::new().permissions(public).tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    draft.persist(file)?;
    File::open(folder)?.sync_all()
}
