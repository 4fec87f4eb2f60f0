//! A channel with real keys for tests: members, and transactions as they would endorse them.

mod draft;
mod update;

use std::sync::Arc;

use bytes::Bytes;
use fabric_msp::{Msp, PrivateKey, SigningIdentity};
use fabric_protos::{
    common::Block,
    kvrwset::{KvWrite, KvrwSet},
    msp::{FabricCryptoConfig, FabricMspConfig, FabricNodeOUs, FabricOuIdentifier},
    protos::TxValidationCode,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod,
    PublicKeyData, RevokedCertParams, SerialNumber, SigningKey, date_time_ymd,
};
use tempfile::TempDir;

use super::{
    BatchConfig, ChaincodeDefinition, Channel, ChannelConfig, Consenter, ENDORSEMENT, EndorsementPolicy, HostPort,
    LIFECYCLE, OrganizationConfig, genesis_block,
};
use crate::{
    ledger::{BlockOutcome, Ledger, LedgerOptions, Version, block},
    validate::validate_block,
};
pub(crate) use draft::{Draft, guard, puts, read, sign, tx_id};
pub(crate) use update::{UpdateDraft, group, set_msp, set_value};

/// The chaincode that every test channel defines.
pub(crate) const CHAINCODE: &str = "market";

struct CertifiedKey(PrivateKey);

impl PublicKeyData for CertifiedKey {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().sec1()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for CertifiedKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

/// An organisation with one identity of each kind.
pub(crate) struct Member {
    pub(crate) msp: Msp,
    pub(crate) peer: SigningIdentity,
    pub(crate) second_peer: SigningIdentity,
    pub(crate) client: SigningIdentity,
    pub(crate) admin: SigningIdentity,
    pub(crate) orderer: SigningIdentity,
    issuer: Issuer<'static, CertifiedKey>,
}

impl Member {
    pub(crate) fn new(msp_id: &str) -> Self {
        let key = CertifiedKey(PrivateKey::generate().unwrap());
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, format!("ca of {msp_id}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let identity = |name: &str, unit: &str| identity(msp_id, &issuer, name, unit);
        Self {
            msp: Msp::from_config(&msp_config(msp_id, root)).unwrap(),
            peer: identity("peer0", "peer"),
            second_peer: identity("peer1", "peer"),
            client: identity("ann", "client"),
            admin: identity("root", "admin"),
            orderer: identity("orderer0", "orderer"),
            issuer,
        }
    }

    /// The MSP with a list of revoked certificates.
    pub(crate) fn msp_that_revokes(&self, revoked: &[&SigningIdentity]) -> Msp {
        let date = date_time_ymd(2026, 1, 1);
        let revoked = revoked.iter().map(|signer| RevokedCertParams {
            serial_number: SerialNumber::from_slice(signer.identity().certificate().serial()),
            revocation_time: date,
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date,
            next_update: date_time_ymd(2027, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.issuer).unwrap();
        let mut config = self.msp.to_config();
        config.revocation_list = vec![Bytes::copy_from_slice(list.der())];
        Msp::from_config(&config).unwrap()
    }
}

fn identity(msp_id: &str, issuer: &Issuer<'_, CertifiedKey>, name: &str, unit: &str) -> SigningIdentity {
    let key = CertifiedKey(PrivateKey::generate().unwrap());
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::OrganizationalUnitName, unit);
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, issuer).unwrap().pem();
    SigningIdentity::new(msp_id, certificate.as_bytes(), key.0).unwrap()
}

fn msp_config(msp_id: &str, root: String) -> FabricMspConfig {
    let unit = |name: &str| {
        let organizational_unit_identifier = name.to_owned();
        Some(FabricOuIdentifier {
            certificate: Bytes::new(),
            organizational_unit_identifier,
        })
    };
    FabricMspConfig {
        name: msp_id.to_owned(),
        root_certs: vec![root.into()],
        crypto_config: Some(FabricCryptoConfig {
            signature_hash_family: "SHA2".to_owned(),
            identity_identifier_hash_function: "SHA256".to_owned(),
        }),
        fabric_node_ous: Some(FabricNodeOUs {
            enable: true,
            client_ou_identifier: unit("client"),
            peer_ou_identifier: unit("peer"),
            admin_ou_identifier: unit("admin"),
            orderer_ou_identifier: unit("orderer"),
        }),
        ..FabricMspConfig::default()
    }
}

/// A channel of three members, AMSP, BMSP and CMSP, and its configuration.
pub(crate) struct World {
    pub(crate) members: [Member; 3],
    pub(crate) config: ChannelConfig,
    pub(crate) genesis: Block,
    pub(crate) channel: Arc<Channel>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_batch(BatchConfig::default())
    }

