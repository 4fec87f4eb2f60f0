use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use fabric_msp::Signer;
use fabric_protos::common::Status;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::{JoinError, JoinHandle},
    time::{Instant, timeout, timeout_at},
};

use super::{
    Cutter, OrderError,
    admission::{self, Admitted},
    assembly,
};
use crate::{
    channel::LiveChannel,
    ledger::{Ledger, block},
    validate::validate_block,
};

/// Admitted envelopes that may wait for the ordering task.
const QUEUE: usize = 1024;
/// And how many bytes of them.
const QUEUE_BYTES: u32 = 64 << 20;
/// Longest wait for a place in the queue.
const ENQUEUE_LIMIT: Duration = Duration::from_secs(30);

/// When blocks are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CutMode {
    /// By count, bytes and time-out, as Fabric.
    #[default]
    Limits,
    /// By count and bytes, and otherwise only by [`Orderer::cut`]: no time-out.
    OnDemand,
}

/// What an orderer works with.
pub struct OrdererConfig {
    /// The channel.
    pub channel: Arc<LiveChannel>,
    /// Where blocks go.
    pub ledger: Arc<Ledger>,
    /// Who signs them.
    pub signer: Arc<dyn Signer>,
    /// When they are cut.
    pub mode: CutMode,
}

/// The ordering service: one task that cuts, judges and commits, block by block. The handle is cheap to clone; the
/// task ends, after a last block, when the last handle is dropped.
#[derive(Clone)]
pub struct Orderer {
    config: Arc<OrdererConfig>,
    commands: mpsc::Sender<Command>,
    room: Arc<Semaphore>,
    failure: Arc<OnceLock<String>>,
}

enum Command {
    /// With its room in the queue, which it gives back when it leaves.
    Order(Admitted, OwnedSemaphorePermit),
    Cut(oneshot::Sender<u64>),
}

impl Orderer {
    /// Starts the task on the current tokio runtime.
    pub fn start(config: OrdererConfig) -> (Self, JoinHandle<()>) {
        let (commands, queue) = mpsc::channel(QUEUE);
        let failure = Arc::new(OnceLock::new());
        let config = Arc::new(config);
        let handle = Self {
            config: config.clone(),
            commands,
            room: Arc::new(Semaphore::new(QUEUE_BYTES as usize)),
            failure: failure.clone(),
        };
        let task = OrderingTask {
            config,
            cutter: Cutter::default(),
            deadline: None,
            failure,
        };
        (handle, tokio::spawn(task.run(queue)))
    }

    /// Admits an envelope and queues it. Success means ordered some day, not valid; the same envelope may be sent
    /// again, and its second copy is marked DUPLICATE_TXID. An update of the channel's configuration gets a block of
    /// its own, and takes effect with it. What waits then is looked at again under the new configuration and dropped
    /// where that refuses it, as by Fabric's orderers.
    ///
    /// # Errors
    ///
    /// Fabric's broadcast status: BAD_REQUEST for what does not decode, is too large or expired, for another channel
    /// and for an update that does not apply, FORBIDDEN for a creator who is no writer, SERVICE_UNAVAILABLE when
    /// ordering has stopped or its queue stays full for 30 s.
    pub async fn submit(&self, envelope: Bytes) -> Result<(), OrderError> {
        let admitted = admission::admit(&self.config.channel.now(), self.config.signer.as_ref(), envelope)?;
        self.enqueue(async {
            let room = self.room_for(&admitted).await?;
            Ok(Command::Order(admitted, room))
        })
        .await
    }

    /// An envelope larger than the whole queue waits until it is empty.
    async fn room_for(&self, admitted: &Admitted) -> Result<OwnedSemaphorePermit, OrderError> {
        let bytes = u32::try_from(admitted.message.envelope.len()).map_or(QUEUE_BYTES, |bytes| bytes.min(QUEUE_BYTES));
        let room = self.room.clone().acquire_many_owned(bytes).await;
        room.map_err(|_| self.unavailable())
    }

    /// Cuts what is pending and waits until it is committed; gives the ledger's height.
    ///
    /// # Errors
    ///
    /// SERVICE_UNAVAILABLE when ordering has stopped.
    pub async fn cut(&self) -> Result<u64, OrderError> {
        let (done, height) = oneshot::channel();
        self.enqueue(async { Ok(Command::Cut(done)) }).await?;
        height.await.map_err(|_| self.unavailable())
    }

