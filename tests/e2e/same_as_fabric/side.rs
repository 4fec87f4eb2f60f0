//! One of the two networks, as the comparison drives it.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use der_cli::profile::Profile;
use fabric_gateway::{Endpoint, EventStream, Gateway, Network};
use fabric_protos::{
    common::{Block, BlockData, BlockHeader, BlockMetadataIndex, BlockchainInfo, Envelope, Status},
    orderer::{BroadcastResponse, atomic_broadcast_client::AtomicBroadcastClient},
    protos::{Endorsement, endorser_client::EndorserClient},
};
use futures_util::{StreamExt as _, TryStreamExt as _, future::try_join_all, stream};
use prost::Message as _;
use tokio::{sync::mpsc, time::timeout};
use tonic::{
    Streaming,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint as Address},
};

use super::{
    call::{CHAINCODE, CHANNEL, Call},
    people::{ORGANISATIONS, Who},
    plan::BLOCK,
    step::{Fate, How, Step, envelope},
};

/// For one answer of a loaded machine.
const LIMIT: Duration = Duration::from_secs(120);
/// Proposals under way at once.
const IN_FLIGHT: usize = 8;
/// Larger than any message here.
const MAX_MESSAGE: usize = 100 << 20;

/// Where a network is reached.
pub(crate) struct Reached {
    /// A profile of each organisation, by MSP id; the first endpoint is its own peer's.
    pub(crate) profiles: BTreeMap<&'static str, Profile>,
    /// `host:port` of an orderer, the name in its certificate, and its TLS roots.
    pub(crate) orderer: (String, String, Vec<u8>),
}

/// Envelopes go in, answers come out.
type Stream = (mpsc::Sender<Envelope>, Streaming<BroadcastResponse>);

/// A network with everything that was sent to it.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    endorsers: BTreeMap<&'static str, EndorserClient<Channel>>,
    orderer: AtomicBroadcastClient<Channel>,
    stream: Option<Stream>,
    peers: Vec<(&'static str, Network)>,
    /// Number of the comparison's first block.
    pub(crate) first: u64,
    /// By step.
    envelopes: Vec<Envelope>,
    /// The blocks of the comparison, as the first organisation's peer holds them.
    pub(crate) blocks: Vec<Block>,
    /// Where the orderer refused with another status than it must.
    pub(crate) wrong: Vec<String>,
    taken: usize,
}

async fn dial(address: &str, name: &str, roots: &[u8]) -> Result<Channel> {
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(roots))
        .domain_name(name);
    let channel = Address::from_shared(format!("https://{address}"))?.tls_config(tls)?;
    channel.connect().await.with_context(|| format!("dialling {address}"))
}

impl Side {
    pub(crate) async fn connect(name: &'static str, at: &Reached, reader: &Who) -> Result<Self> {
        let (mut endorsers, mut peers) = (BTreeMap::new(), Vec::new());
        for (msp_id, _) in ORGANISATIONS {
            let own = at.profiles[msp_id].endpoints.first().context("an endpoint")?;
            let roots = std::fs::read(&own.tls_roots)?;
            let channel = dial(&own.address, &own.server_name, &roots).await?;
            endorsers.insert(
                msp_id,
                EndorserClient::new(channel).max_decoding_message_size(MAX_MESSAGE),
            );
            let endpoint = Endpoint::new(&own.address)
                .server_name(&own.server_name)
                .tls_roots_pem(roots);
            let gateway = Gateway::builder()
                .endpoints([endpoint])
                .signer(reader.clone())
                .connect()?;
            peers.push((msp_id, gateway.network(CHANNEL)));
        }
        let (address, server, roots) = &at.orderer;
        let mut side = Self {
            name,
            endorsers,
            orderer: AtomicBroadcastClient::new(dial(address, server, roots).await?),
            stream: None,
            peers,
            first: 0,
            envelopes: Vec::new(),
            blocks: Vec::new(),
            wrong: Vec::new(),
            taken: 0,
        };
        side.first = side.height().await?;
        Ok(side)
    }

