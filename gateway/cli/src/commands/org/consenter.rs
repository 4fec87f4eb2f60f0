//! `der org consenter`: ordering nodes of a BFT channel.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use fabric_admin::node::{self, Health, NodeAddress};
use fabric_admin::{ChannelConfig, ConfigGroup, Consensus, NewOrganization, edit};

use super::change::Out;
use super::session::AdminSession;
use super::{describe, file, proposal};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::profile::read_pem;

const ADD: &str = "\
The organisation is a member already, and the node follows the channel: osnadmin channel join with a configuration block,
then osnadmin channel list says follower and active. Every consenter must answer, and the new node must answer with the
certificate of the description.

Example:
  der org consenter add north.json --profile grid-admin --out add-node.update";

const RENEW: &str = "\
Submit the update, then restart the node with the new certificates. Until it is back it counts as failed: one at a time.

Example:
  der org consenter renew 127.0.0.1:7050 --tls server.crt --profile grid-admin --out renew.update";

/// Ordering nodes of a BFT channel, named by the address that `der org show` prints.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Adds a described ordering node: mapping, endpoint, orderer group and block validation in one update.
    #[command(after_help = ADD)]
    Add {
        /// What `der org describe --orderer …` has written.
        #[arg(value_name = "FILE")]
        description: PathBuf,
        #[command(flatten)]
        out: Out,
    },
    /// Puts a described ordering node in the place of another; the number stays.
    #[command(
        after_help = "Example:\n  der org consenter replace 127.0.0.1:7050 north.json --profile grid-admin --out replace.update"
    )]
    Replace {
        /// The node that leaves; it alone may be down.
        #[arg(value_name = "HOST:PORT")]
        leaving: String,
        /// What `der org describe --orderer …` has written.
        #[arg(value_name = "FILE")]
        description: PathBuf,
        #[command(flatten)]
        out: Out,
    },
    /// Gives a node new certificates.
    #[command(after_help = RENEW)]
    Renew {
        /// The node.
        #[arg(value_name = "HOST:PORT")]
        address: String,
        /// The certificate with which it signs blocks.
        #[arg(
            id = "signs",
            long = "signs-with",
            value_name = "PEM",
            required_unless_present = "tls"
        )]
        identity: Option<PathBuf>,
        /// The certificate that it shows and dials with.
        #[arg(long, value_name = "PEM")]
        tls: Option<PathBuf>,
        #[command(flatten)]
        out: Out,
    },
    /// Removes a node.
    #[command(
        after_help = "Example:\n  der org consenter remove 127.0.0.1:7050 --profile grid-admin --out remove.update"
    )]
    Remove {
        /// The node; it alone may be down.
        #[arg(value_name = "HOST:PORT")]
        address: String,
        /// Go on although afterwards no node may fail.
        #[arg(long)]
        allow_no_fault_tolerance: bool,
        #[command(flatten)]
        out: Out,
    },
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Add { description, out } => {
                let newcomer = describe::read(&description)?;
                Change::open(global, &out.file)?.bring(&newcomer, None)
            }
            Self::Replace {
                leaving,
                description,
                out,
            } => {
                let newcomer = describe::read(&description)?;
                Change::open(global, &out.file)?.bring(&newcomer, Some(&leaving))
            }
            Self::Renew {
                address,
                identity,
                tls,
                out,
            } => {
                let identity = identity.as_deref().map(read_pem).transpose()?;
                let tls = tls.as_deref().map(read_pem).transpose()?;
                let change = Change::open(global, &out.file)?;
                let root = edit::renew_consenter(&change.config, &address, identity.as_deref(), tls.as_deref())?;
                change.others_are_well(&[&address])?;
                change.propose(&root)
            }
            Self::Remove {
                address,
                allow_no_fault_tolerance,
                out,
            } => Change::open(global, &out.file)?.remove(&address, allow_no_fault_tolerance),
        }
    }
}

/// One change of the consenters.
struct Change<'a> {
    session: AdminSession,
    config: ChannelConfig,
    out: &'a Path,
}

impl<'a> Change<'a> {
    fn open(global: &Global, out: &'a Path) -> Result<Self, Failure> {
        file::must_be_free(out)?;
        let session = AdminSession::open(global)?;
        let config = session.config()?;
        Ok(Self { session, config, out })
    }

    fn bring(&self, newcomer: &NewOrganization, leaving: Option<&str>) -> Result<Exit, Failure> {
        let root = match leaving {
            Some(leaving) => edit::replace_consenter(&self.config, leaving, newcomer)?,
            None => edit::add_consenter(&self.config, newcomer)?,
        };
        self.others_are_well(leaving.as_slice())?;
        if let Some(brought) = &newcomer.orderer {
            let address = NodeAddress::of_organization(&self.config, &brought.endpoint, &newcomer.msp_id)?;
            let certificate = brought.tls_certificate.as_bytes();
            let (session, channel) = (&self.session, self.config.channel());
            let asked = node::check_new(channel, &address, certificate, session.signer(), session.limit());
            self.tell(&session.wait(asked)?);
        }
        self.propose(&root)
    }

    fn remove(&self, address: &str, allowed: bool) -> Result<Exit, Failure> {
        let root = edit::remove_consenter(&self.config, address)?;
        let before = Consensus::of(&self.config)?.tolerance;
        let after = Consensus::of(&self.config.with_root(root.clone()))?.tolerance;
        if before.f > 0 && after.f == 0 && !allowed {
            return Err(Failure::new(
                Exit::Refused,
                format!(
                    "without {address} there are {} consenters, and none of them may fail (f = 0)",
                    after.n
                ),
            )
            .with_code("CONFIG_REFUSED")
            .advise("Put another in its place with `der org consenter replace`, or say --allow-no-fault-tolerance."));
        }
        self.others_are_well(&[address])?;
        self.propose(&root)
    }

    /// A change of consenters is agreed on by the old ones and carried on by the new ones: nobody may be missing.
    fn others_are_well(&self, except: &[&str]) -> Result<(), Failure> {
        let asked = node::check_all(&self.config, except, self.session.signer(), self.session.limit());
        for health in self.session.wait(asked)? {
            self.tell(&health);
        }
        Ok(())
    }

    fn tell(&self, health: &Health) {
        let Health { address, newest_block } = health;
        let block = newest_block.map_or_else(
            || "it serves no blocks of the channel yet".to_owned(),
            |number| format!("its newest block is {number}"),
        );
        self.session.output().progress(&format!("{address} is well; {block}"));
    }

    fn propose(&self, root: &ConfigGroup) -> Result<Exit, Failure> {
        proposal::propose(&self.session, &self.config, root, self.out)
    }
}
