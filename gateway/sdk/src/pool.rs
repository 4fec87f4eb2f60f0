//! The endpoints, and sending one call over them.

use std::{
    future::Future,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use fabric_protos::{gateway::gateway_client::GatewayClient, protos::deliver_client::DeliverClient};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout_at},
};
use tonic::{Code, Request, Response, Status, transport::Channel};

use crate::{CallFailure, ConfigError, Endpoint, Limits, limits::MAX_MESSAGE_BYTES, retry::Backoff};

/// The stub that calls are made with.
pub(crate) type Client = GatewayClient<Channel>;

/// One endpoint with its channel.
pub(crate) struct Node {
    pub(crate) address: String,
    pub(crate) certificate_hash: bytes::Bytes,
    channel: Channel,
}

impl Node {
    fn new(endpoint: &Endpoint, limits: &Limits) -> Result<Self, ConfigError> {
        Ok(Self {
            address: endpoint.address().to_owned(),
            certificate_hash: endpoint.client_certificate_hash()?,
            channel: endpoint.channel(limits)?,
        })
    }

    pub(crate) fn gateway(&self) -> Client {
        GatewayClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
    }

    pub(crate) fn deliver(&self) -> DeliverClient<Channel> {
        DeliverClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
    }
}

/// How one kind of call behaves.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) deadline: Duration,
    /// Sent again after a deadline passed: only what is safe to do twice and quick to answer.
    pub(crate) repeat_overdue: bool,
}

/// All endpoints of a gateway. Calls go to the one that answered last; the next in the list takes over when it is away.
pub(crate) struct Pool {
    first: Node,
    others: Vec<Node>,
    preferred: AtomicUsize,
    permits: Semaphore,
    limits: Limits,
}

impl Pool {
    pub(crate) fn new(endpoints: &[Endpoint], limits: Limits) -> Result<Self, ConfigError> {
        let (first, others) = endpoints.split_first().ok_or(ConfigError::NoEndpoints)?;
        Ok(Self {
            first: Node::new(first, &limits)?,
            others: others
                .iter()
                .map(|endpoint| Node::new(endpoint, &limits))
                .collect::<Result<_, _>>()?,
            preferred: AtomicUsize::new(0),
            permits: Semaphore::new(limits.in_flight),
            limits,
        })
    }

    /// The endpoint `index`, counted round and round.
    pub(crate) fn node(&self, index: usize) -> &Node {
        match index % self.len() {
            0 => &self.first,
            other => self.others.get(other - 1).unwrap_or(&self.first),
        }
    }

    pub(crate) fn len(&self) -> usize {
        1 + self.others.len()
    }

    pub(crate) fn preferred(&self) -> usize {
        self.preferred.load(Ordering::Relaxed)
    }

    /// Sends a call until an endpoint answers it, at most [`Limits::attempts`] times.
    pub(crate) async fn call<Q, A, F, R>(&self, manner: Manner, request: &Q, send: F) -> Result<A, CallFailure>
    where
        Q: Clone,
        F: Fn(Client, Request<Q>) -> R,
        R: Future<Output = Result<Response<A>, Status>>,
    {
        let start = self.preferred();
        let mut backoff = Backoff::new(self.limits.pause, self.limits.longest_pause);
        let mut attempts = 0;
        let mut ambiguous = false;
        loop {
            let index = start.wrapping_add(attempts as usize);
            let mut failure = match self.send_once(self.node(index), manner.deadline, request, &send).await {
                Ok(answer) => {
                    self.preferred.store(index % self.len(), Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            attempts += 1;
            ambiguous |= failure.ambiguous;
            failure.ambiguous = ambiguous;
            failure.attempts = attempts;
            let overdue = failure.code == Code::DeadlineExceeded;
            if overdue && manner.repeat_overdue {
                self.preferred.store((index + 1) % self.len(), Ordering::Relaxed);
            }
            let again = failure.is_away() || failure.is_busy() || (overdue && manner.repeat_overdue);
            if !again || attempts >= self.limits.attempts {
                return Err(failure);
            }
            tracing::debug!(%failure, "sending the call again");
            if failure.is_busy() || (attempts as usize).is_multiple_of(self.len()) {
                sleep(backoff.pause()).await;
            }
        }
    }

    async fn send_once<Q, A, F, R>(&self, node: &Node, limit: Duration, request: &Q, send: &F) -> Result<A, CallFailure>
    where
        Q: Clone,
        F: Fn(Client, Request<Q>) -> R,
        R: Future<Output = Result<Response<A>, Status>>,
    {
        let deadline = Instant::now() + limit;
        let Ok(permit) = timeout_at(deadline, self.permits.acquire()).await else {
            let words = format!(
                "no call of the {} in flight ended within {limit:?}",
                self.limits.in_flight
            );
            return Err(CallFailure::overdue(&node.address, words, false));
        };
        let mut request = Request::new(request.clone());
        request.set_timeout(deadline.saturating_duration_since(Instant::now()));
        let answer = timeout_at(deadline, send(node.gateway(), request)).await;
        drop(permit);
        match answer {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(CallFailure::from_status(&status, &node.address)),
            Err(_) => Err(CallFailure::overdue(
                &node.address,
                format!("no answer within {limit:?}"),
                true,
            )),
        }
    }
}
