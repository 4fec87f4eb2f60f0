//! One organisation with a peer, a chaincode service and a user.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use fabric_cryptogen::{Consortium, Tree, generate, tree::msp_files};
use fabric_gateway::{Endpoint, Gateway};
use fabric_msp::SigningIdentity;
use fabric_protos::{gateway::ProposedTransaction, protos::SignedProposal};
use prost::Message as _;
use tempfile::TempDir;

const MSP: &str = "GridMSP";
const DOMAIN: &str = "grid.example";
const CHAINCODE: &str = "counterpart";

pub(super) struct Keys {
    tree: Tree,
    _folder: TempDir,
}

impl Keys {
    pub(super) fn generate() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let tree = Tree::new(folder.path());
        let consortium = format!(
            "[[organisation]]\nmsp_id = '{MSP}'\ndomain = '{DOMAIN}'\npeers = ['peer0']\nchaincodes = ['{CHAINCODE}']\n\
             hosts = ['localhost', '127.0.0.1']\n[[organisation.user]]\nname = 'user1'\n"
        );
        generate(&Consortium::from_toml(&consortium)?, tree.root())?;
        Ok(Self { tree, _folder: folder })
    }

    pub(super) fn service(&self) -> PathBuf {
        self.tree.chaincode(DOMAIN, CHAINCODE).join("tls")
    }

    pub(super) fn peer(&self) -> PathBuf {
        self.tree.peer(DOMAIN, "peer0").join("tls")
    }

    /// A proposal of the user, as the SDK makes it; both shims read it, neither checks its signature.
    pub(super) fn proposal(&self) -> Result<SignedProposal> {
        let msp = self.tree.user(DOMAIN, "user1").join("msp");
        let signer = Arc::new(SigningIdentity::from_files(MSP, msp_files(&msp)?)?);
        // Nothing is sent there.
        let nowhere = Endpoint::new("127.0.0.1:1").tls_roots_pem(std::fs::read(self.service().join("ca.crt"))?);
        let gateway = Gateway::builder()
            .endpoints([nowhere])
            .signer(signer.clone())
            .connect()?;
        let contract = gateway.network("energy").contract(CHAINCODE);
        let proposal = contract
            .proposal("modify")
            .args(["order/0000000001", "00000001"])
            .build()?;
        let signature = signer.key().sign_digest(&proposal.digest())?;
        let proposed = ProposedTransaction::decode(proposal.with_signature(signature).bytes())?;
        proposed.proposal.context("an empty proposal")
    }
}