    pub(crate) async fn height(&self) -> Result<u64> {
        let (_, network) = self.peers.first().context("a peer")?;
        let info = network.contract("qscc").evaluate("GetChainInfo", [CHANNEL]).await?;
        Ok(BlockchainInfo::decode(info)?.height)
    }

    /// Lets the comparison begin at this block, so that the digests of range queries, which hold block numbers, can be
    /// compared too: fills the blocks before with transactions that are not good for anything.
    pub(crate) async fn begin_at(&mut self, first: u64, filling: &mut dyn FnMut() -> Result<Step>) -> Result<()> {
        ensure!(self.first <= first, "{} is already at block {}", self.name, self.first);
        while self.first < first {
            for _ in 0..BLOCK {
                let step = filling()?;
                let envelope = self.envelope(&step).await?;
                self.send(&step, envelope).await?;
            }
            self.await_blocks(self.first, 1).await?;
            self.first += 1;
        }
        self.taken = 0;
        self.blocks.clear();
        Ok(())
    }

    /// Endorses a round against the state as it stands, sends it, and waits until every peer has committed it.
    pub(crate) async fn play(&mut self, round: &[Step]) -> Result<()> {
        let made = {
            let side = &*self;
            let making = stream::iter(round.iter().map(|step| side.made(step)));
            making.buffered(IN_FLIGHT).try_collect::<Vec<_>>().await?
        };
        for (step, made) in round.iter().zip(made) {
            let envelope = match (made, &step.how) {
                (Some(envelope), _) => envelope,
                (None, How::Again(of)) => self.envelopes.get(*of).context("a copy of nothing")?.clone(),
                (None, _) => bail!("{step}: no envelope"),
            };
            self.envelopes.push(envelope.clone());
            self.send(step, envelope).await?;
        }
        let blocks = self.taken / BLOCK - self.blocks.len();
        let next = self.first + self.blocks.len() as u64;
        self.await_blocks(next, blocks).await
    }

    /// `None` for a copy.
    async fn made(&self, step: &Step) -> Result<Option<Envelope>> {
        match &step.how {
            How::Again(_) => Ok(None),
            _ => self.envelope(step).await.map(Some),
        }
    }

    async fn envelope(&self, step: &Step) -> Result<Envelope> {
        match &step.how {
            How::Drafted(draft) => draft.envelope(self.first),
            How::Endorsed(call, by) => {
                let endorsed = self.endorse(call, by).await;
                endorsed.with_context(|| format!("{step} on {}", self.name))
            }
            How::Again(_) => bail!("{step}: a copy is no transaction of its own"),
        }
    }

