//! `der org add | revoke | authorities`: edits that need no other questions asked.

use std::path::PathBuf;

use clap::Args;
use fabric_admin::edit;
use fabric_msp::Msp;

use super::session::AdminSession;
use super::{describe, file, proposal};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;

pub(super) const ADD: &str = "\
The ordering node in the description, if any, comes by `der org consenter add` once it follows the channel.

Example:
  der org add north.json --profile grid-admin --out add-north.update";

pub(super) const REVOKE: &str = "\
Lists that the MSP holds stay, unless the new one names all that they name. One signature is enough: that of an
administrator of the organisation whose authority has signed the list. It acts from its block on. What it does not stop:
open event streams and TLS connections of the revoked; restart what serves them.

Example:
  der org revoke --crl crl.pem --profile energy-admin --out revoke.update";

pub(super) const AUTHORITIES: &str = "\
A certificate of an authority that is dropped is invalid from that block on. Change in two steps: first a folder with old
and new, then, when every certificate is renewed, one with the new alone.

Example:
  der org authorities --msp new/msp --profile energy-admin --out authorities.update";

/// A newcomer as a member.
#[derive(Debug, Args)]
pub struct Add {
    /// What `der org describe` has written.
    #[arg(value_name = "FILE")]
    description: PathBuf,
    #[command(flatten)]
    out: Out,
}

/// A list of the revoked.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The revocation list, PEM or DER.
    #[arg(long, value_name = "FILE")]
    crl: PathBuf,
    #[command(flatten)]
    out: Out,
}

/// New authorities.
#[derive(Debug, Args)]
pub struct Authorities {
    /// The organisation's new public MSP folder.
    #[arg(long, value_name = "DIR")]
    msp: PathBuf,
    #[command(flatten)]
    out: Out,
}

/// Where the update goes.
#[derive(Debug, Args)]
pub struct Out {
    /// The update to write, for `der org sign` and Fabric's `peer channel signconfigtx`.
    #[arg(long = "out", value_name = "FILE")]
    pub(super) file: PathBuf,
}

impl Add {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        file::must_be_free(&self.out.file)?;
        let newcomer = describe::read(&self.description)?;
        let session = AdminSession::open(global)?;
        let config = session.config()?;
        let root = edit::add_organization(&config, &newcomer)?;
        proposal::propose(&session, &config, &root, &self.out.file)
    }
}

impl Revoke {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        file::must_be_free(&self.out.file)?;
        let list = file::read(&self.crl)?;
        let session = AdminSession::open(global)?;
        let config = session.config()?;
        let root = edit::revoke(&config, &list)?;
        proposal::propose(&session, &config, &root, &self.out.file)
    }
}

impl Authorities {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        file::must_be_free(&self.out.file)?;
        let files = file::folder(&self.msp)?;
        let session = AdminSession::open(global)?;
        let msp = Msp::from_folder(session.signer().msp_id(), files)
            .map_err(|error| Failure::usage(format!("{}: {error}", self.msp.display())))?;
        let config = session.config()?;
        let root = edit::replace_authorities(&config, &msp)?;
        proposal::propose(&session, &config, &root, &self.out.file)
    }
}
