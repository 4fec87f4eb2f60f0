//! The server's life: listen, say so, serve, drain.

use std::io::Write;

use anyhow::Context;
use fabric_shim::{Chaincode, Limits, Server, TlsConfig};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Config, TlsFiles};

/// The one line on stdout, by which a parent process learns the port.
#[derive(Serialize)]
struct Ready<'a> {
    ready: bool,
    address: String,
    package_id: &'a str,
}

pub(crate) async fn serve<C: Chaincode>(config: &Config, chaincode: C) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let limits = Limits {
        drain: config.drain,
        running: config.max_transactions,
        ..Limits::default()
    };
    let mut builder = Server::builder()
        .address(config.address)
        .package_id(&config.chaincode_id)
        .limits(limits);
    if let Some(files) = &config.tls {
        builder = builder.tls(tls(files)?);
    }
    let server = builder.bind().await?;
    announce(&server.local_addr().to_string(), &config.chaincode_id)?;
    tracing::info!(address = %server.local_addr(), package_id = config.chaincode_id, "serving");
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: draining"),
            _ = interrupt.recv() => tracing::info!("SIGINT: draining"),
        }
    };
    server.serve(chaincode, stop).await?;
    tracing::info!("stopped");
    Ok(())
}

fn tls(files: &TlsFiles) -> anyhow::Result<TlsConfig> {
    let read = |path: &std::path::Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    Ok(TlsConfig {
        cert: read(&files.cert)?,
        key: read(&files.key)?,
        client_ca: Some(read(&files.client_ca)?),
    })
}

fn announce(address: &str, package_id: &str) -> anyhow::Result<()> {
    let ready = Ready {
        ready: true,
        address: address.to_owned(),
        package_id,
    };
    let line = serde_json::to_string(&ready)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("cannot say on stdout that the service is ready")
}
