//! `der account`: what is available, what is held, what a day came to.

use clap::{Args, Subcommand};
use der_api::request::{
    ACCOUNTS_LIMIT, Collect, FOLD_LIMIT, FoldAccounts, QueryAccount, QueryAccounts, QuerySetAside, ReleaseHolds,
    SetAside,
};
use der_market::billing::BillingDay;
use der_market::id::ContractId;
use der_market::journal::Account;
use der_market::slot::Auction;
use der_market::units::Money;
use serde::Serialize;

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const RELEASE: &str = "\
Once a slot is settled nothing is held for it; once it is planned, what has no confirmed contract comes back. Naming the contracts of one
auction lets their prices count instead of the order's limit.

Examples:
  der account release --profile microgrid-alice 100 101 --dry-run
  der account release --profile microgrid-alice --day 20758";
const SET_ASIDE: &str = "\
Sealed orders hold nothing one by one: a hold would tell what they are. Revealed orders take their holds from the day's sum, and from what is
available where it does not suffice. A day is counted in local days since 1970-01-01 (`der market show` tells the offset).

Examples:
  der account set-aside --profile microgrid-alice --day 20758 --amount 50000000000 --dry-run
  der account set-aside --profile microgrid-alice --day 20758";
const FOLD: &str = "\
A day is counted in local days since 1970-01-01 (`der market show` tells the offset). Folding again changes nothing unless more was posted.

Example:
  der account fold --profile grid-operator --day 20758 --all";

/// Accounts. An account is grid, retail, deposits, rounding or participant:MSP:ENROLMENT; money is in nyuan (10⁻⁹ yuan).
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Shows an account by its folds, and what a participant may dispose of.
    #[command(after_help = "Example:\n  der account show --profile microgrid-alice participant:MicrogridMSP:alice")]
    Show {
        /// Whose.
        account: Account,
    },
    /// Lists the accounts.
    #[command(after_help = "Example:\n  der account list --profile grid-operator --output json")]
    List,
    /// Takes confirmed deposits and refused withdrawals into what is available to you.
    #[command(after_help = "Example:\n  der account collect --profile microgrid-alice --dry-run")]
    Collect {
        #[command(flatten)]
        dry: DryRun,
    },
    /// Takes back what is held for your orders in vain.
    #[command(after_help = RELEASE)]
    Release {
        /// Slots, or `slot.round` for intraday auctions.
        #[arg(value_name = "SLOT", required_unless_present = "days", value_parser = parse::auction)]
        auctions: Vec<Auction>,
        /// Your confirmed contracts of the one auction.
        #[arg(long = "contract", value_name = "ID")]
        contracts: Vec<ContractId>,
        /// A billing day whose sum set aside is given back as far as no sealed order needs it; may be given again.
        #[arg(long = "day", value_name = "DAY", value_parser = parse::number::<BillingDay>)]
        days: Vec<BillingDay>,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Sets money aside for a day's sealed orders.
    #[command(after_help = SET_ASIDE)]
    SetAside {
        /// Which billing day.
        #[arg(long, value_name = "DAY", value_parser = parse::number::<BillingDay>)]
        day: BillingDay,
        /// The day's whole sum, nyuan; it only rises. Without it the sum is shown.
        #[arg(long, value_name = "NYUAN", value_parser = parse::word::<Money>)]
        amount: Option<Money>,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Sums up what settlements posted on a day: by an operator.
    #[command(after_help = FOLD)]
    Fold {
        /// Which day.
        #[arg(long, value_name = "DAY", value_parser = parse::number::<BillingDay>)]
        day: BillingDay,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        dry: DryRun,
    },
}

/// Accounts by name, or all of them.
#[derive(Debug, Args)]
#[group(required = true)]
pub struct Which {
    /// Whose.
    accounts: Vec<Account>,
    /// Every account of the market.
    #[arg(long, conflicts_with = "accounts")]
    all: bool,
}

#[derive(Serialize)]
struct Folded {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    day: BillingDay,
    accounts: usize,
    changed: u32,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Show { account } => session.query(&QueryAccount { account }),
            Self::List => session.done(&every(&session)?),
            Self::Collect { dry } => session.submit(&Collect {}, dry),
            Self::Release {
                auctions,
                contracts,
                days,
                dry,
            } => session.submit(
                &ReleaseHolds {
                    auctions,
                    contracts,
                    days,
                },
                dry,
            ),
            Self::SetAside {
                day,
                amount: Some(amount),
                dry,
            } => session.submit(&SetAside { day, amount }, dry),
            Self::SetAside { day, .. } => session.query(&QuerySetAside {
                participant: session.caller(),
                day,
            }),
            Self::Fold { day, which, dry } => fold(&session, day, which, dry),
        }
    }
}

impl Which {
    /// The accounts that are meant.
    pub(super) fn read(self, session: &Session) -> Result<Vec<Account>, Failure> {
        if self.all { every(session) } else { Ok(self.accounts) }
    }
}

fn fold(session: &Session, day: BillingDay, which: Which, dry: DryRun) -> Result<Exit, Failure> {
    let accounts = which.read(session)?;
    let pages = accounts.chunks(FOLD_LIMIT).map(|page| FoldAccounts {
        day,
        accounts: page.to_vec(),
    });
    let replies = session.pages(pages, dry)?;
    session.done(&Folded {
        dry_run: dry.dry_run,
        day,
        accounts: accounts.len(),
        changed: replies.iter().map(|reply| reply.changed).sum(),
    })
}

/// Every account with an opening row, in the order of their keys.
pub(super) fn every(session: &Session) -> Result<Vec<Account>, Failure> {
    let (mut accounts, mut after) = (Vec::new(), None);
    loop {
        let request = QueryAccounts {
            after,
            page: ACCOUNTS_LIMIT,
        };
        let page = session
            .wait(session.client().accounts(&request))
            .map_err(|error| Failure::from(&error))?;
        accounts.extend(page.accounts);
        after = page.next;
        if after.is_none() {
            return Ok(accounts);
        }
    }
}
