//! The key stays in another place: only digests go there and signatures come back.
//! `offline_signing host:port tls-roots.pem msp-id certificate.pem key.pem`

use std::{env, fs};

use anyhow::Context;
use fabric_gateway::{Endpoint, Gateway};
use fabric_msp::{Identity, PrivateKey};

/// Stands for the safe place.
struct Vault(PrivateKey);

impl Vault {
    fn sign(&self, digest: [u8; 32]) -> anyhow::Result<Vec<u8>> {
        Ok(self.0.sign_digest(&digest)?)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = env::args().skip(1);
    let mut next = || {
        args.next()
            .context("usage: offline_signing host:port roots.pem msp-id cert.pem key.pem")
    };
    let (peer, roots, msp_id, certificate, key) = (next()?, next()?, next()?, next()?, next()?);
    let vault = Vault(PrivateKey::from_pem(&fs::read_to_string(key)?)?);
    let identity = Identity::new(&msp_id, &fs::read(certificate)?)?;
    let endpoint = Endpoint::new(peer).tls_roots_pem(fs::read(roots)?);
    let gateway = Gateway::builder()
        .endpoints([endpoint])
        .identity(identity.serialized().clone())
        .connect()?;

    let proposal = gateway
        .network("energy")
        .contract("market")
        .proposal("PostOffer")
        .args(["offer-1"])
        .build()?;
    let (bytes, signature) = (proposal.bytes(), vault.sign(proposal.digest())?);
    let transaction = gateway
        .proposal_from_bytes(&bytes)?
        .with_signature(signature)
        .endorse()
        .await?;
    let (bytes, signature) = (transaction.bytes(), vault.sign(transaction.digest())?);
    let commit = gateway
        .transaction_from_bytes(&bytes)?
        .with_signature(signature)
        .submit()
        .await?;
    let (bytes, signature) = (commit.bytes(), vault.sign(commit.digest())?);
    let status = gateway
        .commit_from_bytes(&bytes)?
        .with_signature(signature)
        .status()
        .await?
        .into_valid()?;
    println!("block {}", status.block_number);
    Ok(())
}
