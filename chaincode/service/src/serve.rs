//! The server's life: listen, say so, serve, drain.

use std::future::Future;
use std::io::Write;

use anyhow::Context;
use fabric_shim::{Chaincode, Limits, Server, TlsConfig};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use crate::certificates::{self, follow};
use crate::config::Config;

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
    let tls = config.tls.as_ref().map(certificates::read).transpose()?;
    if let Some(tls) = &tls {
        builder = builder.tls(tls.clone());
    }
    let server = builder.bind().await?;
    let reloading = reloading(config, &server, tls);
    announce(&server.local_addr().to_string(), &config.chaincode_id)?;
    tracing::info!(address = %server.local_addr(), package_id = config.chaincode_id, "serving");
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: draining"),
            _ = interrupt.recv() => tracing::info!("SIGINT: draining"),
        }
    };
    tokio::select! {
        served = server.serve(chaincode, stop) => served?,
        () = reloading => {}
    }
    tracing::info!("stopped");
    Ok(())
}

/// Takes up TLS files as they change; without TLS there is nothing to do. Never ends.
fn reloading(config: &Config, server: &Server, tls: Option<TlsConfig>) -> impl Future<Output = ()> + use<> {
    let (files, certificates) = (config.tls.clone(), server.certificates());
    async move {
        match (files, certificates, tls) {
            (Some(files), Some(certificates), Some(known)) => follow(&files, &certificates, known).await,
            _ => std::future::pending().await,
        }
    }
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
