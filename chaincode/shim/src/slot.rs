use std::{
    future::poll_fn,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use bytes::Bytes;

/// What the peer answered to a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) kind: i32,
    pub(crate) payload: Bytes,
}

#[derive(Debug)]
enum State {
    Idle,
    Waiting,
    Answered(Answer),
    Closed,
}

/// Where a transaction waits for the one answer that may be outstanding.
///
/// The protocol has no request ids: an answer that comes after its request was given up would be taken for the next
/// one's. The slot therefore stays `Waiting` until the answer has come, whoever waits.
#[derive(Debug)]
pub(crate) struct Slot(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    state: State,
    waker: Option<Waker>,
}

impl Slot {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Inner {
            state: State::Idle,
            waker: None,
        }))
    }

    /// Announces a request about to be sent. False if the slot is closed.
    pub(crate) fn begin(&self) -> bool {
        let mut inner = self.lock();
        match inner.state {
            State::Closed => false,
            State::Idle | State::Waiting | State::Answered(_) => {
                inner.state = State::Waiting;
                true
            }
        }
    }

    /// Hands over an answer. False if nothing is waiting for one.
    pub(crate) fn deliver(&self, answer: Answer) -> bool {
        let mut inner = self.lock();
        if !matches!(inner.state, State::Waiting) {
            return false;
        }
        inner.state = State::Answered(answer);
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Ends every present and future wait.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.state = State::Closed;
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether an earlier request, given up by its caller, still has its answer to come.
    pub(crate) fn is_outstanding(&self) -> bool {
        matches!(self.lock().state, State::Waiting | State::Answered(_))
    }

    /// Waits for the outstanding answer; `None` once the slot is closed. The caller limits the time.
    pub(crate) async fn answer(&self) -> Option<Answer> {
        poll_fn(|context| {
            let mut inner = self.lock();
            match std::mem::replace(&mut inner.state, State::Idle) {
                State::Answered(answer) => Poll::Ready(Some(answer)),
                State::Waiting => {
                    inner.state = State::Waiting;
                    match &mut inner.waker {
                        Some(waker) => waker.clone_from(context.waker()),
                        none => *none = Some(context.waker().clone()),
                    }
                    Poll::Pending
                }
                State::Idle => Poll::Ready(None),
                State::Closed => {
                    inner.state = State::Closed;
                    Poll::Ready(None)
                }
            }
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &'static str) -> Answer {
        Answer {
            kind: 13,
            payload: Bytes::from_static(text.as_bytes()),
        }
    }

    #[tokio::test]
    async fn an_answer_is_taken_once() {
        let slot = Slot::new();
        assert!(!slot.deliver(answer("early")));
        assert!(slot.begin());
        assert!(slot.deliver(answer("one")));
        assert!(!slot.deliver(answer("two")));
        assert_eq!(slot.answer().await, Some(answer("one")));
        assert!(!slot.is_outstanding());
        assert!(!slot.deliver(answer("late")));
    }

    #[tokio::test]
    async fn a_request_given_up_stays_outstanding() {
        let slot = Slot::new();
        assert!(slot.begin());
        assert!(slot.is_outstanding());
        assert!(slot.deliver(answer("stale")));
        assert!(slot.is_outstanding());
        assert_eq!(slot.answer().await, Some(answer("stale")));
        assert!(!slot.is_outstanding());
    }

    #[tokio::test]
    async fn closing_wakes_the_waiting() {
        let slot = std::sync::Arc::new(Slot::new());
        assert!(slot.begin());
        let waiting = tokio::spawn({
            let slot = slot.clone();
            async move { slot.answer().await }
        });
        tokio::task::yield_now().await;
        slot.close();
        assert_eq!(waiting.await.unwrap(), None);
        assert!(!slot.begin());
    }
}
