//! `der org describe`.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use fabric_admin::{NewOrganization, OrderingNode};
use serde::Serialize;

use super::file;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::profile::read_pem;

pub(super) const EXAMPLE: &str = "\
The description holds public material only: the MSP without keys, addresses, certificates of the ordering node.

Example:
  der org describe --msp-id NorthMSP --msp crypto/peerOrganizations/north.example/msp --anchor peer0.north.example:7051 \\
      --orderer orderer0.north.example:7050 --orderer-identity orderer0-cert.pem --orderer-tls server.crt --out north.json";

/// What a newcomer tells the members.
#[derive(Debug, Args)]
pub struct Describe {
    /// The organisation's public MSP folder.
    #[arg(long, value_name = "DIR")]
    msp: PathBuf,
    /// A peer that others find first; may be given more than once.
    #[arg(long, value_name = "HOST:PORT", required = true)]
    anchor: Vec<String>,
    /// Where its ordering node listens.
    #[arg(long, value_name = "HOST:PORT", requires_all = ["orderer_identity", "orderer_tls"])]
    orderer: Option<String>,
    /// The certificate with which the ordering node signs blocks.
    #[arg(long, value_name = "PEM", requires = "orderer")]
    orderer_identity: Option<PathBuf>,
    /// The certificate that the ordering node shows and dials with.
    #[arg(long, value_name = "PEM", requires = "orderer")]
    orderer_tls: Option<PathBuf>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Described {
    file: String,
    msp_id: String,
    anchor_peers: Vec<String>,
    ordering_node: Option<String>,
}

impl Describe {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        file::must_be_free(&self.out)?;
        let msp_id = global.msp_id.as_deref();
        let msp_id = msp_id.ok_or_else(|| Failure::usage("name the organisation's MSP with --msp-id"))?;
        let node = self.node()?;
        let files = file::folder(&self.msp)?;
        let described = NewOrganization::describe(msp_id, files, self.anchor, node)?;
        described.check(now())?;
        file::write_new(&self.out, described.to_json()?.as_bytes())?;
        global.output().result(&Described {
            file: self.out.display().to_string(),
            msp_id: described.msp_id,
            anchor_peers: described.anchor_peers,
            ordering_node: described.orderer.map(|node| node.endpoint),
        })?;
        Ok(Exit::Done)
    }

    fn node(&self) -> Result<Option<OrderingNode>, Failure> {
        let (Some(endpoint), Some(identity), Some(tls)) = (&self.orderer, &self.orderer_identity, &self.orderer_tls)
        else {
            return Ok(None);
        };
        Ok(Some(OrderingNode {
            endpoint: endpoint.clone(),
            identity: text(identity)?,
            tls_certificate: text(tls)?,
        }))
    }
}

fn text(file: &std::path::Path) -> Result<String, Failure> {
    String::from_utf8(read_pem(file)?).map_err(|_| Failure::usage(format!("{} is not PEM", file.display())))
}

/// A description that was checked again: it may have lain for long.
pub(super) fn read(file: &std::path::Path) -> Result<NewOrganization, Failure> {
    let text = String::from_utf8(file::read(file)?);
    let text = text.map_err(|_| Failure::usage(format!("{} is not JSON", file.display())))?;
    let described = NewOrganization::from_json(&text)?;
    described.check(now())?;
    Ok(described)
}

/// Unix seconds.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
