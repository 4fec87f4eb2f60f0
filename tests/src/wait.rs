//! Waiting for what is meant, with a limit.

use std::{future::Future, time::Duration};

use anyhow::{Context, Result};

/// How often to ask.
const PAUSE: Duration = Duration::from_millis(20);

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
