//! A change as it is shown before anybody signs it, and written.

use std::path::Path;

use fabric_admin::difference::Difference;
use fabric_admin::{Approval, ChannelConfig, ConfigGroup, Consensus, Review, Signed, Tolerance, UpdateFile, update};

use serde::Serialize;

use super::session::AdminSession;
use super::{file, show};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, line};

/// What an update would do and who has agreed.
#[derive(Serialize)]
pub(super) struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    channel: String,
    sequence: u64,
    in_force: bool,
    differences: Vec<Difference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consensus: Option<Bearing>,
    signatures: Vec<Signed>,
    approvals: Vec<Approval>,
    approved: bool,
}

/// What the ordering nodes bear before and after.
#[derive(Serialize)]
struct Bearing {
    before: Tolerance,
    after: Tolerance,
    #[serde(skip)]
    words: String,
}

/// Computes the update to a changed tree, writes and shows it. A channel that is so already needs none.
pub(super) fn propose(
    session: &AdminSession,
    config: &ChannelConfig,
    root: &ConfigGroup,
    out: &Path,
) -> Result<Exit, Failure> {
    let Some(change) = update::compute(config.root(), root) else {
        Shown::in_force(config).print(session)?;
        return Ok(Exit::Done);
    };
    let update = UpdateFile::new(config.channel(), change);
    let review = Review::of(config, &update)?;
    file::write_new(out, &update.to_bytes())?;
    Shown::of(config, review, Some(out))?.print(session)?;
    Ok(Exit::Done)
}

impl Shown {
    fn in_force(config: &ChannelConfig) -> Self {
        Self {
            file: None,
            channel: config.channel().to_owned(),
            sequence: config.sequence(),
            in_force: true,
            differences: Vec::new(),
            consensus: None,
            signatures: Vec::new(),
            approvals: Vec::new(),
            approved: true,
        }
    }

    pub(super) fn of(config: &ChannelConfig, review: Review, file: Option<&Path>) -> Result<Self, Failure> {
        let (before, after) = (Consensus::of(config)?, Consensus::of(&review.after)?);
        let consensus = (before != after).then(|| Bearing {
            before: before.tolerance,
            after: after.tolerance,
            words: format!("{} → {}", show::bears(&before), show::bears(&after)),
        });
        Ok(Self {
            file: file.map(|file| file.display().to_string()),
            channel: config.channel().to_owned(),
            sequence: config.sequence(),
            in_force: review.in_force,
            approved: review.is_approved(),
            differences: review.differences,
            consensus,
            signatures: review.signatures,
            approvals: review.approvals,
        })
    }

    pub(super) fn print(&self, session: &AdminSession) -> Result<(), Failure> {
        match session.output().format() {
            Format::Json => session.output().result(self),
            Format::Table => line(&self.words()),
        }
    }

    fn words(&self) -> String {
        let Self { channel, sequence, .. } = self;
        if self.in_force {
            return format!("channel {channel} is so already (configuration {sequence}); nothing is to be done");
        }
        let mut lines = vec![format!(
            "channel {channel}, configuration {sequence} → {}",
            sequence + 1
        )];
        lines.extend(self.differences.iter().map(|difference| format!("  {difference}")));
        lines.extend(self.consensus.iter().map(|bearing| bearing.words.clone()));
        lines.extend(self.signatures.iter().map(signature));
        lines.extend(self.approvals.iter().map(approval));
        lines.extend(self.file.iter().map(|file| format!("in {file}")));
        lines.join("\n")
    }
}

fn signature(signed: &Signed) -> String {
    let Signed { msp_id, name, .. } = signed;
    match &signed.reason {
        None => format!("signed by {name} of {msp_id}"),
        Some(reason) => format!("NOT VALID: the signature of {name} of {msp_id}: {reason}"),
    }
}

fn approval(approval: &Approval) -> String {
    let Approval {
        policy, rule, needed, ..
    } = approval;
    let agreed = approval.agreed.len();
    let state = if approval.satisfied { "satisfied" } else { "open" };
    let by = |names: &[String]| {
        if names.is_empty() {
            "nobody".to_owned()
        } else {
            names.join(", ")
        }
    };
    format!(
        "{policy} ({rule}): {state}, {agreed} of {needed}; agreed: {}; not yet: {}",
        by(&approval.agreed),
        by(&approval.open)
    )
}
