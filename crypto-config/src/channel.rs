//! The channel that the organisations of a file share, as far as a network is laid out from it.

use serde::{Deserialize, Serialize};

use crate::{Consortium, CryptogenError, Organisation};

/// Names and rules of the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// The chaincode that the organisations run on it.
    pub chaincode: String,
    /// How the orderers agree.
    #[serde(default)]
    pub consensus: Consensus,
    /// How many of the organisations with a peer have to endorse.
    #[serde(default)]
    pub endorsement: Endorsement,
}

/// How the orderers agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Consensus {
    /// SmartBFT: a third of the orderers may lie.
    #[default]
    Bft,
    /// Raft: less than half of the orderers may stop; none may lie.
    Raft,
}

/// Fabric's implicit policies over the organisations' own ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Endorsement {
    /// More than half.
    #[default]
    Majority,
    /// Every one.
    All,
    /// Any one, which is read in order to be refused by name.
    Any,
}

impl Consensus {
    /// As the organisations file writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bft => "bft",
            Self::Raft => "raft",
        }
    }

    /// The fewest orderers with which one may fail.
    #[must_use]
    pub const fn fewest_orderers(self) -> usize {
        match self {
            Self::Bft => 4,
            Self::Raft => 3,
        }
    }
}

impl Endorsement {
    /// As Fabric writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Majority => "MAJORITY",
            Self::All => "ALL",
            Self::Any => "ANY",
        }
    }

    /// How many organisations of so many have to endorse.
    #[must_use]
    pub const fn needed(self, organisations: usize) -> usize {
        match self {
            Self::Majority => organisations / 2 + 1,
            Self::All => organisations,
            Self::Any => 1,
        }
    }
}

impl Consortium {
    /// The channel, after checking that no organisation can endorse alone and that one orderer may fail. `consensus`
    /// replaces the file's.
    ///
    /// # Errors
    /// When the file describes no channel, or an unbalanced one.
    pub fn channel(&self, consensus: Option<Consensus>) -> Result<Channel, CryptogenError> {
        let mut channel = self.channel.clone().ok_or_else(|| {
            refuse(
                "no [channel] is described: add one with name and chaincode, as crypto-config/consortium.toml has it",
            )
        })?;
        channel.consensus = consensus.unwrap_or(channel.consensus);
        let with = |has: fn(&Organisation) -> bool| self.organisations.iter().filter(|one| has(one)).count();
        let endorsers = with(|one| !one.peers.is_empty());
        let word = channel.endorsement.word();
        if channel.endorsement.needed(endorsers) < 2 {
            return Err(refuse(format!(
                "unbalanced policy: {word} of {endorsers} organisation(s) with a peer lets one endorse alone; describe \
                 at least two organisations with a peer, and endorsement MAJORITY or ALL"
            )));
        }
        let (orderers, fewest) = (
            with(|one| !one.orderers.is_empty()),
            channel.consensus.fewest_orderers(),
        );
        if orderers < fewest {
            return Err(refuse(format!(
                "{} needs {fewest} organisations with an orderer so that one may fail, the file has {orderers}: give \
                 orderers = [\"orderer0\"] to more of them",
                channel.consensus.word()
            )));
        }
        Ok(channel)
    }
}

fn refuse(why: impl Into<String>) -> CryptogenError {
    CryptogenError::Consortium(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(channel: &str, organisations: usize) -> Consortium {
        let rows = (0..organisations).map(|number| {
            format!("[[organisation]]\nmsp_id = 'O{number}'\ndomain = 'o{number}.example'\npeers = ['peer0']\norderers = ['orderer0']\n")
        });
        let channel = format!("[channel]\nname = 'energy'\nchaincode = 'market'\n{channel}\n");
        Consortium::from_toml(&(channel + &rows.collect::<String>())).unwrap()
    }

    #[test]
    fn one_organisation_alone_never_endorses() {
        for (endorsement, organisations, acceptable) in [
            ("", 4, true),
            ("endorsement = 'ALL'", 4, true),
            ("endorsement = 'ANY'", 4, false),
            ("consensus = 'raft'\nendorsement = 'ANY'", 3, false),
            ("", 1, false),
            ("endorsement = 'ALL'", 1, false),
        ] {
            let answer = file(endorsement, organisations).channel(None);
            assert_eq!(answer.is_ok(), acceptable, "{endorsement} of {organisations}");
            if let Err(error) = answer {
                assert!(error.to_string().contains("endorse alone"), "{error}");
            }
        }
    }

    #[test]
    fn one_orderer_may_fail() {
        let refused = |organisations, consensus| file("", organisations).channel(Some(consensus)).is_err();
        assert!(refused(3, Consensus::Bft) && !refused(4, Consensus::Bft));
        assert!(refused(2, Consensus::Raft) && !refused(3, Consensus::Raft));
    }

    #[test]
    fn a_file_without_a_channel_still_describes_organisations() {
        let alone = Consortium::from_toml("[[organisation]]\nmsp_id = 'A'\ndomain = 'a.example'\n").unwrap();
        assert!(alone.channel(None).unwrap_err().to_string().contains("[channel]"));
    }
}
