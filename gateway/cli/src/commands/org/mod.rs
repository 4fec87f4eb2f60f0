//! `der org`: the channel's configuration, read and changed by its administrators.

mod change;
mod collect;
mod consenter;
mod describe;
mod file;
mod leave;
mod proposal;
mod refusal;
mod session;
mod show;

use clap::Subcommand;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;

/// The channel's organisations and ordering nodes. Changes are computed by one administrator, reviewed and signed by as
/// many as the channel's policies ask, and submitted by any of them.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Shows organisations, policies, ordering nodes and what their number bears.
    #[command(after_help = "Example:\n  der org show --profile grid-admin --output json")]
    Show,
    /// Describes an organisation that wants to join: by its own administrator, without a network.
    #[command(after_help = describe::EXAMPLE)]
    Describe(describe::Describe),
    /// Writes the update that adds a described organisation as a member.
    #[command(after_help = change::ADD)]
    Add(change::Add),
    /// Writes the update that removes an organisation that guards nothing of the market any more.
    #[command(after_help = leave::REMOVE)]
    Remove(leave::Leaver),
    /// Ends a membership in the market, rewrites its guards, then writes the update that removes the organisation.
    #[command(after_help = leave::LEAVE)]
    Leave(leave::Leave),
    /// Writes the update that puts a revocation list into the MSP of the authority that signed it.
    #[command(after_help = change::REVOKE)]
    Revoke(change::Revoke),
    /// Writes the update that replaces the profile's organisation's authorities and TLS authorities.
    #[command(after_help = change::AUTHORITIES)]
    Authorities(change::Authorities),
    /// Writes updates of the ordering nodes of a BFT channel.
    #[command(subcommand)]
    Consenter(consenter::Verb),
    /// Shows what an update would change, who has signed it, and who must still.
    #[command(after_help = "Example:\n  der org inspect add-north.update --profile grid-admin")]
    Inspect(collect::Which),
    /// Adds the profile's signature to an update, after showing what it would change.
    #[command(after_help = "Example:\n  der org sign add-north.update --profile regulator-admin")]
    Sign(collect::Which),
    /// Sends an update with enough signatures to the channel's orderers and waits until a peer has it.
    #[command(after_help = collect::SUBMIT)]
    Submit(collect::Submit),
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Show => show::run(global),
            Self::Describe(describe) => describe.run(global),
            Self::Add(add) => add.run(global),
            Self::Remove(leaver) => leaver.remove(global),
            Self::Leave(leave) => leave.run(global),
            Self::Revoke(revoke) => revoke.run(global),
            Self::Authorities(authorities) => authorities.run(global),
            Self::Consenter(verb) => verb.run(global),
            Self::Inspect(which) => which.inspect(global),
            Self::Sign(which) => which.sign(global),
            Self::Submit(submit) => submit.run(global),
        }
    }
}