    pub(crate) fn with_batch(batch: BatchConfig) -> Self {
        let members = ["AMSP", "BMSP", "CMSP"].map(Member::new);
        let config = ChannelConfig {
            id: "energy".to_owned(),
            organizations: members.iter().map(organization).collect(),
            consenters: vec![Consenter {
                endpoint: endpoint(),
                client_tls_certificate: Bytes::from_static(b"client"),
                server_tls_certificate: Bytes::from_static(b"server"),
            }],
            batch,
        };
        let genesis = genesis_block(&config).unwrap();
        let channel = Arc::new(Channel::from_block(&genesis).unwrap());
        Self {
            members,
            config,
            genesis,
            channel,
        }
    }

    pub(crate) fn peers(&self) -> [&SigningIdentity; 3] {
        self.members.each_ref().map(|member| &member.peer)
    }

    /// Every member's administrator.
    pub(crate) fn admins(&self) -> [&SigningIdentity; 3] {
        self.members.each_ref().map(|member| &member.admin)
    }

    /// A transaction of [`CHAINCODE`] by AMSP's client, endorsed by AMSP's and BMSP's peers.
    pub(crate) fn draft(&self, set: KvrwSet) -> Draft<'_> {
        let [a, b, _] = self.peers();
        Draft::new(&self.members[0].client, vec![a, b], CHAINCODE, vec![(CHAINCODE, set)])
    }

    /// The transaction that defines [`CHAINCODE`] under the channel's majority.
    pub(crate) fn definition(&self, sequence: i64) -> Draft<'_> {
        let definition = ChaincodeDefinition {
            name: CHAINCODE.to_owned(),
            version: "1".to_owned(),
            sequence,
            endorsement: EndorsementPolicy::ChannelReference(ENDORSEMENT.to_owned()),
        };
        let writes = definition.writes().into_iter();
        let writes = writes
            .map(|(key, value)| KvWrite {
                key,
                is_delete: false,
                value,
            })
            .collect();
        let set = KvrwSet {
            writes,
            ..KvrwSet::default()
        };
        let [a, b, _] = self.peers();
        Draft::new(&self.members[0].client, vec![a, b], LIFECYCLE, vec![(LIFECYCLE, set)])
    }

    /// A fresh ledger of height 2 on which [`CHAINCODE`] is defined.
    pub(crate) fn chain(&self) -> Chain<'_> {
        let chain = Chain::open(self, Arc::new(TempDir::new().unwrap()), LedgerOptions::default());
        assert_eq!(
            chain.commit(&[self.definition(1).envelope()]),
            [TxValidationCode::Valid]
        );
        chain
    }
}

fn organization(member: &Member) -> OrganizationConfig {
    OrganizationConfig {
        name: member.msp.id().to_owned(),
        msp: member.msp.clone(),
        anchor_peers: vec![endpoint()],
        orderer_endpoints: vec![endpoint()],
    }
}

fn endpoint() -> HostPort {
    HostPort {
        host: "127.0.0.1".to_owned(),
        port: 7050,
    }
}

/// A ledger in a temporary folder.
pub(crate) struct Chain<'a> {
    pub(crate) world: &'a World,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) dir: Arc<TempDir>,
}

impl<'a> Chain<'a> {
    pub(crate) fn open(world: &'a World, dir: Arc<TempDir>, options: LedgerOptions) -> Self {
        let ledger = Ledger::open(dir.path(), &world.genesis, options).unwrap();
        Self { world, ledger, dir }
    }

    /// Closes and opens again.
    pub(crate) fn reopen(self) -> Self {
        let Self { world, ledger, dir } = self;
        drop(ledger);
        Self::open(world, dir, LedgerOptions::default())
    }

    /// The next block with its verdicts, not committed.
    pub(crate) fn judge(&self, envelopes: &[Bytes]) -> (Block, BlockOutcome) {
        let next = block::new_block(self.ledger.height(), self.ledger.last_hash(), envelopes.to_vec());
        let judged = validate_block(&self.world.channel, &self.ledger.snapshot(), &next).unwrap();
        (next, judged.outcome)
    }

    /// Judges and commits one block; gives the verdicts.
    pub(crate) fn commit(&self, envelopes: &[Bytes]) -> Vec<TxValidationCode> {
        let (next, outcome) = self.judge(envelopes);
        let codes = outcome.codes.clone();
        self.ledger.commit(next, outcome).unwrap();
        codes
    }

    /// Commits one transaction that writes, and asserts that it is valid; gives the version.
    pub(crate) fn put(&self, writes: &[(&str, &str)]) -> Version {
        let version = Version {
            block: self.ledger.height(),
            tx: 0,
        };
        assert_eq!(
            self.commit(&[self.world.draft(puts(writes)).envelope()]),
            [TxValidationCode::Valid]
        );
        version
    }
}
