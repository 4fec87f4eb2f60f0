//! `der proposal`: versions that a majority of the organisations agrees on.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use der_api::bytes::Digest;
use der_api::request::{Approve, Enact, Propose, QueryProposal, QueryProposals, Reject};
use der_api::version::{Content, MatrixHead, Subject};
use der_client::row_batches;
use der_market::grid::Distances;
use der_market::id::ProposalId;
use der_market::slot::Slot;

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const MAKE: &str = "\
The file is TOML or JSON, with the fields that `der market version SUBJECT N --output json` prints under `content`; distances have
`points` and `rows`, and their rows follow by `der proposal rows`. The proposer's organisation approves by proposing.

Example:
  der proposal make --profile grid-clock tariff-2 --subject parameters --from 1981000 parameters.toml --dry-run";

const ROWS: &str = "\
Rows come in several transactions and may be published again until the version is in force.

Example:
  der proposal rows --profile grid-operator matrix-2 distances.json";

/// Versions that a majority of the organisations agrees on.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Proposes a version for slots opened from a slot on.
    #[command(after_help = MAKE)]
    Make {
        /// The proposal's id, chosen here.
        proposal: ProposalId,
        /// parameters, schedule, calendar or distances.
        #[arg(long, value_name = "SUBJECT", value_parser = parse::word::<Subject>)]
        subject: Subject,
        /// First slot in which it is in force.
        #[arg(long, value_name = "SLOT", value_parser = parse::number::<Slot>)]
        from: Slot,
        /// TOML or JSON file with the content.
        file: PathBuf,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Publishes the rows of a proposed distance matrix: by the grid company.
    #[command(after_help = ROWS)]
    Rows {
        /// Which proposal.
        proposal: ProposalId,
        /// TOML or JSON file with points and rows.
        file: PathBuf,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Approves for the caller's organisation.
    #[command(after_help = "Example:\n  der proposal approve --profile energy-clock tariff-2 --dry-run")]
    Approve(Vote),
    /// Rejects for the caller's organisation, or takes its approval back.
    #[command(after_help = "Example:\n  der proposal reject --profile energy-clock tariff-2")]
    Reject(Vote),
    /// Makes an approved proposal the next version.
    #[command(after_help = "Example:\n  der proposal enact --profile grid-clock tariff-2 --dry-run")]
    Enact {
        /// Which proposal.
        proposal: ProposalId,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Shows a proposal with its content, its votes and how many it needs.
    #[command(after_help = "Example:\n  der proposal show --profile energy-clock tariff-2 --output json")]
    Show {
        /// Which proposal.
        proposal: ProposalId,
    },
    /// Lists every proposal with its votes.
    #[command(after_help = "Example:\n  der proposal list --profile energy-clock")]
    List,
}

/// A vote.
#[derive(Debug, Args)]
pub struct Vote {
    /// Which proposal.
    proposal: ProposalId,
    /// SHA-256 of the content as it was reviewed; the vote is refused if the proposal holds another. Read from the ledger if absent.
    #[arg(long, value_name = "HEX", value_parser = parse::word::<Digest>)]
    digest: Option<Digest>,
    #[command(flatten)]
    dry: DryRun,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Make {
                proposal,
                subject,
                from,
                file,
                dry,
            } => {
                let content = content(subject, &file)?;
                Session::open(global)?.submit(
                    &Propose {
                        proposal,
                        from,
                        content,
                    },
                    dry,
                )
            }
            Self::Rows { proposal, file, dry } => rows(global, &proposal, &file, dry),
            Self::Approve(vote) => vote.give(global, |proposal, digest| Approve { proposal, digest }),
            Self::Reject(vote) => vote.give(global, |proposal, digest| Reject { proposal, digest }),
            Self::Enact { proposal, dry } => Session::open(global)?.submit(&Enact { proposal }, dry),
            Self::Show { proposal } => Session::open(global)?.query(&QueryProposal { proposal }),
            Self::List => Session::open(global)?.query(&QueryProposals {}),
        }
    }
}

impl Vote {
    fn give<R: der_api::Request>(
        self,
        global: &Global,
        request: impl FnOnce(ProposalId, Digest) -> R,
    ) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        let digest = match self.digest {
            Some(digest) => digest,
            None => session
                .wait(session.client().proposal_digest(&self.proposal))
                .map_err(|error| Failure::from(&error))?,
        };
        session.submit(&request(self.proposal, digest), self.dry)
    }
}

fn content(subject: Subject, file: &Path) -> Result<Content, Failure> {
    Ok(match subject {
        Subject::Parameters => Content::Parameters(parse::file(file)?),
        Subject::Schedule => Content::Schedule(parse::file(file)?),
        Subject::Calendar => Content::Calendar(parse::file(file)?),
        Subject::Distances => {
            let matrix: Distances = parse::file(file)?;
            Content::Distances(MatrixHead::of(&matrix).map_err(Failure::internal)?)
        }
    })
}

fn rows(global: &Global, proposal: &ProposalId, file: &Path, dry: DryRun) -> Result<Exit, Failure> {
    let matrix: Distances = parse::file(file)?;
    let session = Session::open(global)?;
    let published = session.pages(row_batches(proposal, &matrix).into_iter(), dry)?;
    session.done(&published)
}
