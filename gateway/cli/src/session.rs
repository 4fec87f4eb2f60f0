//! One command's conversation with the market: ask or act once, print the answer.

use std::future::Future;

use der_api::request::{Clear, PostBid, PostOffer};
use der_api::{ErrorCode, Request};
use der_client::{ClientError, MarketClient, Receipt};
use der_market::id::{ContractId, ParticipantId};
use der_market::slot::Auction;
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};

use crate::args::Global;
use crate::commands::DryRun;
use crate::connection;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::log;
use crate::output::Output;
use crate::profile::read_identity;

/// A client, the runtime it lives in, and where its answers go.
#[derive(Debug)]
pub struct Session {
    // Dropped before the runtime that its connections live in.
    client: MarketClient,
    runtime: Runtime,
    output: Output,
}

/// What a transaction did, as it is printed.
#[derive(Serialize)]
struct Committed<T> {
    transaction: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<u64>,
    reply: T,
}

impl<T> From<Receipt<T>> for Committed<T> {
    fn from(receipt: Receipt<T>) -> Self {
        Self {
            transaction: receipt.transaction_id,
            block: receipt.block,
            reply: receipt.reply,
        }
    }
}

/// What a transaction would do.
#[derive(Serialize)]
struct Tried<T> {
    dry_run: bool,
    reply: T,
}

impl Session {
    /// Reads the profile and prepares the client; nothing is sent yet.
    ///
    /// # Errors
    /// When the profile or what it names is wrong.
    pub fn open(global: &Global) -> Result<Self, Failure> {
        let profile = global.read_profile()?;
        for warning in read_identity(&profile.identity)?.warnings {
            anstream::eprintln!("warning: {warning}");
        }
        let runtime = runtime()?;
        let client = {
            let _inside = runtime.enter();
            connection::connect(&profile)?
        };
        Ok(Self {
            client,
            runtime,
            output: global.output(),
        })
    }

    /// The client, for what takes more than one call.
    #[must_use]
    pub const fn client(&self) -> &MarketClient {
        &self.client
    }

    /// Where results go.
    #[must_use]
    pub const fn output(&self) -> Output {
        self.output
    }

    /// The participant that the certificate names.
    #[must_use]
    pub fn caller(&self) -> ParticipantId {
        self.client.participant().clone()
    }

    /// Runs anything to its end.
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Asks, and prints the reply.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's.
    pub fn query<R: Request>(&self, request: &R) -> Result<Exit, Failure> {
        let reply = self
            .wait(self.client.query(request))
            .map_err(|error| Failure::from(&error))?;
        self.print(&reply)
    }

    /// Submits and prints the receipt; as a dry run, lets one peer simulate it and prints the reply.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's.
    pub fn submit<R: Request>(&self, request: &R, dry: DryRun) -> Result<Exit, Failure> {
        match dry.dry_run {
            true => self.tried(request),
            false => {
                self.learn_members()?;
                self.committed(self.client.submit(request))
            }
        }
    }

