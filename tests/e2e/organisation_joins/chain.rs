//! The chain as one peer tells it: who endorsed what, and which hash each block has.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, Result, ensure};
use der_e2e::{ORGANISATIONS, World};
use fabric_gateway::Network;
use fabric_msp::sha256;
use fabric_protos::{
    common::{Block, BlockchainInfo, ChannelHeader, Envelope, HeaderType, Payload, SignatureHeader},
    msp::SerializedIdentity,
    protos::{ChaincodeActionPayload, Transaction},
};
use prost::Message;

/// Time for one block to arrive.
const LIMIT: Duration = Duration::from_secs(10);

/// A transaction's creator and endorsers, by their organisations.
#[derive(Debug)]
pub(crate) struct Endorsed {
    pub(crate) creator: String,
    pub(crate) endorsers: BTreeSet<String>,
}

/// A block as far as this story looks at it.
pub(crate) struct Link {
    /// SHA-256 of its data, which its header and the next block's previous hash bind.
    pub(crate) data: [u8; 32],
    pub(crate) previous: Vec<u8>,
    pub(crate) transactions: Vec<Endorsed>,
}

/// How many blocks the peer has.
pub(crate) async fn height(channel: &Network) -> Result<u64> {
    let qscc = channel.contract("qscc");
    let info = qscc.evaluate("GetChainInfo", [channel.name()]).await?;
    Ok(BlockchainInfo::decode(info)?.height)
}

/// The blocks below `end`, as this peer has them.
pub(crate) async fn links(channel: &Network, end: u64) -> Result<Vec<Link>> {
    let mut blocks = channel.block_events().start_block(0).open().await?;
    let mut links = Vec::new();
    for _ in 0..end {
        let next = tokio::time::timeout(LIMIT, blocks.next()).await;
        links.push(link(&next.context("a block does not arrive")??)?);
    }
    Ok(links)
}

/// Every member's peer has the same blocks as `chain`.
pub(crate) async fn all_peers_agree(world: &World, chain: &[Link]) -> Result<()> {
    let end = u64::try_from(chain.len())?;
    for organisation in ORGANISATIONS {
        let other = links(&world.peer(organisation)?, end).await?;
        let same = chain
            .iter()
            .zip(&other)
            .all(|(a, b)| a.data == b.data && a.previous == b.previous);
        ensure!(same, "the peer of {organisation} tells another history");
    }
    Ok(())
}

fn link(block: &Block) -> Result<Link> {
    let data = block.data.as_ref().context("a block without data")?;
    let header = block.header.as_ref().context("a block without header")?;
    let transactions = data.data.iter().filter_map(|envelope| endorsed(envelope).transpose());
    Ok(Link {
        data: sha256(&data.data.concat()),
        previous: header.previous_hash.to_vec(),
        transactions: transactions.collect::<Result<_>>()?,
    })
}

/// `None` for what is no chaincode's transaction.
fn endorsed(envelope: &[u8]) -> Result<Option<Endorsed>> {
    let payload = Payload::decode(Envelope::decode(envelope)?.payload)?;
    let header = payload.header.context("a transaction without header")?;
    if ChannelHeader::decode(header.channel_header)?.r#type != HeaderType::EndorserTransaction as i32 {
        return Ok(None);
    }
    let creator = SignatureHeader::decode(header.signature_header)?.creator;
    let transaction = Transaction::decode(payload.data)?;
    let mut endorsers = BTreeSet::new();
    for action in transaction.actions {
        let action = ChaincodeActionPayload::decode(action.payload)?.action;
        for endorsement in action.context("a transaction without action")?.endorsements {
            endorsers.insert(SerializedIdentity::decode(endorsement.endorser)?.mspid);
        }
    }
    let creator = SerializedIdentity::decode(creator)?.mspid;
    Ok(Some(Endorsed { creator, endorsers }))
}
