//! A failed command: what went wrong, where, in whose words, and what to do about it.

use std::fmt;

use serde::Serialize;

use crate::exit::Exit;

/// One peer's own words about a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeerWords {
    /// Address of the peer, host and port.
    pub address: String,
    /// MSP id of the peer's organisation.
    pub msp_id: String,
    /// The message as the peer sent it.
    pub message: String,
}

/// Why a command failed. Printed on stderr, in words or as one JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Failure(Box<Report>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Report {
    #[serde(serialize_with = "as_number")]
    exit: Exit,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    peers: Vec<PeerWords>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

fn as_number<S: serde::Serializer>(exit: &Exit, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u8(exit.number())
}

impl Failure {
    /// A failure of one class with one sentence.
    #[must_use]
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self(Box::new(Report {
            exit,
            message: message.to_string(),
            stage: None,
            transaction: None,
            code: None,
            peers: Vec::new(),
            advice: None,
        }))
    }

    /// The command line or a file named on it is wrong.
    #[must_use]
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A fault that no input should be able to cause.
    #[must_use]
    pub fn internal(message: impl fmt::Display) -> Self {
        Self::new(Exit::Internal, message)
    }

    /// Puts what was being done before the sentence.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.0.message = format!("{doing}: {}", self.0.message);
        self
    }

    /// Names the step of the transaction flow that failed.
    #[must_use]
    pub fn at_stage(mut self, stage: impl fmt::Display) -> Self {
        self.0.stage = Some(stage.to_string());
        self
    }

    /// Names the transaction; an empty id is none.
    #[must_use]
    pub fn of_transaction(mut self, id: impl Into<String>) -> Self {
        self.0.transaction = Some(id.into()).filter(|id| !id.is_empty());
        self
    }

    /// Adds the stable code: `DER-nnnn`, a validation code or a gRPC status.
    #[must_use]
    pub fn with_code(mut self, code: impl fmt::Display) -> Self {
        self.0.code = Some(code.to_string());
        self
    }

    /// Adds what the peers said.
    #[must_use]
    pub fn with_peers(mut self, peers: Vec<PeerWords>) -> Self {
        self.0.peers = peers;
        self
    }

    /// Says what to do, after what was said before.
    #[must_use]
    pub fn advise(mut self, advice: impl fmt::Display) -> Self {
        self.0.advice = Some(match self.0.advice.take() {
            Some(before) => format!("{before} {advice}"),
            None => advice.to_string(),
        });
        self
    }

    /// The class of the failure.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.0.exit
    }

    /// The stable code, if there is one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.message)?;
        for (name, value) in [
            ("stage", &self.0.stage),
            ("transaction", &self.0.transaction),
            ("code", &self.0.code),
        ] {
            if let Some(value) = value {
                write!(f, "\n  {name}: {value}")?;
            }
        }
        for peer in &self.0.peers {
            write!(f, "\n  {} ({}): {}", peer.address, peer.msp_id, peer.message)?;
        }
        match &self.0.advice {
            Some(advice) => write!(f, "\n  advice: {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::{Failure, PeerWords};
    use crate::exit::Exit;

    fn refused() -> Failure {
        Failure::new(Exit::Refused, "the gate of the slot is closed")
            .at_stage("endorse")
            .of_transaction("ab12")
            .with_code("DER-0301")
            .with_peers(vec![PeerWords {
                address: "127.0.0.1:7051".into(),
                msp_id: "GridMSP".into(),
                message: "chaincode response 409".into(),
            }])
            .advise("choose a later slot")
    }

    #[test]
    fn words_name_stage_transaction_code_peer_and_advice() {
        let expected = "the gate of the slot is closed\n  stage: endorse\n  transaction: ab12\n  \
                        code: DER-0301\n  127.0.0.1:7051 (GridMSP): chaincode response 409\n  \
                        advice: choose a later slot";
        assert_eq!(refused().to_string(), expected);
    }

    #[test]
    fn json_carries_the_exit_number_and_omits_what_is_unknown() {
        let json = serde_json::to_value(refused()).unwrap();
        assert_eq!(json["exit"], 4);
        assert_eq!(json["peers"][0]["msp_id"], "GridMSP");
        let bare = serde_json::to_value(Failure::usage("no profile").of_transaction("")).unwrap();
        assert_eq!(bare.as_object().unwrap().len(), 2);
    }
}
