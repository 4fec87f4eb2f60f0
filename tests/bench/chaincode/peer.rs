//! The peer's half of a chaincode's stream, over a ledger in memory: next to nothing of it is spent outside the stream, so
//! that the chaincode's own CPU time counts.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use fabric_protos::protos::{
    ChaincodeAdditionalParams, ChaincodeMessage, GetState, GetStateMultiple, GetStateMultipleResult, PutState,
    Response, SignedProposal, WriteBatchState, chaincode_client::ChaincodeClient, chaincode_message::Type,
};
use prost::Message as _;
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Streaming, transport::Channel};

use super::call::{Call, ROWS, row, value};

const CHANNEL: &str = "energy";
/// As in Fabric's own core.yaml.
const MOST_IN_BATCH: u32 = 1_000;
/// For one message of the chaincode.
const LIMIT: Duration = Duration::from_secs(20);

/// One stream to a chaincode service, with everything that the peer offers switched on.
pub(super) struct Peer {
    to: mpsc::Sender<ChaincodeMessage>,
    from: Streaming<ChaincodeMessage>,
    rows: HashMap<String, Bytes>,
    proposal: SignedProposal,
    started: usize,
    writes: usize,
}

impl Peer {
    /// Registers the chaincode and fills the ledger. Every transaction bears this proposal.
    pub(super) async fn connect(channel: Channel, proposal: SignedProposal) -> Result<Self> {
        let (to, messages) = mpsc::channel(1024);
        let from = ChaincodeClient::new(channel)
            .connect(ReceiverStream::new(messages))
            .await?
            .into_inner();
        let name = |number| String::from_utf8(row(number).to_vec());
        let rows = (0..ROWS).map(|number| Ok((name(number)?, value())));
        let mut peer = Self {
            to,
            from,
            rows: rows.collect::<Result<_>>()?,
            proposal,
            started: 0,
            writes: 0,
        };
        ensure!(peer.next().await?.r#type() == Type::Register, "no REGISTER");
        let offers = ChaincodeAdditionalParams {
            use_write_batch: true,
            max_size_write_batch: MOST_IN_BATCH,
            use_get_multiple_keys: true,
            max_size_get_multiple_keys: MOST_IN_BATCH,
        };
        peer.send(message(Type::Registered, Bytes::new())).await?;
        peer.send(message(Type::Ready, offers.encode_to_vec().into())).await?;
        Ok(peer)
    }

    /// Keeps so many transactions in flight for that long, lets the last ones end, and counts them.
    pub(super) async fn run(&mut self, call: Call, in_flight: usize, length: Duration) -> Result<usize> {
        let end = Instant::now() + length;
        self.writes = 0;
        for _ in 0..in_flight {
            self.start(call).await?;
        }
        let (mut running, mut completed) = (in_flight, 0);
        while running > 0 {
            let asked = self.next().await?;
            if asked.r#type() != Type::Completed {
                let answer = self.answer(asked)?;
                self.send(answer).await?;
                continue;
            }
            check(call, &asked)?;
            completed += 1;
            if Instant::now() < end {
                self.start(call).await?;
            } else {
                running -= 1;
            }
        }
        let (_, writes) = call.result();
        ensure!(
            self.writes == completed * writes,
            "{} writes of {completed} transactions",
            self.writes
        );
        Ok(completed)
    }

    async fn start(&mut self, call: Call) -> Result<()> {
        self.started += 1;
        let transaction = ChaincodeMessage {
            txid: format!("{:064x}", self.started),
            channel_id: CHANNEL.to_owned(),
            proposal: Some(self.proposal.clone()),
            ..message(Type::Transaction, call.input(self.started))
        };
        self.send(transaction).await
    }

    fn answer(&mut self, asked: ChaincodeMessage) -> Result<ChaincodeMessage> {
        let payload = match asked.r#type() {
            Type::GetState => self.read(&GetState::decode(asked.payload)?.key),
            Type::GetStateMultiple => {
                let keys = GetStateMultiple::decode(asked.payload)?.keys;
                let values = keys.iter().map(|key| self.read(key)).collect();
                GetStateMultipleResult { values }.encode_to_vec().into()
            }
            Type::PutState => {
                let put = PutState::decode(asked.payload)?;
                self.write(put.key, put.value);
                Bytes::new()
            }
            Type::WriteBatchState => {
                for record in WriteBatchState::decode(asked.payload)?.rec {
                    self.write(record.key, record.value);
                }
                Bytes::new()
            }
            other => bail!("the chaincode sent {}", other.as_str_name()),
        };
        Ok(ChaincodeMessage {
            txid: asked.txid,
            channel_id: asked.channel_id,
            ..message(Type::Response, payload)
        })
    }

    fn read(&self, key: &str) -> Bytes {
        self.rows.get(key).cloned().unwrap_or_default()
    }

    fn write(&mut self, key: String, value: Bytes) {
        self.writes += 1;
        // A slice would keep the message that it came in.
        self.rows.insert(key, Bytes::copy_from_slice(&value));
    }

    async fn next(&mut self) -> Result<ChaincodeMessage> {
        let message = timeout(LIMIT, self.from.message()).await;
        message
            .context("the chaincode is silent")??
            .context("the chaincode ended the stream")
    }

    async fn send(&self, message: ChaincodeMessage) -> Result<()> {
        self.to.send(message).await.context("the stream ended")
    }
}

fn check(call: Call, completed: &ChaincodeMessage) -> Result<()> {
    let response = Response::decode(completed.payload.clone())?;
    let (length, _) = call.result();
    ensure!(
        response.status == 200 && response.payload.len() == length,
        "{call} was answered with status {} and {} bytes: {}",
        response.status,
        response.payload.len(),
        response.message
    );
    Ok(())
}

fn message(kind: Type, payload: Bytes) -> ChaincodeMessage {
    ChaincodeMessage {
        r#type: kind as i32,
        payload,
        ..ChaincodeMessage::default()
    }
}
