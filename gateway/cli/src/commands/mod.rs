//! One file per noun.

mod account;
mod audit;
mod batch;
mod case_loop;
mod certificate;
mod certs;
mod chain;
mod codes;
mod completions;
mod contract;
mod credit;
mod day;
mod delegate;
mod demo;
mod device;
mod dismiss;
mod doctor;
mod embedded;
mod explain;
mod follow;
mod forecast;
mod functions;
mod grid;
mod limits;
mod mandate;
mod market;
mod month;
mod network;
mod operator;
mod order;
mod orders;
mod org;
mod package;
mod paper;
mod parse;
mod participant;
mod payment;
mod profile;
mod proposal;
mod reading;
mod slot;
mod statement;
mod study;
mod trace;
mod version;
mod welfare;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::args::Global;
use crate::failure::Failure;

/// What to act on.
#[derive(Debug, Subcommand)]
pub enum Noun {
    /// The market and its rules.
    #[command(subcommand)]
    Market(market::Verb),
    /// Versions of rules, prices, calendar and distances: propose, approve, enact.
    #[command(subcommand)]
    Proposal(proposal::Verb),
    /// What a supervisor looks at.
    #[command(subcommand)]
    Audit(audit::Verb),
    /// Participants: join, accept, accredit.
    #[command(subcommand)]
    Participant(participant::Verb),
    /// Connection points and the distances between them.
    #[command(subcommand)]
    Point(grid::Point),
    /// Plants of generation companies.
    #[command(subcommand)]
    Plant(grid::Plant),
    /// The user chain, the grid chain and the energy chain.
    #[command(subcommand)]
    Chain(chain::Verb),
    /// Certificates of origin.
    #[command(subcommand)]
    Certificate(certificate::Verb),
    /// A contract's energy from the meter to the money.
    Trace(trace::Trace),
    /// Devices of participants: generation, stores, chargers, loads.
    #[command(subcommand)]
    Device(device::Verb),
    /// Meters.
    #[command(subcommand)]
    Meter(grid::Meter),
    /// Sales.
    #[command(subcommand)]
    Offer(order::Offer),
    /// Demands.
    #[command(subcommand)]
    Bid(order::Bid),
    /// Many orders in one transaction.
    #[command(subcommand)]
    Batch(batch::Verb),
    /// Sealed orders, and many at once: seal, reveal, amend, withdraw.
    #[command(subcommand)]
    Order(orders::Verb),
    /// Let an agent act for you within limits.
    #[command(subcommand)]
    Delegate(delegate::Verb),
    /// Standing mandates: confirm beforehand.
    #[command(subcommand)]
    Mandate(mandate::Verb),
    /// Delivery slots through their stages.
    #[command(subcommand)]
    Slot(slot::Verb),
    /// What participants expect, and what that leaves to trade.
    #[command(subcommand)]
    Forecast(forecast::Verb),
    /// The market's clock.
    #[command(subcommand)]
    Operator(operator::Verb),
    /// Electronic contracts.
    #[command(subcommand)]
    Contract(contract::Verb),
    /// Slots that clear by the greatest welfare.
    #[command(subcommand)]
    Welfare(welfare::Verb),
    /// Why an order was not matched, or at this price.
    Explain(explain::Explain),
    /// Meter readings.
    #[command(subcommand)]
    Reading(reading::Verb),
    /// What is available, what is held, what days came to.
    #[command(subcommand)]
    Account(account::Verb),
    /// Money paid in.
    #[command(subcommand)]
    Deposit(payment::Deposit),
    /// Money paid out.
    #[command(subcommand)]
    Withdraw(payment::Withdraw),
    /// Scores by conduct.
    #[command(subcommand)]
    Credit(credit::Verb),
    /// What accounts got and paid.
    #[command(subcommand)]
    Statement(statement::Verb),
    /// The market's events as they are committed.
    Follow(follow::Follow),
    /// Cases played on a network: the paper's, and a running market.
    #[command(subcommand)]
    Case(paper::Verb),
    /// One sale from offer to settlement event, on a network of its own.
    Demo(demo::Demo),
    /// A market day of a district, on a network of its own, and what it costs.
    Day(day::Day),
    /// A whole network on this machine.
    #[command(subcommand)]
    Network(network::Verb),
    /// The market's chaincode as a package for peers.
    Package(package::Package),
    /// Whether this user, the network and its rules are in order.
    Doctor(doctor::Doctor),
    /// Certificates by the day on which they end.
    Certs(certs::Certs),
    /// The network and user a command would act with.
    #[command(subcommand)]
    Profile(profile::Verb),
    /// Every error code with its meaning.
    Codes(codes::Codes),
    /// Who may call which function of the market.
    Functions(functions::Functions),
    /// The paper's figures, by the market's own code.
    #[command(subcommand)]
    Study(study::Verb),
    /// The version of this program.
    Version(version::Version),
    /// A completion script for a shell.
    Completions(completions::Completions),
    /// Man pages.
    Man(completions::Man),
    /// A Fabric network in one process; `der devnet --help` says more.
    Devnet(embedded::Devnet),
    /// The channel's organisations and ordering nodes: join, leave, revoke.
    #[command(subcommand)]
    Org(org::Verb),
    /// Keys and certificates of a consortium; `der crypto --help` says more.
    Crypto(embedded::Crypto),
    /// The market's chaincode service; `der chaincode --help` says more.
    #[command(hide = true)]
    Chaincode(embedded::Chaincode),
}

