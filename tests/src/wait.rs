//! Waiting for what is meant, with a limit.

use std::{future::Future, time::Duration};

use anyhow::{Context, Result};
use fabric_gateway::{ProposalBuilder, Transaction};

/// How often to ask.
const PAUSE: Duration = Duration::from_millis(20);
/// How long a peer may be behind.
const BEHIND: Duration = Duration::from_secs(60);

/// Asks until the answer is `Some`.
///
/// # Errors
/// When the limit has passed, naming what was waited for.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    limit: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> Result<T> {
    let asking = async {
        let mut pause = tokio::time::interval(PAUSE);
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            pause.tick().await;
        }
    };
    tokio::time::timeout(limit, asking)
        .await
        .with_context(|| format!("waited {limit:?} in vain: {what}"))
}

/// A transaction as the peers endorse it: again and again, until all that are asked have seen what it stands on.
///
/// # Errors
/// When they refuse it for a minute.
pub async fn endorsed(proposal: impl Fn() -> Option<ProposalBuilder>) -> Result<Transaction> {
    eventually(BEHIND, "the peers to endorse", || async {
        proposal()?.build().ok()?.endorse().await.ok()
    })
    .await
}
