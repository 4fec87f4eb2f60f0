//! Validation: one verdict for each transaction of a block, in Fabric's order of checks.
//!
//! First every transaction alone (structure, creator's signature, transaction id, duplicates on the ledger,
//! endorsements against the chaincode's and the keys' policies), against the state before the block; then duplicates
//! within the block; then, in order, the versions of what was read.
//!
//! Source: Fabric, core/common/validation/msgvalidation.go, core/committer/txvalidator/v20,
//! core/ledger/kvledger/txmgmt/validation.

mod configuration;
mod dispatch;
mod endorsement;
mod mvcc;
mod range;
mod structure;

use std::collections::BTreeSet;

use bytes::Bytes;
use fabric_protos::{common::Block, protos::TxValidationCode};

use crate::{
    channel::Channel,
    ledger::{BlockOutcome, LedgerError, Snapshot, block},
};
use dispatch::Candidate;
use endorsement::KeyPolicies;
use structure::Content;

/// Blocks with fewer transactions are judged on one thread: starting others costs more than it saves.
const PARALLEL_FROM: usize = 4;

/// A block's verdicts and writes, and of a configuration block the channel from then on.
#[derive(Debug)]
pub struct Judged {
    /// The verdicts and writes.
    pub outcome: BlockOutcome,
    /// The channel under the configuration that the block holds.
    pub configured: Option<Channel>,
}

/// Judges an ordered block against the state and the configuration before it.
///
/// # Errors
///
/// When the state cannot be read. A bad transaction is a verdict, never an error; but a configuration that does not
/// follow from its update is one, as by Fabric's peers: no orderer that keeps the rules writes it, and a peer that went
/// on would know other members than the others.
pub fn validate_block(channel: &Channel, committed: &Snapshot, ordered: &Block) -> Result<Judged, LedgerError> {
    let configured = configuration::apply(channel, ordered)?;
    let outcome = judge_transactions(channel, committed, ordered)?;
    Ok(Judged { outcome, configured })
}

fn judge_transactions(channel: &Channel, committed: &Snapshot, ordered: &Block) -> Result<BlockOutcome, LedgerError> {
    let mut verdicts = check_alone(channel, committed, block::envelopes(ordered))?;
    let mut policies = KeyPolicies::new(channel, committed);
    for verdict in &mut verdicts {
        if let Verdict::Candidate(candidate) = verdict
            && let Err(code) = policies.check(candidate)?
        {
            *verdict = Verdict::Invalid(code);
        }
    }
    mark_duplicates(&mut verdicts);
    mvcc::judge(&verdicts, block::number(ordered), committed)
}

/// What is known of a transaction between the stages.
#[derive(Debug)]
enum Verdict {
    Invalid(TxValidationCode),
    /// A configuration, which [`configuration::apply`] has judged. It writes no state.
    Configuration,
    Candidate(Candidate),
}

/// The checks that need no other transaction; most of the time goes into signatures.
fn check_alone(channel: &Channel, committed: &Snapshot, envelopes: &[Bytes]) -> Result<Vec<Verdict>, LedgerError> {
    let check = |part: &[Bytes]| -> Result<Vec<Verdict>, LedgerError> {
        part.iter()
            .map(|envelope| check_one(channel, committed, envelope))
            .collect()
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    if envelopes.len() < PARALLEL_FROM || threads == 1 {
        return check(envelopes);
    }
    std::thread::scope(|scope| {
        let parts = envelopes.chunks(envelopes.len().div_ceil(threads));
        let workers: Vec<_> = parts.map(|part| scope.spawn(|| check(part))).collect();
        let mut verdicts = Vec::with_capacity(envelopes.len());
        for worker in workers {
            verdicts.extend(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(verdicts)
    })
}

fn check_one(channel: &Channel, committed: &Snapshot, envelope: &Bytes) -> Result<Verdict, LedgerError> {
    let transaction = match structure::check(channel, envelope) {
        Ok(Content::Endorsed(transaction)) => transaction,
        Ok(Content::Configuration(_)) => return Ok(Verdict::Configuration),
        Err(code) => return Ok(Verdict::Invalid(code)),
    };
    if committed.has_transaction(&transaction.header.tx_id)? {
        return Ok(Verdict::Invalid(TxValidationCode::DuplicateTxid));
    }
    Ok(match Candidate::dispatch(channel, *transaction) {
        Ok(candidate) => Verdict::Candidate(candidate),
        Err(code) => Verdict::Invalid(code),
    })
}

/// Of several otherwise good transactions with one id the first stays.
fn mark_duplicates(verdicts: &mut [Verdict]) {
    let mut seen = BTreeSet::new();
    for verdict in verdicts {
        if let Verdict::Candidate(candidate) = verdict
            && !seen.insert(candidate.tx_id.clone())
        {
            *verdict = Verdict::Invalid(TxValidationCode::DuplicateTxid);
        }
    }
}

#[cfg(test)]
mod tests;
