//! `der org inspect | sign | submit`: from an update to a changed channel.

use std::path::PathBuf;

use clap::Args;
use fabric_admin::update::{self, Progress};
use fabric_admin::{Review, Submission, UpdateFile};
use serde::Serialize;

use super::file;
use super::proposal::Shown;
use super::session::AdminSession;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;

pub(super) const SUBMIT: &str = "\
The orderers are those of the channel's own configuration, tried one after the other, each for --timeout (20 s).
Submitting what is in force already changes nothing and ends with 0.

Examples:
  der org submit add-north.update --profile grid-admin --dry-run
  der org submit add-north.update --profile grid-admin";

/// An update to look at or to sign.
#[derive(Debug, Args)]
pub struct Which {
    /// The update.
    file: PathBuf,
}

/// An update to send.
#[derive(Debug, Args)]
pub struct Submit {
    /// The update.
    file: PathBuf,
    /// Check everything and send nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Submitted {
    channel: String,
    sequence: u64,
    /// Whether it was so before.
    was_in_force: bool,
}

impl Which {
    pub(super) fn inspect(&self, global: &Global) -> Result<Exit, Failure> {
        let update = read(&self.file)?;
        let session = AdminSession::open(global)?;
        self.show(&session, &update)
    }

    pub(super) fn sign(&self, global: &Global) -> Result<Exit, Failure> {
        let mut update = read(&self.file)?;
        let session = AdminSession::open(global)?;
        // Stale and foreign updates are refused here, before a signature stands under them.
        Review::of(&session.config()?, &update)?;
        if update.sign(session.signer())? {
            file::replace(&self.file, &update.to_bytes())?;
        }
        self.show(&session, &update)
    }

    fn show(&self, session: &AdminSession, update: &UpdateFile) -> Result<Exit, Failure> {
        let config = session.config()?;
        let review = Review::of(&config, update)?;
        Shown::of(&config, review, Some(&self.file))?.print(session)?;
        Ok(Exit::Done)
    }
}

impl Submit {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let update = read(&self.file)?;
        let session = AdminSession::open(global)?;
        if self.dry_run {
            let config = session.config()?;
            let review = Review::of(&config, &update)?;
            review.must_be_approved()?;
            Shown::of(&config, review, Some(&self.file))?.print(&session)?;
            return Ok(Exit::Done);
        }
        let told = |step| session.output().progress(&words(step));
        let sent = update::submit(session.network(), &update, session.signer(), session.limit(), told);
        let (config, was_in_force) = match session.wait(sent)? {
            Submission::WasInForce(config) => (config, true),
            Submission::InForce(config) => (config, false),
        };
        session.output().result(&Submitted {
            channel: config.channel().to_owned(),
            sequence: config.sequence(),
            was_in_force,
        })?;
        Ok(Exit::Done)
    }
}

fn read(path: &std::path::Path) -> Result<UpdateFile, Failure> {
    Ok(UpdateFile::from_bytes(&file::read(path)?)?)
}

fn words(step: Progress) -> String {
    match step {
        Progress::Sending(node) => format!("sending to {node}"),
        Progress::Awaiting(node) => format!("{node} has taken it; waiting for the block"),
        Progress::Refused(node, reason) => format!("{node}: {reason}"),
    }
}
