//! The command line, for this crate's own binary and for any other that embeds it.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};
use comfy_table::{Table, presets};

use crate::{Channel, Consensus, Consortium, Node, Renewal, Report, Row, Validity};

const EXAMPLES: &str = "\
Examples:
  fabric-cryptogen generate --organisations crypto-config/consortium.toml --out material
  fabric-cryptogen user add --out material --org MicrogridMSP --name consumer3 --attribute der.role=participant
  fabric-cryptogen renew --out material peerOrganizations/grid.der.example/peers/peer0.grid.der.example
  fabric-cryptogen revoke --out material --org GridMSP peerOrganizations/grid.der.example/users/retail@grid.der.example
  fabric-cryptogen inspect --out material --output json
  fabric-cryptogen organisations --organisations crypto-config/consortium.toml
  fabric-cryptogen channel --organisations crypto-config/consortium.toml --consensus raft";

/// Makes and keeps the identity material of a Fabric consortium.
#[derive(Parser)]
#[command(name = "fabric-cryptogen", version, after_help = EXAMPLES)]
struct Cli {
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Output::Table, global = true)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For reading
    Table,
    /// For programs
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Make what the organisations file names and the folder lacks
    Generate(FromFile),
    /// As generate, for a folder that must already hold a consortium
    Extend(FromFile),
    /// List the organisations of a file with the host names of their nodes
    Organisations(File),
    /// Check the channel that a file describes, and print it
    Channel {
        #[command(flatten)]
        file: File,
        /// Instead of the file's
        #[arg(long, value_enum)]
        consensus: Option<Consensus>,
    },
    /// Manage users
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Issue a holder's certificates anew: same identity, later end
    Renew {
        #[command(flatten)]
        tree: Out,
        /// The holder's folder, such as peerOrganizations/DOMAIN/peers/HOST
        holder: PathBuf,
        /// Replace the key too
        #[arg(long)]
        new_key: bool,
        /// How long the new certificates hold
        #[arg(long, default_value_t = Validity::default().certificate_days, value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: u32,
    },
    /// Put a certificate on its organisation's revocation list
    Revoke {
        #[command(flatten)]
        tree: Out,
        /// The organisation's MSP id or domain
        #[arg(long)]
        org: String,
        /// The certificate's file, or its holder's folder
        certificate: PathBuf,
    },
    /// List every certificate: subject, role, names, attributes, days left
    Inspect {
        #[command(flatten)]
        tree: Out,
    },
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add one user to an organisation
    Add {
        #[command(flatten)]
        tree: Out,
        /// The organisation's MSP id or domain
        #[arg(long)]
        org: String,
        /// The user's name, which is also the enrolment id
        #[arg(long)]
        name: String,
        /// An attribute for the certificate; may be given again
        #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = attribute)]
        attributes: Vec<(String, String)>,
    },
}

#[derive(Args)]
struct Out {
    /// The folder of the identity material
    #[arg(long, value_name = "FOLDER", default_value = "crypto-config/material")]
    out: PathBuf,
}

#[derive(Args)]
struct FromFile {
    #[command(flatten)]
    tree: Out,
    #[command(flatten)]
    file: File,
}

#[derive(Args)]
struct File {
    /// The organisations file
    #[arg(long, value_name = "FILE", default_value = "crypto-config/consortium.toml")]
    organisations: PathBuf,
}

/// Runs the command line, the program's name first. The result goes to stdout, everything else to stderr; the code
/// is 0 for success, 1 for a failure, 2 for a wrong command line.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version arrive here too, with their own stream and code; a closed stream is nobody's loss.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match execute(cli.command).and_then(|outcome| outcome.print(cli.output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "fabric-cryptogen: {error:#}");
            ExitCode::FAILURE
        }
    }
}

enum Outcome {
    Changes(Report),
    Rows(Vec<Row>),
    Nodes(Vec<Node>),
    Channel(Channel),
}

