//! `der contract`: sign, refuse, look up, and verify without any network.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use der_api::request::{QueryContract, Refuse};
use der_market::id::{ContractId, ParticipantId};
use der_market::slot::Auction;

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;
use crate::verification;

const VERIFY: &str = "\
Checks, without any network, that the hash is that of the terms and that buyer and seller signed them. The keys'
SHA-256 are printed as `der participant show` prints them; with certificates, the keys are compared with those.

Example:
  der contract show --profile microgrid-alice 100 100-0 -o json > contract.json
  der contract verify contract.json --buyer-certificate bob.pem --seller-certificate alice.pem";

/// Electronic contracts.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Signs a proposed contract with the caller's own key.
    #[command(
        after_help = "Examples:\n  der contract confirm --profile microgrid-alice 100 100-0\n  der contract confirm --profile microgrid-agent 100 100-0 --for MicrogridMSP:alice"
    )]
    Confirm(Which),
    /// Refuses a proposed contract.
    #[command(after_help = "Example:\n  der contract refuse --profile microgrid-alice 100 100-0")]
    Refuse(Which),
    /// Shows a contract with its confirmations.
    #[command(after_help = "Example:\n  der contract show --profile microgrid-alice 100 100-0 --output json")]
    Show {
        /// Its slot, or `slot.round` for an intraday auction.
        #[arg(value_parser = parse::auction)]
        slot: Auction,
        /// Which contract.
        contract: ContractId,
    },
    /// Verifies an exported contract offline.
    #[command(after_help = VERIFY)]
    Verify {
        /// What `der contract show --output json` printed; - for stdin.
        file: PathBuf,
        /// The buyer's certificate, PEM.
        #[arg(long, value_name = "FILE")]
        buyer_certificate: Option<PathBuf>,
        /// The seller's certificate, PEM.
        #[arg(long, value_name = "FILE")]
        seller_certificate: Option<PathBuf>,
    },
}

/// A contract to act on.
#[derive(Debug, Args)]
pub struct Which {
    /// Its slot, or `slot.round` for an intraday auction.
    #[arg(value_parser = parse::auction)]
    slot: Auction,
    /// Which contract.
    contract: ContractId,
    /// For a principal who delegated it to you.
    #[arg(long = "for", value_name = "MSP:ID")]
    principal: Option<ParticipantId>,
    #[command(flatten)]
    dry: DryRun,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Confirm(Which {
                slot,
                contract,
                principal,
                dry,
            }) => Session::open(global)?.confirm(slot, &contract, principal, dry),
            Self::Refuse(Which {
                slot,
                contract,
                principal: participant,
                dry,
            }) => Session::open(global)?.submit(
                &Refuse {
                    slot,
                    contract,
                    participant,
                },
                dry,
            ),
            Self::Show { slot, contract } => Session::open(global)?.query(&QueryContract { slot, contract }),
            Self::Verify {
                file,
                buyer_certificate,
                seller_certificate,
            } => {
                let text = parse::text(&file)?;
                let contract = serde_json::from_str(&text)
                    .map_err(|error| Failure::usage(format!("{} is no exported contract: {error}", file.display())))?;
                let certificate = |file: Option<PathBuf>| file.map(|file| parse::text(&file)).transpose();
                let (buyer, seller) = (certificate(buyer_certificate)?, certificate(seller_certificate)?);
                let verified = verification::verify(&contract, buyer.as_deref(), seller.as_deref())?;
                global.output().result(&verified)?;
                Ok(Exit::Done)
            }
        }
    }
}
