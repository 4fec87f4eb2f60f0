//! `der order`: many orders at once, sealed ones above all: seal, reveal, amend, withdraw.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use der_api::request::{Amend, NewOrder, NewSeal, PostMany, QuerySeals, Seal, WithdrawMany, Withdrawal};
use der_client::sealed::{Revealing, SaltFile};
use der_market::id::{OrderId, ParticipantId};
use der_market::slot::Auction;
use serde::Serialize;

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const SEAL: &str = "\
The file holds {\"orders\": [...]} as for `der batch post`. Each order gets 32 random bytes, which are in the salt file, on the disk and
readable by you alone, before the seal is sent: without them an order cannot be revealed. Run it again after any failure. With --amend an
order whose content has changed has its seal replaced.

Examples:
  der order seal --profile microgrid-alice --salts salts.jsonl orders.json
  der order seal --profile microgrid-alice --salts salts.jsonl orders.json --amend";
const REVEAL: &str = "\
Reveals every order of the salt file whose gate has closed. Gates that are still open are listed as waiting: run it again. What cannot be
revealed is listed with the reason, and the exit code is 4. Each order that is not revealed in time costs 20 credit points.

Examples:
  der order reveal --profile microgrid-alice --salts salts.jsonl
  der order reveal --profile microgrid-alice --salts salts.jsonl --slot 100 --output json";
const AMEND: &str = "\
The file holds {\"orders\": [...]}: order, slot, version (one more than the one that stands), energy_wh, price, and as wanted min_wh,
filters and participant. The versions before stay readable (`der offer show`). Sealed orders are amended by `der order seal --amend`.

Example:
  der order amend --profile microgrid-alice amendments.json --dry-run";
const WITHDRAW: &str = "\
Without an order all of the slot's are withdrawn, sealed ones too; several slots may be named then.

Examples:
  der order withdraw --profile microgrid-alice --slot 100 --order S-1 --order S-2
  der order withdraw --profile microgrid-alice --slot 100 --slot 101
  der order withdraw --profile microgrid-agent --slot 100 --participant MicrogridMSP:alice --dry-run";

/// Many orders at once, sealed ones above all.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Seals orders of slots that take them sealed.
    #[command(after_help = SEAL)]
    Seal {
        #[command(flatten)]
        salts: Salts,
        /// JSON or TOML file with the orders.
        file: PathBuf,
        /// Replaces seals of orders whose content has changed.
        #[arg(long)]
        amend: bool,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Reveals sealed orders after their gates have closed.
    #[command(after_help = REVEAL)]
    Reveal {
        #[command(flatten)]
        salts: Salts,
        /// This slot alone, `slot.round` for an intraday auction; may be given again.
        #[arg(long = "slot", value_name = "SLOT", value_parser = parse::auction)]
        slots: Vec<Auction>,
    },
    /// Shows a participant's seals in a slot.
    #[command(after_help = "Example:\n  der order seals --profile microgrid-alice MicrogridMSP:alice --slot 100")]
    Seals {
        /// Whose.
        participant: ParticipantId,
        /// Which slot, `slot.round` for an intraday auction.
        #[arg(long, value_name = "SLOT", value_parser = parse::auction)]
        slot: Auction,
    },
    /// Replaces open orders by their next versions, all or none.
    #[command(after_help = AMEND)]
    Amend {
        /// JSON or TOML file with the amendments.
        file: PathBuf,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Withdraws many orders before their gates close, all or none.
    #[command(after_help = WITHDRAW)]
    Withdraw(Which),
}

/// Where salts are kept.
#[derive(Debug, Args)]
pub struct Salts {
    /// File of salts; made if it is not there.
    #[arg(long, value_name = "FILE", env = "DER_SALTS")]
    salts: PathBuf,
}

/// Orders to withdraw.
#[derive(Debug, Args)]
pub struct Which {
    /// A slot, `slot.round` for an intraday auction; may be given again where no order is named.
    #[arg(long = "slot", value_name = "SLOT", required = true, value_parser = parse::auction)]
    slots: Vec<Auction>,
    /// An order of the one slot; may be given again.
    #[arg(long = "order", value_name = "ID")]
    orders: Vec<OrderId>,
    /// The orders' owner, if it is not the caller.
    #[arg(long, value_name = "MSP:ID")]
    participant: Option<ParticipantId>,
    #[command(flatten)]
    dry: DryRun,
}

#[derive(Serialize)]
struct Sealed {
    accepted: u32,
    known: u32,
    transactions: Vec<String>,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Seal { file, amend, dry, .. } if dry.dry_run => try_seal(global, &file, amend),
            Self::Seal { salts, file, amend, .. } => seal(global, &salts.salts, &file, amend),
            Self::Reveal { salts, slots } => reveal(global, &salts.salts, &slots),
            Self::Seals { participant, slot } => Session::open(global)?.query(&QuerySeals { participant, slot }),
            Self::Amend { file, dry } => {
                let request: Amend = parse::file(&file)?;
                Session::open(global)?.submit(&request, dry)
            }
            Self::Withdraw(which) => {
                let dry = which.dry;
                Session::open(global)?.submit(&which.request()?, dry)
            }
        }
    }
}

