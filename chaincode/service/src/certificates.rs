//! TLS files that are replaced while the service runs: the next connection is served with the new ones.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use fabric_shim::{Certificates, TlsConfig};
use tokio::time::{MissedTickBehavior, interval};

use crate::config::TlsFiles;

/// How often the files are read.
const PAUSE: Duration = Duration::from_secs(5);

/// The files' contents.
///
/// # Errors
/// When one cannot be read.
pub(crate) fn read(files: &TlsFiles) -> anyhow::Result<TlsConfig> {
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    Ok(TlsConfig {
        cert: read(&files.cert)?,
        key: read(&files.key)?,
        client_ca: Some(read(&files.client_ca)?),
    })
}

/// Reads the files again and again, and uses them when they have changed. Files that do not serve, such as a certificate
/// whose key is not there yet, leave the earlier ones in use; that is said once. Never ends.
pub(crate) async fn follow(files: &TlsFiles, certificates: &Certificates, mut known: TlsConfig) {
    let mut pause = interval(PAUSE);
    pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut absent = false;
    loop {
        pause.tick().await;
        let read = read(files);
        if let (Err(error), false) = (&read, absent) {
            tracing::warn!(
                error = format!("{error:#}"),
                "the TLS files cannot be read: the earlier ones stay in use"
            );
        }
        absent = read.is_err();
        match read {
            Err(_) => {}
            Ok(found) if same(&found, &known) => {}
            Ok(found) => {
                match certificates.replace(&found) {
                    Ok(()) => tracing::info!("the TLS files have changed: new connections use them"),
                    Err(error) => {
                        tracing::warn!(%error, "the changed TLS files do not serve: the earlier ones stay in use")
                    }
                }
                known = found;
            }
        }
    }
}

fn same(one: &TlsConfig, other: &TlsConfig) -> bool {
    (&one.cert, &one.key, &one.client_ca) == (&other.cert, &other.key, &other.client_ca)
}
