//! Listens from a crash-safe checkpoint. `events host:port tls-roots.pem msp-id certificate.pem key.pem checkpoint.json`

use std::{env, fs, sync::Arc};

use anyhow::Context;
use fabric_gateway::{Checkpointer, Endpoint, FileCheckpointer, Gateway, events::Notice};
use fabric_msp::{PrivateKey, SigningIdentity};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = env::args().skip(1);
    let mut next = || {
        args.next()
            .context("usage: events host:port roots.pem msp-id cert.pem key.pem checkpoint.json")
    };
    let (peer, roots, msp_id, certificate, key, checkpoint) = (next()?, next()?, next()?, next()?, next()?, next()?);
    let key = PrivateKey::from_pem(&fs::read_to_string(key)?)?;
    let signer = Arc::new(SigningIdentity::new(&msp_id, &fs::read(certificate)?, key)?);
    let endpoint = Endpoint::new(peer).tls_roots_pem(fs::read(roots)?);
    let gateway = Gateway::builder().endpoints([endpoint]).signer(signer).connect()?;

    let mut checkpointer = FileCheckpointer::open(checkpoint)?;
    let events = gateway.network("energy").chaincode_events("market");
    let mut events = events.start_block(0).checkpoint(&checkpointer).open().await?;
    loop {
        match events.next_notice().await? {
            Notice::Event(event) => {
                println!("{} {} {}", event.block_number, event.transaction_id, event.name);
                checkpointer.store(event.position()).await?;
            }
            Notice::Broken(failure) => eprintln!("resuming: {failure}"),
        }
    }
}