    /// Asks each of these organisations' peers; all must answer alike.
    async fn endorse(&self, call: &Call, by: &[&'static str]) -> Result<Envelope> {
        let signed = call.signed()?;
        let asked = by.iter().map(|msp_id| {
            let (mut endorser, signed) = (self.endorsers[msp_id].clone(), signed.clone());
            async move {
                let response = timeout(LIMIT, endorser.process_proposal(signed)).await;
                let response = response
                    .with_context(|| format!("{msp_id} does not answer"))??
                    .into_inner();
                let inner = response.response.unwrap_or_default();
                ensure!(inner.status == 200, "{msp_id}: {} {}", inner.status, inner.message);
                Ok((response.payload, response.endorsement.context("not endorsed")?))
            }
        });
        let answers: Vec<(Bytes, Endorsement)> = try_join_all(asked).await?;
        let (payload, _) = answers.first().context("nobody was asked")?.clone();
        ensure!(answers.iter().all(|(other, _)| *other == payload), "peers disagree");
        envelope(
            call,
            payload,
            answers.into_iter().map(|(_, endorsement)| endorsement).collect(),
        )
    }

    /// Sends on the one stream and awaits the answer; a refusal ends the stream, as on Fabric, and the next one is opened.
    async fn send(&mut self, step: &Step, envelope: Envelope) -> Result<()> {
        match &self.stream {
            Some((sender, _)) => sender.send(envelope).await.context("the stream has ended")?,
            None => self.stream = Some(self.open(envelope).await?),
        }
        let (_, answers) = self.stream.as_mut().context("a stream")?;
        let answer = timeout(LIMIT, answers.message()).await;
        let answer = answer.with_context(|| format!("{step} on {}: the orderer does not answer", self.name))?;
        let answer = answer?.context("the orderer ends the stream without an answer")?;
        let status = Status::try_from(answer.status)?;
        let expected = match step.fate {
            Fate::Code(_) => Status::Success,
            Fate::Refused(status) => status,
        };
        if status != expected {
            let said = format!(
                "{step} on {}: the orderer answers {status:?} {:?}",
                self.name, answer.info
            );
            // The blocks are still the same where both refuse.
            ensure!(status != Status::Success && expected != Status::Success, said);
            self.wrong.push(said);
        }
        if status == Status::Success {
            self.taken += 1;
        } else {
            let ended = timeout(LIMIT, answers.message())
                .await?
                .is_ok_and(|more| more.is_none());
            ensure!(ended, "{step} on {}: the stream goes on after a refusal", self.name);
            self.stream = None;
        }
        Ok(())
    }

    /// A stream that begins with an envelope: Fabric's orderer says nothing at all before it has one to answer.
    async fn open(&mut self, envelope: Envelope) -> Result<Stream> {
        let (sender, receiver) = mpsc::channel(1);
        sender.send(envelope).await?;
        let next = |mut receiver: mpsc::Receiver<Envelope>| async { Some((receiver.recv().await?, receiver)) };
        let opened = timeout(LIMIT, self.orderer.broadcast(stream::unfold(receiver, next))).await;
        let answers = opened.with_context(|| format!("the orderer of {} opens no stream", self.name))??;
        Ok((sender, answers.into_inner()))
    }

    /// Waits at every peer; keeps the first one's blocks, and holds the others' verdicts against them.
    async fn await_blocks(&mut self, first: u64, count: usize) -> Result<()> {
        let reading = self.peers.iter().map(|(msp_id, network)| async move {
            let mut stream = network.block_events().start_block(first).open().await?;
            let mut blocks = Vec::with_capacity(count);
            for number in first..first + count as u64 {
                let block = timeout(LIMIT, stream.next()).await;
                let block = block.with_context(|| format!("block {number} does not come to {msp_id}"))??;
                blocks.push(block);
            }
            anyhow::Ok(blocks)
        });
        let mut read = try_join_all(reading).await?.into_iter();
        let blocks = read.next().context("a peer")?;
        for block in &blocks {
            let held = block.data.as_ref().map_or(0, |data| data.data.len());
            ensure!(
                held == BLOCK,
                "{} cut a block of {held}: its batch time-out passed",
                self.name
            );
        }
        for others in read {
            let same = others.iter().map(agreed).eq(blocks.iter().map(agreed));
            ensure!(same, "the peers of {} hold different blocks", self.name);
        }
        self.blocks.extend(blocks);
        Ok(())
    }

    /// The chaincode's events from the first block on, as the first organisation's gateway streams them.
    pub(crate) async fn events(&self) -> Result<EventStream> {
        let (_, network) = self.peers.first().context("a peer")?;
        Ok(network
            .chaincode_events(CHAINCODE)
            .start_block(self.first)
            .open()
            .await?)
    }
}

/// What peers must agree on: all but the signatures, because each orderer signs its own copies.
fn agreed(block: &Block) -> (Option<&BlockHeader>, Option<&BlockData>, Vec<&Bytes>) {
    let metadata = block.metadata.as_ref().map_or(&[][..], |metadata| &metadata.metadata);
    let judged = [BlockMetadataIndex::TransactionsFilter, BlockMetadataIndex::CommitHash];
    let parts = judged.into_iter().filter_map(|part| metadata.get(part as usize));
    (block.header.as_ref(), block.data.as_ref(), parts.collect())
}
