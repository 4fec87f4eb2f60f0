//! A chaincode as a service on `fabric-shim` with the functions of `witness/go/counterpart.go`, started as that one is.

use std::{io::Read as _, net::SocketAddr, path::PathBuf};

use anyhow::Result;
use bytes::Bytes;
use clap::Parser;
use fabric_shim::{Chaincode, Response, Server, ShimError, Stub, TlsConfig};
use tokio::sync::oneshot;

#[derive(Parser)]
struct Args {
    #[arg(long)]
    address: SocketAddr,
    #[arg(long)]
    package_id: String,
    #[arg(long)]
    certificate: PathBuf,
    #[arg(long)]
    key: PathBuf,
    #[arg(long)]
    client_roots: PathBuf,
    /// Of the runtime; the default is that of `der-chaincode`.
    #[arg(long, default_value_t = 1)]
    worker_threads: usize,
}

struct Counterpart;

impl Chaincode for Counterpart {
    async fn invoke(&self, stub: Stub) -> Response {
        match call(&stub).await {
            Ok(reply) => Response::success(reply),
            Err(error) => Response::error(format!("COUNTERPART: {error}")),
        }
    }
}

async fn call(stub: &Stub) -> Result<Bytes, ShimError> {
    let arguments = stub.args();
    let text = |index: usize| {
        arguments
            .get(index)
            .and_then(|argument| std::str::from_utf8(argument).ok())
    };
    match (text(0), text(1), arguments.get(2)) {
        (Some("get"), Some(key), _) => return Ok(stub.get_state(key).await?.unwrap_or_default()),
        (Some("put"), Some(key), Some(value)) => stub.put_state(key, value.clone())?,
        (Some("modify"), Some(key), Some(prefix)) => {
            let value = stub.get_state(key).await?.unwrap_or_default();
            stub.put_state(key, changed(&value, prefix))?;
        }
        (Some("modify_all"), Some(prefix), Some(_)) => {
            let keys: Vec<_> = (2..arguments.len()).filter_map(text).collect();
            for (key, value) in keys.iter().zip(stub.get_states(&keys).await?) {
                stub.put_state(*key, changed(&value.unwrap_or_default(), prefix.as_bytes()))?;
            }
        }
        _ => return Err(ShimError::Argument("no such function".to_owned())),
    }
    Ok(Bytes::new())
}

/// The value with its first bytes replaced.
fn changed(value: &[u8], prefix: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    let length = prefix.len().min(value.len());
    value[..length].copy_from_slice(&prefix[..length]);
    value
}

fn main() -> Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(args.worker_threads)
        .enable_all()
        .build()?;
    runtime.block_on(serve(args))
}

async fn serve(args: Args) -> Result<()> {
    let tls = TlsConfig {
        cert: std::fs::read(args.certificate)?,
        key: std::fs::read(args.key)?,
        client_ca: Some(std::fs::read(args.client_roots)?),
    };
    let server = Server::builder()
        .address(args.address)
        .package_id(args.package_id)
        .tls(tls);
    let server = server.bind().await?;
    let (ended, end) = oneshot::channel();
    // Whoever started the service holds the other end of its standard input.
    std::thread::spawn(move || {
        let _closed = std::io::stdin().read_to_end(&mut Vec::new());
        let _served = ended.send(());
    });
    let stop = async move {
        let _ended = end.await;
    };
    server.serve(Counterpart, stop).await?;
    Ok(())
}
