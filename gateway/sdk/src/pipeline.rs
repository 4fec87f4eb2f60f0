//! Many transactions at once, a bounded number in flight.

use futures_util::{Stream, StreamExt};

use crate::{Committed, Error, ProposalBuilder};

/// Submits every proposal of `proposals`, at most `in_flight` at once, and yields the outcomes in the order in which they
/// come. `K` is the caller's own key to tell them apart. The next proposal is taken only when there is room for it.
///
/// Keep `in_flight` at or below [`Limits::in_flight`](crate::Limits::in_flight): a transaction beyond it waits for its
/// turn and may miss its deadline.
pub fn submit_all<K, S>(proposals: S, in_flight: usize) -> impl Stream<Item = (K, Result<Committed, Error>)> + Send
where
    K: Send,
    S: Stream<Item = (K, ProposalBuilder)> + Send,
{
    proposals
        .map(|(key, proposal)| async move { (key, proposal.submit().await) })
        .buffer_unordered(in_flight.max(1))
}
