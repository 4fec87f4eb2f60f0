//! `der org show`.

use fabric_admin::{Consensus, ConsensusKind, Consortium, Tolerance};

use super::session::AdminSession;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Format};

pub(super) fn run(global: &Global) -> Result<Exit, Failure> {
    let session = AdminSession::open(global)?;
    let consortium = Consortium::of(&session.config()?)?;
    match session.output().format() {
        Format::Json => session.output().result(&consortium)?,
        Format::Table => tables(&consortium)?,
    }
    Ok(Exit::Done)
}

fn tables(consortium: &Consortium) -> Result<(), Failure> {
    let Consortium { channel, sequence, .. } = consortium;
    output::line(&format!("channel {channel}, configuration {sequence}"))?;
    let mut members = output::table(&[
        "organisation",
        "is",
        "anchor peers",
        "orderer endpoints",
        "lists",
        "policies",
    ]);
    for one in &consortium.organizations {
        let is = match (one.application, one.orderer) {
            (true, true) => "member, orderer",
            (true, false) => "member",
            _ => "orderer",
        };
        let policies = one.policies.iter().map(|(name, rule)| format!("{name}: {rule}"));
        members.add_row([
            one.msp_id.clone(),
            is.to_owned(),
            one.anchor_peers.join("\n"),
            one.orderer_endpoints.join("\n"),
            one.revocation_lists.to_string(),
            policies.collect::<Vec<_>>().join("\n"),
        ]);
    }
    output::line(&members.to_string())?;
    let mut rules = output::table(&["policy", "rule"]);
    for (path, rule) in &consortium.policies {
        rules.add_row([path, rule]);
    }
    output::line(&rules.to_string())?;
    nodes(&consortium.consensus)?;
    let batch = &consortium.batch;
    let capabilities = consortium.capabilities.iter();
    let capabilities: Vec<String> = capabilities
        .map(|(at, held)| format!("{at}: {}", held.join(", ")))
        .collect();
    output::line(&format!(
        "blocks: {} transactions, {} bytes, {}; capabilities: {}",
        batch.max_message_count,
        batch.preferred_max_bytes,
        batch.timeout,
        capabilities.join("; ")
    ))
}

fn nodes(consensus: &Consensus) -> Result<(), Failure> {
    let mut nodes = output::table(&["consenter", "address", "of"]);
    for node in &consensus.consenters {
        let id = node.id.map(|id| id.to_string()).unwrap_or_default();
        nodes.add_row([id, node.address.clone(), node.msp_id.clone().unwrap_or_default()]);
    }
    output::line(&nodes.to_string())?;
    output::line(&bears(consensus))
}

/// What the ordering nodes bear, in words.
pub(super) fn bears(consensus: &Consensus) -> String {
    let Tolerance { n, f, quorum } = consensus.tolerance;
    let kind = match consensus.kind {
        ConsensusKind::Bft => "BFT",
        ConsensusKind::Raft => "Raft",
    };
    format!("{kind}: n = {n}, f = {f}, quorum = {quorum}")
}
