//! A query and a submission. `ten_lines host:port tls-roots.pem msp-id certificate.pem key.pem`

use std::{env, fs, sync::Arc};

use anyhow::Context;
use fabric_gateway::{Endpoint, Gateway, NO_ARGS};
use fabric_msp::{PrivateKey, SigningIdentity};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = env::args().skip(1);
    let mut next = || {
        args.next()
            .context("usage: ten_lines host:port tls-roots.pem msp-id certificate.pem key.pem")
    };
    let (peer, roots, msp_id, certificate, key) = (next()?, next()?, next()?, next()?, next()?);
    let key = PrivateKey::from_pem(&fs::read_to_string(key)?)?;
    let signer = Arc::new(SigningIdentity::new(&msp_id, &fs::read(certificate)?, key)?);

    let endpoint = Endpoint::new(peer).tls_roots_pem(fs::read(roots)?);
    let gateway = Gateway::builder().endpoints([endpoint]).signer(signer).connect()?;
    let market = gateway.network("energy").contract("market");

    let offers = market.evaluate("ListOffers", NO_ARGS).await?;
    println!("{}", String::from_utf8_lossy(&offers));
    match market.submit("PostOffer", ["offer-1", "1500", "42"]).await {
        Ok(committed) => println!("block {}", committed.status.block_number),
        Err(error) => eprintln!("{error}\n{}", error.advice()),
    }
    Ok(())
}
