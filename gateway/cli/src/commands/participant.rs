//! `der participant`: join, be accepted, be accredited.

use clap::Subcommand;
use der_api::request::{
    AcceptConnection, AddKey, Authenticate, MoveOut, QueryParticipant, RegisterUser, Reinstate, Suspend,
};
use der_market::id::{OrderId, ParticipantId, PointId};
use der_market::participant::{CustomerClass, Source};
use der_market::slot::Auction;
use der_market::units::Power;

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const REGISTER: &str = "Example:\n  der participant register --profile microgrid-alice --capacity-w 1000000 --point PCC-1 \
                        --source photovoltaic --class residential";

/// Participants of the market. A participant is written MSP:ENROLMENT, for example MicrogridMSP:alice.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Asks to join; the certificate's key becomes the key that signs contracts.
    #[command(after_help = REGISTER)]
    Register {
        /// Generating capacity in W; 0 for a pure consumer.
        #[arg(long, value_name = "W", value_parser = parse::number::<Power>)]
        capacity_w: Power,
        /// Connection point.
        #[arg(long, value_name = "POINT")]
        point: PointId,
        /// thermal, cogeneration, hydro, photovoltaic, wind or storage.
        #[arg(long, value_name = "SOURCE", value_parser = parse::word::<Source>)]
        source: Source,
        /// residential, commercial or industrial.
        #[arg(long, value_name = "CLASS", value_parser = parse::word::<CustomerClass>)]
        class: CustomerClass,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Registers the key of a renewed certificate.
    #[command(after_help = "Example:\n  der participant add-key --profile microgrid-alice")]
    AddKey {
        #[command(flatten)]
        dry: DryRun,
    },
    /// Accepts a participant's connection: by the grid company.
    #[command(after_help = "Example:\n  der participant accept --profile grid-operator MicrogridMSP:alice")]
    Accept(Whom),
    /// Accredits a participant: by the regulator.
    #[command(after_help = "Example:\n  der participant accredit --profile regulator-officer MicrogridMSP:alice")]
    Accredit(Whom),
    /// Suspends a participant: by the regulator.
    #[command(after_help = "Example:\n  der participant suspend --profile regulator-officer MicrogridMSP:alice")]
    Suspend(Whom),
    /// Ends a suspension: by the regulator.
    #[command(after_help = "Example:\n  der participant reinstate --profile regulator-officer MicrogridMSP:alice")]
    Reinstate(Whom),
    /// Ends the caller's trading for ever: no more orders; contracts run out, records stay.
    #[command(
        after_help = "Example:\n  der participant move-out --profile microgrid-alice --withdraw need-7 --dry-run"
    )]
    MoveOut {
        /// An open order to withdraw; may be given again. Those that are not named are never matched.
        #[arg(long = "withdraw", value_name = "ORDER")]
        orders: Vec<OrderId>,
        /// A slot, opened at schema 3, from which all orders are withdrawn; may be given again.
        #[arg(long = "slot", value_name = "SLOT", value_parser = parse::auction)]
        slots: Vec<Auction>,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Shows a participant on all chains.
    #[command(after_help = "Example:\n  der participant show --profile microgrid-alice MicrogridMSP:alice")]
    Show {
        /// Who.
        participant: ParticipantId,
    },
}

/// A participant to act on.
#[derive(Debug, clap::Args)]
pub struct Whom {
    /// Who.
    participant: ParticipantId,
    #[command(flatten)]
    dry: DryRun,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Register {
                capacity_w,
                point,
                source,
                class,
                dry,
            } => session.submit(
                &RegisterUser {
                    capacity_w,
                    point,
                    source,
                    class,
                },
                dry,
            ),
            Self::AddKey { dry } => session.submit(&AddKey {}, dry),
            Self::Accept(Whom { participant, dry }) => session.submit(&AcceptConnection { participant }, dry),
            Self::Accredit(Whom { participant, dry }) => session.submit(&Authenticate { participant }, dry),
            Self::Suspend(Whom { participant, dry }) => session.submit(&Suspend { participant }, dry),
            Self::Reinstate(Whom { participant, dry }) => session.submit(&Reinstate { participant }, dry),
            Self::MoveOut { orders, slots, dry } => session.submit(&MoveOut { orders, slots }, dry),
            Self::Show { participant } => session.query(&QueryParticipant { participant }),
        }
    }
}
