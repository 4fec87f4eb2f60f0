//! `der deposit` and `der withdraw`: money paid in and out.

use clap::{Args, Subcommand};
use der_api::reply::PaymentKind;
use der_api::request::{AnswerDeposit, AnswerWithdrawal, QueryPayment, RequestDeposit, RequestWithdrawal};
use der_market::id::{ParticipantId, PaymentId};
use der_market::units::Money;

use super::DryRun;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const DEPOSIT: &str = "Example:\n  der deposit request --profile microgrid-alice D-1 50000000000 --dry-run";
const CONFIRM: &str = "Example:\n  der deposit confirm --profile grid-retail MicrogridMSP:alice D-1";
const WITHDRAW: &str = "Example:\n  der withdraw request --profile microgrid-alice W-1 20000000000 --dry-run";
const PAID: &str = "Example:\n  der withdraw confirm --profile grid-retail MicrogridMSP:alice W-1";
const SHOW: &str = "Example:\n  der deposit show --profile microgrid-alice MicrogridMSP:alice D-1";

/// A payment of the caller.
#[derive(Debug, Args)]
pub struct Asked {
    /// Your id for it, once and for ever; the same amount under the same id is asked for only once.
    payment: PaymentId,
    /// How much, in nyuan (10⁻⁹ yuan).
    amount: Money,
    #[command(flatten)]
    dry: DryRun,
}

/// A payment to answer.
#[derive(Debug, Args)]
pub struct Answered {
    /// Whose.
    participant: ParticipantId,
    /// Which.
    payment: PaymentId,
    /// The money does not move.
    #[arg(long)]
    refuse: bool,
    #[command(flatten)]
    dry: DryRun,
}

/// A payment of anybody.
#[derive(Debug, Args)]
pub struct Any {
    /// Whose.
    participant: ParticipantId,
    /// Which.
    payment: PaymentId,
}

/// Money paid in. Once it is confirmed, `der account collect` makes it available.
#[derive(Debug, Subcommand)]
pub enum Deposit {
    /// Says that you pay money in.
    #[command(after_help = DEPOSIT)]
    Request(Asked),
    /// Confirms that the money is there: by the selling company.
    #[command(after_help = CONFIRM)]
    Confirm(Answered),
    /// Shows a deposit.
    #[command(after_help = SHOW)]
    Show(Any),
}

/// Money paid out.
#[derive(Debug, Subcommand)]
pub enum Withdraw {
    /// Asks for money back; it leaves what is available at once.
    #[command(after_help = WITHDRAW)]
    Request(Asked),
    /// Confirms that the money was paid out: by the selling company.
    #[command(after_help = PAID)]
    Confirm(Answered),
    /// Shows a withdrawal.
    #[command(after_help = "Example:\n  der withdraw show --profile microgrid-alice MicrogridMSP:alice W-1")]
    Show(Any),
}

impl Deposit {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Request(Asked { payment, amount, dry }) => session.submit(&RequestDeposit { payment, amount }, dry),
            Self::Confirm(Answered {
                participant,
                payment,
                refuse,
                dry,
            }) => session.submit(
                &AnswerDeposit {
                    participant,
                    payment,
                    accepted: !refuse,
                },
                dry,
            ),
            Self::Show(any) => show(&session, PaymentKind::Deposit, any),
        }
    }
}

impl Withdraw {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Request(Asked { payment, amount, dry }) => {
                session.submit(&RequestWithdrawal { payment, amount }, dry)
            }
            Self::Confirm(Answered {
                participant,
                payment,
                refuse,
                dry,
            }) => session.submit(
                &AnswerWithdrawal {
                    participant,
                    payment,
                    accepted: !refuse,
                },
                dry,
            ),
            Self::Show(any) => show(&session, PaymentKind::Withdrawal, any),
        }
    }
}

fn show(session: &Session, kind: PaymentKind, any: Any) -> Result<Exit, Failure> {
    session.query(&QueryPayment {
        participant: any.participant,
        kind,
        payment: any.payment,
    })
}
