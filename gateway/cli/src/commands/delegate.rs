//! `der delegate`: let an agent, an aggregator for instance, act for you within limits.

use clap::{Args, Subcommand};
use der_api::delegation::{DelegationTerms, Verb as Act};
use der_api::request::{DELEGATIONS_LIMIT, QueryDelegations, QueryMarket, RevokeDelegation};
use der_market::id::{ParticipantId, PointId};
use der_market::slot::Slot;

use super::limits::Limits;
use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const GRANT: &str = "\
Without --buy-wh the agent buys nothing for you, without --sell-wh it sells nothing. The limits hold for each order and each contract;
money for sealed orders you set aside yourself (`der account set-aside`). What it did stays done when you revoke.

Example:
  der delegate grant --profile microgrid-alice MicrogridMSP:aggregator --verb order --verb withdraw --verb confirm --until 2000095 \\
    --buy-wh 200000 --buy-price 620000 --dry-run";

/// Delegations to agents.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Signs what an agent may do for you; it replaces what this agent might do before.
    #[command(after_help = GRANT)]
    Grant(Grant),
    /// Ends what you delegated to an agent.
    #[command(
        after_help = "Example:\n  der delegate revoke --profile microgrid-alice MicrogridMSP:aggregator --dry-run"
    )]
    Revoke {
        /// To whom.
        agent: ParticipantId,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Lists what a participant delegated, or with --as-agent what was delegated to it.
    #[command(
        after_help = "Example:\n  der delegate list --profile microgrid-agent MicrogridMSP:aggregator --as-agent"
    )]
    List {
        /// Whose.
        participant: ParticipantId,
        /// What was delegated to it.
        #[arg(long)]
        as_agent: bool,
        /// The last one of the page before.
        #[arg(long, value_name = "MSP:ID")]
        after: Option<ParticipantId>,
    },
}

/// Terms of a delegation.
#[derive(Debug, Args)]
pub struct Grant {
    /// Who may act.
    agent: ParticipantId,
    /// order, amend, withdraw or confirm; may be given again.
    #[arg(long = "verb", value_name = "VERB", required = true, value_parser = parse::word::<Act>)]
    verbs: Vec<Act>,
    /// At this connection point of yours only; may be given again.
    #[arg(long = "point", value_name = "POINT")]
    points: Vec<PointId>,
    /// The last delivery slot.
    #[arg(long, value_name = "SLOT", value_parser = parse::number::<Slot>)]
    until: Slot,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    dry: DryRun,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Grant(grant) => grant.run(&session),
            Self::Revoke { agent, dry } => session.submit(&RevokeDelegation { agent }, dry),
            Self::List {
                participant,
                as_agent,
                after,
            } => session.query(&QueryDelegations {
                participant,
                as_agent,
                after,
                page: DELEGATIONS_LIMIT,
            }),
        }
    }
}

impl Grant {
    fn run(self, session: &Session) -> Result<Exit, Failure> {
        let client = session.client();
        let failed = |error| Failure::from(&error);
        let terms = DelegationTerms {
            market: session.wait(client.market(&QueryMarket {})).map_err(failed)?.market,
            principal: session.caller(),
            agent: self.agent,
            verbs: self.verbs.into_iter().collect(),
            points: self.points.into_iter().collect(),
            buy: self.limits.buy(),
            sell: self.limits.sell(),
            until: self.until,
        };
        session.submit(&client.signed_delegation(terms).map_err(failed)?, self.dry)
    }
}