/// Whether to do it or only to try it.
#[derive(Debug, Clone, Copy, Args)]
pub struct DryRun {
    /// Let one peer simulate it, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

impl Noun {
    /// Runs the command.
    ///
    /// # Errors
    /// Whatever made the command fail, with its exit code.
    pub fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let exit = match self {
            Self::Market(verb) => verb.run(global),
            Self::Proposal(verb) => verb.run(global),
            Self::Audit(verb) => verb.run(global),
            Self::Participant(verb) => verb.run(global),
            Self::Point(verb) => verb.run(global),
            Self::Plant(verb) => verb.run(global),
            Self::Chain(verb) => verb.run(global),
            Self::Certificate(verb) => verb.run(global),
            Self::Trace(trace) => trace.run(global),
            Self::Device(verb) => verb.run(global),
            Self::Meter(verb) => verb.run(global),
            Self::Offer(verb) => verb.run(global),
            Self::Bid(verb) => verb.run(global),
            Self::Batch(verb) => verb.run(global),
            Self::Order(verb) => verb.run(global),
            Self::Delegate(verb) => verb.run(global),
            Self::Mandate(verb) => verb.run(global),
            Self::Slot(verb) => verb.run(global),
            Self::Forecast(verb) => verb.run(global),
            Self::Operator(verb) => verb.run(global),
            Self::Contract(verb) => verb.run(global),
            Self::Welfare(verb) => verb.run(global),
            Self::Explain(explain) => explain.run(global),
            Self::Reading(verb) => verb.run(global),
            Self::Account(verb) => verb.run(global),
            Self::Deposit(verb) => verb.run(global),
            Self::Withdraw(verb) => verb.run(global),
            Self::Credit(verb) => verb.run(global),
            Self::Statement(verb) => verb.run(global),
            Self::Follow(follow) => follow.run(global),
            Self::Case(verb) => verb.run(global),
            Self::Demo(demo) => demo.run(global),
            Self::Day(day) => day.run(global),
            Self::Network(verb) => verb.run(global),
            Self::Package(package) => package.run(global),
            Self::Doctor(doctor) => doctor.run(global),
            Self::Certs(certs) => certs.run(global),
            Self::Profile(verb) => verb.run(global),
            Self::Org(verb) => verb.run(global),
            Self::Codes(codes) => codes.run(global),
            Self::Functions(functions) => functions.run(global),
            Self::Study(verb) => verb.run(global),
            Self::Version(version) => version.run(global),
            Self::Completions(completions) => completions.run(),
            Self::Man(man) => man.run(),
            Self::Devnet(devnet) => return devnet.run(),
            Self::Crypto(crypto) => return crypto.run(),
            Self::Chaincode(chaincode) => return chaincode.run(),
        };
        exit.map(ExitCode::from)
    }
}