fn execute(command: Command) -> anyhow::Result<Outcome> {
    let report = match command {
        Command::Generate(from) => crate::generate(&from.file.read()?, &from.tree.out)?,
        Command::Extend(from) => crate::extend(&from.file.read()?, &from.tree.out)?,
        Command::User {
            command:
                UserCommand::Add {
                    tree,
                    org,
                    name,
                    attributes,
                },
        } => crate::add_user(
            &tree.out,
            &org,
            &name,
            attributes.into_iter().collect::<BTreeMap<_, _>>(),
        )?,
        Command::Renew {
            tree,
            holder,
            new_key,
            days,
        } => crate::renew(&tree.out, &holder, Renewal { new_key, days })?,
        Command::Revoke { tree, org, certificate } => crate::revoke(&tree.out, &org, &certificate)?,
        Command::Organisations(file) => return Ok(Outcome::Nodes(file.read()?.nodes()?)),
        Command::Channel { file, consensus } => return Ok(Outcome::Channel(file.read()?.channel(consensus)?)),
        Command::Inspect { tree } => return Ok(Outcome::Rows(crate::inspect(&tree.out)?)),
    };
    Ok(Outcome::Changes(report))
}

impl File {
    fn read(&self) -> anyhow::Result<Consortium> {
        let path = &self.organisations;
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Consortium::from_toml(&text).with_context(|| path.display().to_string())
    }
}

impl Outcome {
    fn print(&self, output: Output) -> anyhow::Result<()> {
        let text = match (self, output) {
            (Self::Changes(report), Output::Json) => serde_json::to_string_pretty(report)?,
            (Self::Rows(rows), Output::Json) => serde_json::to_string_pretty(rows)?,
            (Self::Nodes(nodes), Output::Json) => serde_json::to_string_pretty(nodes)?,
            (Self::Channel(channel), Output::Json) => serde_json::to_string_pretty(channel)?,
            (Self::Nodes(nodes), Output::Table) => node_table(nodes),
            (Self::Channel(channel), Output::Table) => channel_table(channel),
            (Self::Changes(report), Output::Table) => changes(report),
            (Self::Rows(rows), Output::Table) => table(rows),
        };
        match writeln!(io::stdout(), "{text}") {
            // A reader that has seen enough, such as `head`, is no failure.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.context("cannot write the result"),
        }
    }
}

fn changes(report: &Report) -> String {
    let created = report
        .created
        .iter()
        .map(|path| format!("created  {}\n", path.display()));
    let replaced = report
        .replaced
        .iter()
        .map(|path| format!("replaced {}\n", path.display()));
    let lines: String = created.chain(replaced).collect();
    let (new, changed, kept) = (report.created.len(), report.replaced.len(), report.kept);
    format!("{lines}{new} files created, {changed} replaced, {kept} left as they were")
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["MSP", "SUBJECT", "ROLE", "DAYS LEFT", "STATE", "NAMES", "ATTRIBUTES"]);
    for row in rows {
        let attributes: Vec<String> = row
            .attributes
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let days = row.days_left.to_string();
        table.add_row([
            row.msp_id.as_str(),
            &row.subject,
            &row.role,
            &days,
            &row.state,
            &row.hosts.join(" "),
            &attributes.join(" "),
        ]);
    }
    table.to_string()
}

/// No cell is empty or holds a space, so that a script may split the lines.
fn node_table(nodes: &[Node]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["NAME", "MSP", "DOMAIN", "PEER", "ORDERER", "CHAINCODE", "HOSTS"]);
    for node in nodes {
        let or_none = |host: &Option<String>| host.clone().unwrap_or_else(|| "-".to_owned());
        let hosts = if node.hosts.is_empty() {
            "-".to_owned()
        } else {
            node.hosts.join(",")
        };
        table.add_row([
            node.name.clone(),
            node.msp_id.clone(),
            node.domain.clone(),
            or_none(&node.peer),
            or_none(&node.orderer),
            or_none(&node.chaincode),
            hosts,
        ]);
    }
    table.to_string()
}

fn channel_table(channel: &Channel) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["NAME", "CHAINCODE", "CONSENSUS", "ENDORSEMENT"]);
    let (consensus, endorsement) = (channel.consensus.word(), channel.endorsement.word());
    table.add_row([&channel.name, &channel.chaincode, consensus, endorsement]);
    table.to_string()
}

fn attribute(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
