//! The log: to stderr, never with arguments or keys.

use anyhow::{Context, anyhow};
use tracing_subscriber::EnvFilter;

use crate::config::Config;

pub(crate) fn start(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log).with_context(|| format!("--log {}: no log filter", config.log))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    let started = if config.log_json {
        log.json().try_init()
    } else {
        log.try_init()
    };
    started.map_err(|e| anyhow!("cannot start the log: {e}"))
}
