//! `der slot`: a delivery slot through its stages.

use clap::{Args, Subcommand};
use der_api::reply::Stage;
use der_api::request::{
    CallFor, CloseGate, CorrectSlot, EndConfirmation, EndReveal, OpenSlot, Plan, QueryAuctions, QueryClearing,
    QueryPlan, QuerySettlement, QuerySettlementPage, QuerySlot, SealBook, Settle, SettlePage,
};
use der_market::slot::{Auction, Slot};

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Delivery slots: open, closed, revealed where orders are sealed, sealed, matched, planned, settled, in this order.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Opens the gate: orders are taken.
    #[command(
        after_help = "Examples:\n  der slot open --profile grid-operator 100\n  der slot open --profile grid-operator 100.1"
    )]
    Open(WhichAuction),
    /// Closes the gate: orders are taken no more.
    #[command(after_help = "Example:\n  der slot close --profile grid-operator 100")]
    Close(WhichAuction),
    /// Ends the time for revealing sealed orders, where the slot takes them.
    #[command(after_help = "Example:\n  der slot end-reveal --profile grid-operator 100")]
    EndReveal(WhichAuction),
    /// Fixes count and digest of the closed book.
    #[command(after_help = "Example:\n  der slot seal --profile grid-operator 100")]
    Seal(WhichAuction),
    /// Matches the sealed book and proposes contracts; those of a large book are written in several transactions.
    #[command(after_help = "Example:\n  der slot clear --profile grid-operator 100")]
    Clear(WhichAuction),
    /// Ends the confirmation of one auction, so that the slot's next one may open.
    #[command(after_help = "Example:\n  der slot end --profile grid-operator 100")]
    End(WhichAuction),
    /// Ends confirmation and plans what is left with the grid.
    #[command(after_help = "Example:\n  der slot plan --profile grid-operator 100")]
    Plan(Which),
    /// Calls for a stage that the operator does not bring: once a majority of members has, any member's operator may bring it.
    #[command(after_help = "Example:\n  der slot call --profile energy-keeper 100 --stage closed")]
    Call {
        #[command(flatten)]
        which: WhichAuction,
        /// The stage to reach.
        #[arg(long, value_parser = parse::stage)]
        stage: Stage,
    },
    /// Settles the slot with every page; contracts whose readings lack stay pending.
    #[command(after_help = "Example:\n  der slot settle --profile grid-operator 100")]
    Settle(Which),
    /// Takes back and books anew what readings have changed since the slot was settled.
    #[command(after_help = "Example:\n  der slot correct --profile grid-operator 100")]
    Correct(Which),
    /// Books one page of a settlement.
    #[command(after_help = "Example:\n  der slot page --profile grid-operator 100 3")]
    Page {
        #[command(flatten)]
        which: Which,
        /// Which page, from 0.
        page: u32,
    },
    /// Shows the slot's stage, or the result of a stage.
    #[command(
        after_help = "Examples:\n  der slot show --profile grid-operator 100\n  der slot show --profile grid-operator 100 --settlement -o json"
    )]
    Show {
        /// Which auction: a slot, or slot.round.
        #[arg(value_parser = parse::auction)]
        slot: Auction,
        /// All of the slot's auctions with their stages.
        #[arg(long, group = "part")]
        auctions: bool,
        /// What clearing matched.
        #[arg(long, group = "part")]
        clearing: bool,
        /// What is planned with the grid.
        #[arg(long, group = "part")]
        plan: bool,
        /// What was settled.
        #[arg(long, group = "part")]
        settlement: bool,
        /// One page of what was settled.
        #[arg(long, group = "part", value_name = "N")]
        page: Option<u32>,
    },
}

/// A slot to act on.
#[derive(Debug, Args)]
pub struct Which {
    /// Which slot: UTC seconds / 900, rounded down.
    #[arg(value_parser = parse::number::<Slot>)]
    slot: Slot,
    #[command(flatten)]
    dry: DryRun,
}

/// An auction to act on.
#[derive(Debug, Args)]
pub struct WhichAuction {
    /// Which auction: a slot (UTC seconds / 900, rounded down) for its day-ahead or only one, slot.round for an intraday one.
    #[arg(value_parser = parse::auction)]
    slot: Auction,
    #[command(flatten)]
    dry: DryRun,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Open(WhichAuction { slot, dry }) => session.submit(&OpenSlot { slot }, dry),
            Self::Close(WhichAuction { slot, dry }) => session.submit(&CloseGate { slot }, dry),
            Self::EndReveal(WhichAuction { slot, dry }) => session.submit(&EndReveal { slot }, dry),
            Self::Seal(WhichAuction { slot, dry }) => session.submit(&SealBook { slot }, dry),
            Self::Clear(WhichAuction { slot, dry }) => session.match_slot(slot, dry),
            Self::End(WhichAuction { slot, dry }) => session.submit(&EndConfirmation { slot }, dry),
            Self::Plan(Which { slot, dry }) => session.submit(&Plan { slot }, dry),
            Self::Settle(Which { slot, dry }) => match dry.dry_run {
                true => session.submit(&Settle { slot }, dry),
                false => whole(&session, slot, Step::Settle),
            },
            Self::Correct(Which { slot, dry }) => match dry.dry_run {
                true => session.submit(&CorrectSlot { slot }, dry),
                false => whole(&session, slot, Step::Correct),
            },
            Self::Page {
                which: Which { slot, dry },
                page,
            } => session.submit(&SettlePage { slot, page }, dry),
            Self::Call {
                which: WhichAuction { slot, dry },
                stage,
            } => session.submit(&CallFor { slot, stage }, dry),
            Self::Show {
                slot, auctions: true, ..
            } => session.query(&QueryAuctions { slot: slot.slot }),
            Self::Show {
                slot, clearing: true, ..
            } => session.query(&QueryClearing { slot }),
            Self::Show { slot, plan: true, .. } => session.query(&QueryPlan { slot: slot.slot }),
            Self::Show {
                slot, settlement: true, ..
            } => session.query(&QuerySettlement { slot: slot.slot }),
            Self::Show {
                slot, page: Some(page), ..
            } => session.query(&QuerySettlementPage { slot: slot.slot, page }),
            Self::Show { slot, .. } => session.query(&QuerySlot { slot }),
        }
    }
}

#[derive(Clone, Copy)]
enum Step {
    Settle,
    Correct,
}

/// Settles or corrects with every page, and tells on stderr how many are booked.
fn whole(session: &Session, slot: Slot, step: Step) -> Result<Exit, Failure> {
    session.learn_members()?;
    let output = session.output();
    let booked = |page| output.progress(&format!("page {page} is booked"));
    let client = session.client();
    session.committed(async {
        match step {
            Step::Settle => client.settle_whole(slot, booked).await,
            Step::Correct => client.correct_whole(slot, booked).await,
        }
    })
}
