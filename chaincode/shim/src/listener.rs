use std::{io, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;

use crate::{buffered::Buffered, metrics::Metrics};

/// From accepting a connection until its TLS handshake is done.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes at once; a connection beyond is closed.
const HANDSHAKES: usize = 64;
/// When the system has no more sockets to give.
const PAUSE: Duration = Duration::from_millis(50);

/// The connections of a listener, each after its handshake; none waits for another's.
pub(crate) fn incoming<Io, H, F>(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    handshake: H,
) -> ReceiverStream<io::Result<Io>>
where
    Io: Send + 'static,
    H: Fn(Buffered) -> F + Send + Sync + 'static,
    F: Future<Output = io::Result<Io>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(HANDSHAKES);
    tokio::spawn(accept(listener, metrics, handshake, sender));
    ReceiverStream::new(receiver)
}

async fn accept<Io, H, F>(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    handshake: H,
    sender: mpsc::Sender<io::Result<Io>>,
) where
    Io: Send + 'static,
    H: Fn(Buffered) -> F + Send + Sync + 'static,
    F: Future<Output = io::Result<Io>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let accepted = tokio::select! {
            () = sender.closed() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((socket, _)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            metrics.handshakes_failed.increment();
            continue;
        };
        // Latency only: a socket that refuses it still works.
        let _ = socket.set_nodelay(true);
        tokio::spawn(shake(
            handshake(Buffered::new(socket)),
            metrics.clone(),
            sender.clone(),
            place,
        ));
    }
}

async fn shake<Io>(
    handshake: impl Future<Output = io::Result<Io>>,
    metrics: Arc<Metrics>,
    sender: mpsc::Sender<io::Result<Io>>,
    _place: OwnedSemaphorePermit,
) {
    match timeout(HANDSHAKE, handshake).await {
        Ok(Ok(io)) => {
            let _ = sender.send(Ok(io)).await;
        }
        Ok(Err(error)) => {
            metrics.handshakes_failed.increment();
            tracing::warn!(%error, "connection refused in its TLS handshake");
        }
        Err(_) => metrics.handshakes_failed.increment(),
    }
}