    /// The ledger that blocks go to.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.config.ledger
    }

    async fn enqueue(&self, command: impl Future<Output = Result<Command, OrderError>>) -> Result<(), OrderError> {
        let queued = async {
            let command = command.await?;
            self.commands.send(command).await.map_err(|_| self.unavailable())
        };
        timeout(ENQUEUE_LIMIT, queued).await.unwrap_or_else(|_| {
            let info = "the ordering queue stayed full: send fewer transactions at once, and this one again";
            Err(OrderError::new(Status::ServiceUnavailable, info))
        })
    }

    fn unavailable(&self) -> OrderError {
        let reason = self.failure.get().map_or("it was shut down", String::as_str);
        OrderError::new(Status::ServiceUnavailable, format!("ordering has stopped: {reason}"))
    }
}

struct OrderingTask {
    config: Arc<OrdererConfig>,
    cutter: Cutter,
    deadline: Option<Instant>,
    failure: Arc<OnceLock<String>>,
}

impl OrderingTask {
    async fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        loop {
            let outcome = match self.next(&mut queue).await {
                Next::Command(command) => self.obey(command).await,
                Next::TimeOut => self.cut_pending().await,
                Next::End => {
                    let _ = self.cut_pending().await.map_err(|reason| self.fail(reason));
                    return;
                }
            };
            if let Err(reason) = outcome {
                return self.fail(reason);
            }
        }
    }

    async fn next(&self, queue: &mut mpsc::Receiver<Command>) -> Next {
        let received = match self.deadline {
            Some(deadline) => match timeout_at(deadline, queue.recv()).await {
                Ok(received) => received,
                Err(_) => return Next::TimeOut,
            },
            None => queue.recv().await,
        };
        received.map_or(Next::End, Next::Command)
    }

    async fn obey(&mut self, command: Command) -> Result<(), String> {
        match command {
            Command::Order(admitted, room) => {
                drop(room);
                self.order(admitted).await
            }
            Command::Cut(done) => {
                self.cut_pending().await?;
                // Whoever asked may have gone.
                let _ = done.send(self.config.ledger.height());
                Ok(())
            }
        }
    }

    async fn order(&mut self, admitted: Admitted) -> Result<(), String> {
        let channel = self.config.channel.now();
        let admitted = if admitted.sequence < channel.sequence() {
            match admitted.again(&channel, self.config.signer.as_ref()) {
                Ok(admitted) => admitted,
                Err(error) => {
                    tracing::warn!(%error, "an envelope was dropped: the configuration has changed since it came");
                    return Ok(());
                }
            }
        } else {
            admitted
        };
        if admitted.update.is_some() {
            self.cut_pending().await?;
            return self.write(vec![admitted.message.envelope]).await;
        }
        for batch in self.cutter.ordered(channel.batch(), admitted.message) {
            self.write(batch).await?;
        }
        self.deadline = match (self.config.mode, self.cutter.is_pending()) {
            (CutMode::Limits, true) => self
                .deadline
                .or_else(|| Instant::now().checked_add(channel.batch().timeout)),
            _ => None,
        };
        Ok(())
    }

    async fn cut_pending(&mut self) -> Result<(), String> {
        self.deadline = None;
        match self.cutter.cut() {
            Some(batch) => self.write(batch).await,
            None => Ok(()),
        }
    }

    /// Signatures and fsync would hold up the runtime's threads.
    async fn write(&self, batch: Vec<Bytes>) -> Result<(), String> {
        let config = self.config.clone();
        let written = tokio::task::spawn_blocking(move || commit(&config, batch)).await;
        written.unwrap_or_else(|error: JoinError| Err(format!("the commit of a block broke off: {error}")))
    }

    fn fail(&self, reason: String) {
        tracing::error!(reason, "ordering stopped");
        // Only the first failure is the cause.
        let _ = self.failure.set(reason);
    }
}

enum Next {
    Command(Command),
    TimeOut,
    End,
}

/// One batch: block, signature, verdicts, log, state. A configuration is in force before its block can be read, so
/// that whoever has seen the block meets it.
fn commit(config: &OrdererConfig, batch: Vec<Bytes>) -> Result<(), String> {
    let (channel, ledger) = (&config.channel, &config.ledger);
    let number = ledger.height();
    let last_config = match batch.as_slice() {
        [envelope] if block::is_configuration(envelope) => number,
        _ => channel.config_block(),
    };
    let signer = config.signer.as_ref();
    let next = assembly::assemble(number, ledger.last_hash(), batch, last_config, signer)?;
    let judged = validate_block(&channel.now(), &ledger.snapshot(), &next).map_err(|error| error.to_string())?;
    if let Some(configured) = judged.configured {
        channel.publish(number, Arc::new(configured));
    }
    ledger.commit(next, judged.outcome).map_err(|error| error.to_string())?;
    Ok(())
}

impl fmt::Debug for Orderer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Orderer")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OrdererConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OrdererConfig")
            .field("channel", &self.channel.id())
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}
