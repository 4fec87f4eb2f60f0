//! `fabric-devnet up`.

use std::{fs, io::Write, path::Path, process::ExitCode};

use anyhow::Context;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use crate::network::{Devnet, spawn};

/// What clients need, printed once and kept in the data folder.
const NETWORK_FILE: &str = "network.json";

#[derive(Debug, Serialize)]
struct Ready {
    ready: bool,
    channel: String,
    organizations: Vec<Organization>,
    height: u64,
}

#[derive(Debug, Serialize)]
struct Organization {
    msp_id: String,
    endpoint: String,
    server_name: String,
    tls_roots: String,
}

pub(super) async fn up(path: &Path) -> anyhow::Result<ExitCode> {
    let config = super::load(path)?;
    let data_dir = config.data_dir.clone();
    // Before the first line goes out, so that whoever reads it may already send signals.
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let devnet = spawn(config).await.context("starting the network")?;
    announce(&devnet, &data_dir)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    devnet.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

fn announce(devnet: &Devnet, data_dir: &Path) -> anyhow::Result<()> {
    let organizations = devnet.endpoints().iter().map(|endpoint| Organization {
        msp_id: endpoint.msp_id.clone(),
        endpoint: endpoint.address.to_string(),
        server_name: endpoint.server_name.clone(),
        tls_roots: endpoint.tls_roots_pem.clone(),
    });
    let ready = Ready {
        ready: true,
        channel: devnet.channel().id().to_owned(),
        organizations: organizations.collect(),
        height: devnet.ledger().height(),
    };
    let line = serde_json::to_string(&ready)?;
    let (draft, file) = (
        data_dir.join(format!("{NETWORK_FILE}.new")),
        data_dir.join(NETWORK_FILE),
    );
    fs::write(&draft, format!("{line}\n")).with_context(|| format!("writing {}", draft.display()))?;
    fs::rename(&draft, &file).with_context(|| format!("renaming to {}", file.display()))?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .context("printing the ready line")
}