impl Which {
    fn request(self) -> Result<WithdrawMany, Failure> {
        let Self {
            slots,
            orders,
            participant,
            ..
        } = self;
        let withdrawal = |slot: Auction, order: Option<OrderId>| Withdrawal {
            participant: participant.clone(),
            slot,
            order,
        };
        let orders = match (slots.as_slice(), orders.is_empty()) {
            (slots, true) => slots.iter().map(|slot| withdrawal(*slot, None)).collect(),
            ([slot], false) => orders.into_iter().map(|order| withdrawal(*slot, Some(order))).collect(),
            _ => return Err(Failure::usage("orders are named in one slot; name one --slot")),
        };
        Ok(WithdrawMany { orders })
    }
}

fn orders(file: &Path) -> Result<Vec<NewOrder>, Failure> {
    let batch: PostMany = parse::file(file)?;
    Ok(batch.orders)
}

/// One peer simulates it; salts are neither drawn nor kept, so that the seals are not those that would be sent.
fn try_seal(global: &Global, file: &Path, amend: bool) -> Result<Exit, Failure> {
    if amend {
        return Err(Failure::usage(
            "a dry run knows no seal that could be replaced; leave --amend out",
        ));
    }
    let seal = |order: NewOrder| NewSeal {
        participant: order.participant,
        seal: der_api::bytes::Digest::of(order.order.as_str().as_bytes()),
        order: order.order,
        slot: order.slot,
        replaces: None,
    };
    let request = Seal {
        orders: orders(file)?.into_iter().map(seal).collect(),
    };
    Session::open(global)?.submit(&request, DryRun { dry_run: true })
}

fn seal(global: &Global, salts: &Path, file: &Path, amend: bool) -> Result<Exit, Failure> {
    let orders = orders(file)?;
    let session = Session::open(global)?;
    session.learn_members()?;
    let mut salts = open(salts)?;
    let receipts = session
        .wait(session.client().seal(&mut salts, &orders, amend))
        .map_err(|error| Failure::from(&error))?;
    session.done(&Sealed {
        accepted: receipts.iter().map(|receipt| receipt.reply.accepted).sum(),
        known: receipts.iter().map(|receipt| receipt.reply.known).sum(),
        transactions: receipts.into_iter().map(|receipt| receipt.transaction_id).collect(),
    })
}

fn reveal(global: &Global, salts: &Path, slots: &[Auction]) -> Result<Exit, Failure> {
    let session = Session::open(global)?;
    session.learn_members()?;
    let mut salts = open(salts)?;
    let revealing: Revealing = session
        .wait(session.client().reveal(&mut salts, slots))
        .map_err(|error| Failure::from(&error))?;
    session.done(&revealing)?;
    Ok(match revealing.unrevealed.is_empty() {
        true => Exit::Done,
        false => Exit::Refused,
    })
}

fn open(path: &Path) -> Result<SaltFile, Failure> {
    SaltFile::open(path).map_err(Failure::usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn which(slots: &[u64], orders: &[&str]) -> Which {
        Which {
            slots: slots.iter().map(|slot| slot.to_string().parse().unwrap()).collect(),
            orders: orders.iter().map(|order| order.parse().unwrap()).collect(),
            participant: None,
            dry: DryRun { dry_run: false },
        }
    }

    #[test]
    fn orders_of_one_slot_or_all_of_several() {
        let named = which(&[1], &["a", "b"]).request().unwrap();
        assert!(named.orders.iter().all(|one| one.order.is_some()));
        let all = which(&[1, 2], &[]).request().unwrap();
        assert!(all.orders.len() == 2 && all.orders.iter().all(|one| one.order.is_none()));
        assert!(which(&[1, 2], &["a"]).request().is_err());
    }
}
