//! `der slot`: a delivery slot through its stages.

use clap::{Args, Subcommand};
use der_api::request::{
    Clear, CloseGate, OpenSlot, Plan, QueryClearing, QueryPlan, QuerySettlement, QuerySlot, SealBook, Settle,
};
use der_market::slot::Slot;

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Delivery slots: open, closed, sealed, matched, planned, settled, in this order.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Opens the gate: orders are taken.
    #[command(after_help = "Example:\n  der slot open --profile grid-operator 100")]
    Open(Which),
    /// Closes the gate: orders are taken no more.
    #[command(after_help = "Example:\n  der slot close --profile grid-operator 100")]
    Close(Which),
    /// Fixes count and digest of the closed book.
    #[command(after_help = "Example:\n  der slot seal --profile grid-operator 100")]
    Seal(Which),
    /// Matches the sealed book and proposes contracts.
    #[command(after_help = "Example:\n  der slot clear --profile grid-operator 100")]
    Clear(Which),
    /// Ends confirmation and plans what is left with the grid.
    #[command(after_help = "Example:\n  der slot plan --profile grid-operator 100")]
    Plan(Which),
    /// Settles the slot once its readings are in.
    #[command(after_help = "Example:\n  der slot settle --profile grid-operator 100")]
    Settle(Which),
    /// Shows the slot's stage, or the result of a stage.
    #[command(
        after_help = "Examples:\n  der slot show --profile grid-operator 100\n  der slot show --profile grid-operator 100 --settlement -o json"
    )]
    Show {
        /// Which slot.
        #[arg(value_parser = parse::number::<Slot>)]
        slot: Slot,
        /// What clearing matched.
        #[arg(long, group = "part")]
        clearing: bool,
        /// What is planned with the grid.
        #[arg(long, group = "part")]
        plan: bool,
        /// What was settled.
        #[arg(long, group = "part")]
        settlement: bool,
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

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Open(Which { slot, dry }) => session.submit(&OpenSlot { slot: slot.into() }, dry),
            Self::Close(Which { slot, dry }) => session.submit(&CloseGate { slot: slot.into() }, dry),
            Self::Seal(Which { slot, dry }) => session.submit(&SealBook { slot: slot.into() }, dry),
            Self::Clear(Which { slot, dry }) => session.submit(&Clear { slot: slot.into() }, dry),
            Self::Plan(Which { slot, dry }) => session.submit(&Plan { slot }, dry),
            Self::Settle(Which { slot, dry }) => session.submit(&Settle { slot }, dry),
            Self::Show {
                slot, clearing: true, ..
            } => session.query(&QueryClearing { slot: slot.into() }),
            Self::Show { slot, plan: true, .. } => session.query(&QueryPlan { slot }),
            Self::Show {
                slot, settlement: true, ..
            } => session.query(&QuerySettlement { slot }),
            Self::Show { slot, .. } => session.query(&QuerySlot { slot: slot.into() }),
        }
    }
}