    /// Submits page after page, with a bar, and returns the replies; as a dry run, lets one peer simulate each.
    ///
    /// # Errors
    /// The first refusal; the pages before it are committed, and repeating them is harmless where the request says so.
    pub fn pages<R: Request>(
        &self,
        requests: impl ExactSizeIterator<Item = R>,
        dry: DryRun,
    ) -> Result<Vec<R::Reply>, Failure> {
        if !dry.dry_run {
            self.learn_members()?;
        }
        let bar = self.output.bar(requests.len());
        let mut replies = Vec::with_capacity(requests.len());
        for request in requests {
            let reply = match dry.dry_run {
                true => self.wait(self.client.query(&request)),
                false => self.wait(self.client.submit(&request)).map(|receipt| receipt.reply),
            };
            replies.push(reply.map_err(|error| Failure::from(&error))?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(replies)
    }

    /// Prints a result.
    ///
    /// # Errors
    /// When stdout refuses it.
    pub fn done(&self, value: &impl Serialize) -> Result<Exit, Failure> {
        self.print(value)
    }

    /// Publishes a sale; an unknown commit is resolved by the order's own id.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's.
    pub fn post_offer(&self, offer: &PostOffer, dry: DryRun) -> Result<Exit, Failure> {
        match dry.dry_run {
            true => self.tried(offer),
            false if offer.slot.is_day_ahead() => self.committed(self.client.post_offer(offer)),
            false => self.all_committed(self.client.post_split_offer(offer)),
        }
    }

    /// Publishes a demand; an unknown commit is resolved by the order's own id.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's.
    pub fn post_bid(&self, bid: &PostBid, dry: DryRun) -> Result<Exit, Failure> {
        match dry.dry_run {
            true => self.tried(bid),
            false if bid.slot.is_day_ahead() => self.committed(self.client.post_bid(bid)),
            false => self.all_committed(self.client.post_split_bid(bid)),
        }
    }

    /// Matches a slot and writes all of its contracts.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's.
    pub fn match_slot(&self, slot: Auction, dry: DryRun) -> Result<Exit, Failure> {
        if dry.dry_run {
            return self.tried(&Clear { slot });
        }
        self.learn_members()?;
        self.committed(self.client.match_slot(slot))
    }

    /// Signs a proposed contract with the caller's key, for itself or a principal; a dry run signs it, too, and lets one peer check the
    /// signature.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's.
    pub fn confirm(
        &self,
        slot: Auction,
        contract: &ContractId,
        principal: Option<ParticipantId>,
        dry: DryRun,
    ) -> Result<Exit, Failure> {
        if !dry.dry_run {
            return match principal {
                Some(principal) => self.committed(self.client.confirm_for(&principal, slot, contract)),
                None => self.committed(self.client.confirm(slot, contract)),
            };
        }
        let confirmation = self
            .wait(self.client.confirmation(slot, contract, principal))
            .map_err(|error| Failure::from(&error))?;
        self.tried(&confirmation)
    }

    /// Reads from the ledger whom to name as endorsers; before the market is founded, the profile says it.
    ///
    /// # Errors
    /// Fabric's refusal, or a network that cannot be reached.
    pub fn learn_members(&self) -> Result<(), Failure> {
        match self.wait(self.client.learn_members()) {
            Err(error) if error.code() != ErrorCode::NotBootstrapped => Err(Failure::from(&error)),
            _ => Ok(()),
        }
    }

    /// An intraday order may be two.
    fn all_committed<T: Serialize>(
        &self,
        receipts: impl Future<Output = Result<Vec<Receipt<T>>, ClientError>>,
    ) -> Result<Exit, Failure> {
        let receipts = {
            let _spins = self.output.spinner("waiting for the commit");
            self.wait(receipts).map_err(|error| Failure::from(&error))?
        };
        let all: Vec<_> = receipts.into_iter().map(Committed::from).collect();
        match all.as_slice() {
            [one] => self.print(one),
            all => self.print(&all),
        }
    }

    /// Awaits a receipt and prints it.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's.
    pub fn committed<T: Serialize>(
        &self,
        receipt: impl Future<Output = Result<Receipt<T>, ClientError>>,
    ) -> Result<Exit, Failure> {
        let receipt = {
            let _spins = self.output.spinner("waiting for the commit");
            self.wait(receipt).map_err(|error| Failure::from(&error))?
        };
        self.print(&Committed::from(receipt))
    }

    fn tried<R: Request>(&self, request: &R) -> Result<Exit, Failure> {
        let reply = self
            .wait(self.client.query(request))
            .map_err(|error| Failure::from(&error))?;
        self.print(&Tried { dry_run: true, reply })
    }

    fn print(&self, value: &impl Serialize) -> Result<Exit, Failure> {
        self.output.result(value)?;
        Ok(Exit::Done)
    }
}

/// The runtime of a command that talks to a network; with it, the client's warnings begin to reach stderr.
///
/// # Errors
/// When the system gives no threads or timers.
pub fn runtime() -> Result<Runtime, Failure> {
    log::start()?;
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::internal(format!("cannot start the runtime: {error}")))
}
